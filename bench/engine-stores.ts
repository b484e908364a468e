import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCell } from '../test/engines/cells.ts';
import { Daemon } from '../test/engines/daemon.ts';
import { tar } from '../test/engines/tar.ts';
import { makeTree } from './trees.ts';

export interface EngineStore {
  readonly daemon: Daemon;
  readonly containerId: string;
}

async function importImage(daemon: Daemon): Promise<void> {
  const body = tar([{ name: 'etc/motd', kind: 'file', body: Buffer.from('bench\n'), mode: 0o644 }]);
  await daemon.api.lines('/images/create?fromSrc=-&repo=bench&tag=1', body);
}

async function createContainer(daemon: Daemon): Promise<string> {
  const made = await daemon.api.json<{ Id: string }>('POST', '/containers/create?name=bench', {
    Image: 'bench:1',
    Cmd: ['/none'],
  });
  return made.Id;
}

function layerRecord(daemon: Daemon, ...parts: readonly string[]): string {
  return readFileSync(join(daemon.dataRoot, 'image/overlay2/layerdb', ...parts), 'utf8').trim();
}

/** A created container whose RW layer holds `entries` directory entries, on a native overlay2 daemon. */
export async function storeWithLargeRwLayer(base: string, entries: number): Promise<EngineStore> {
  const daemon = new Daemon(parseCell('28.5/overlay2'), base, 'bench-rw');
  await daemon.start();
  await importImage(daemon);
  const containerId = await createContainer(daemon);
  const mount = layerRecord(daemon, 'mounts', containerId, 'mount-id');
  makeTree(join(daemon.dataRoot, 'overlay2', mount, 'diff/data'), entries);
  return { daemon, containerId };
}

/** A container that changed `changed` files of an image of `entries` entries, on an overlay2 daemon without native diff. */
export async function storeWithNaiveDiff(
  base: string,
  entries: number,
  changed: number,
): Promise<EngineStore> {
  const daemon = new Daemon(parseCell('28.5/overlay2-naive'), base, 'bench-nv');
  await daemon.start();
  await importImage(daemon);
  const containerId = await createContainer(daemon);
  const parent = layerRecord(daemon, 'mounts', containerId, 'parent').slice('sha256:'.length);
  const cacheId = layerRecord(daemon, 'sha256', parent, 'cache-id');
  makeTree(join(daemon.dataRoot, 'overlay2', cacheId, 'diff/data'), entries);
  const files = Array.from({ length: changed }, (_, index) => ({
    name: `data/group-0/package-${index % 70}/file-${3 + Math.floor(index / 70)}.js`,
    kind: 'file' as const,
    body: Buffer.alloc(3000 + index, 0x62),
    mode: 0o644,
  }));
  await daemon.api.call('PUT', `/containers/${containerId}/archive?path=/`, {
    body: tar(files),
    type: 'application/x-tar',
  });
  return { daemon, containerId };
}
