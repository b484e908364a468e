import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytePath } from '../model/bytes.ts';
import { createHost } from './create-host.ts';
import type { ChangesTally, Differ } from './walker.ts';

const host = createHost();
let base: string;
beforeEach(() => {
  base = fs.mkdtempSync(join(tmpdir(), 'weigh-strict-'));
  for (const side of ['old', 'new']) fs.mkdirSync(join(base, side, 'd'), { recursive: true });
});
afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

/** The same entry in both trees, at the same time. */
function both(path: string, make: (at: string, side: 'old' | 'new') => void): void {
  for (const side of ['old', 'new'] as const) {
    const at = join(base, side, path);
    make(at, side);
    fs.lutimesSync(at, 1000, 1000);
  }
}

async function compare(differ: Differ): Promise<ChangesTally> {
  const at = (side: string): ReturnType<typeof bytePath> => bytePath(join(base, side));
  return await host.walker.compareTrees(at('new'), at('old'), { differ });
}

/** Python has what Node has not; false where the attributes cannot be set here. */
function setAttributes(all: readonly (readonly [path: string, name: string, value: string])[]): boolean {
  const code =
    'import os,sys\na=sys.argv[1:]\nfor i in range(0,len(a),3): os.setxattr(a[i],a[i+1],a[i+2].encode())';
  try {
    const words = all.flatMap(([path, name, value]) => [join(base, path), name, value]);
    execFileSync('python3', ['-c', code, ...words], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

it("a link's target counts for containers/storage only", async () => {
  both('d/link', (at, side) => fs.symlinkSync(side === 'old' ? 'here' : 'away', at));
  both('d/same', (at) => fs.symlinkSync('same', at));
  for (const differ of ['docker', 'storage-1.43'] as const)
    expect(await compare(differ)).toMatchObject({ changedBytes: 0, unchanged: { files: 2 } });
  expect(await compare('storage-1.57')).toMatchObject({ changedBytes: 4, modified: { files: 1, bytes: 4 } });
});

it('attributes of users count for containers/storage only', async ({ skip }) => {
  for (const name of ['one', 'two', 'three', 'plain']) both(name, (at) => fs.writeFileSync(at, name));
  const can = setAttributes([
    ['new/one', 'user.a', '1'],
    ['old/two', 'user.a', '1'],
    ['new/two', 'user.a', '2'],
    ['old/three', 'user.a', '1'],
    ['new/three', 'user.a', '1'],
  ]);
  if (!can) skip('no user attributes here');
  expect(await compare('docker')).toMatchObject({ changedBytes: 0 });
  expect(await compare('storage-1.57')).toMatchObject({
    changedBytes: 6,
    modified: { files: 2 },
    unchanged: { files: 2 },
  });
}, 60_000);

it('directories and empty files do not hide a file of another number', async () => {
  both('d/file', (at) => fs.writeFileSync(at, 'abc'));
  fs.writeFileSync(join(base, 'new/d/empty'), '');
  fs.linkSync(join(base, 'new/d/file'), join(base, 'new/again'));
  const root = bytePath(join(base, 'new'));
  const docker = await host.walker.directorySize(root);
  const storage = await host.walker.directorySize(root, { differ: 'storage-1.43' });
  expect(storage.countedBytes).toBe(3);
  expect(storage).toEqual(docker);
});
