import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeHost } from '../../test/drivers/node-host.ts';
import { addLayer, scratch } from '../../test/drivers/scratch.ts';
import type { Scratch } from '../../test/drivers/scratch.ts';
import { failure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { DriverId } from '../model/ids.ts';
import type { DiffSize, GraphDriver } from './driver.ts';
import { overlay2 } from './overlay2.ts';

let at: Scratch;

beforeEach(() => {
  at = scratch();
  addLayer(at, 'overlay2', 'base');
  addLayer(at, 'overlay2', 'init', ['base']);
  addLayer(at, 'overlay2', 'rw', ['init', 'base']);
  at.file('overlay2/base/committed', '');
  at.file('overlay2/init/committed', '');
  at.file('overlay2/base/diff/etc/a', 'from the image', 1000);
  at.file('overlay2/rw/diff/etc/a', 'from the image', 1000);
  at.file('overlay2/rw/diff/new', 'seven b');
  at.link('overlay2/rw/diff/link', 'target');
  fs.linkSync(join(at.path, 'overlay2/rw/diff/new'), join(at.path, 'overlay2/rw/diff/etc/new'));
});

afterEach(() => {
  at.remove();
});

function driver(nativeDiff: boolean, host: Host = nodeHost()): GraphDriver {
  return overlay2({ host, root: at.root, nativeDiff });
}

async function sizeOf(nativeDiff: boolean, parent: string | null = 'init', host?: Host): Promise<DiffSize> {
  return await driver(nativeDiff, host).diffSize('rw' as DriverId, parent as DriverId | null);
}

const path = (name: string): string => join(at.path, 'overlay2', name);

describe('overlay2', () => {
  it("walks the layer's own directory when native diff is on and the parent matches", async () => {
    const answer = await sizeOf(true);
    expect(answer).toMatchObject({ outcome: 'size', path: 'native', bytes: 14 + 7 + 6, problems: [] });
    expect(answer.steps.map(({ rule, bytes }) => [rule, bytes])).toEqual([
      ['useNaiveDiff', undefined],
      ['isParent', undefined],
      ['directory.Size', undefined],
      ['directory.Size', 21],
      ['directory.Size', 6],
      ['directory.Size', 0],
      ['directory.Size', undefined],
    ]);
    expect(answer.steps.at(-1)?.text).toBe('1 name is a hard link of files counted already (7 not again)');
  });

  it('compares the merged trees when native diff is off: a copy that looks the same is not counted', async () => {
    const answer = await sizeOf(false);
    expect(answer).toMatchObject({ outcome: 'size', path: 'naive', bytes: 7 + 6 });
    expect(answer.naive).toMatchObject({
      added: { files: 2, bytes: 13 },
      unchanged: { files: 1, bytes: 14 },
      hardLinkNames: { names: 1, bytes: 7 },
    });
  });

  it('compares the merged trees when another layer than the first lower one is the parent', async () => {
    const answer = await sizeOf(true, 'base');
    expect(answer).toMatchObject({ path: 'naive', bytes: 13 });
    expect(answer.steps[1]?.text).toBe(
      `no, its lower file begins with ${path('init/diff')}, not with base: the merged trees are compared`,
    );
  });

  it('counts everything as added when nothing is the parent but layers are below', async () => {
    expect(await sizeOf(true, null)).toMatchObject({ path: 'naive', bytes: 14 + 7 + 6 });
  });

  it('is native without layers below and without a parent', async () => {
    const answer = await driver(true).diffSize('base' as DriverId, null);
    expect(answer).toMatchObject({ path: 'native', bytes: 14 });
  });

  it('lists the layers, not the links', () => {
    expect(driver(true).ids()).toEqual(['base', 'init', 'rw']);
  });

  it('is native although a layer further down is gone', async () => {
    fs.rmSync(path('base'), { recursive: true });
    expect(await sizeOf(true)).toMatchObject({ path: 'native', bytes: 27 });
    expect(await sizeOf(false)).toMatchObject({ outcome: 'engine-fails', bytes: null });
  });
});

describe('overlay2, where the engine answers -1', () => {
  it.each([true, false])("the layer's directory is missing (native diff %s)", async (native) => {
    fs.rmSync(path('rw/diff'), { recursive: true });
    const answer = await sizeOf(native);
    expect(answer).toMatchObject({ outcome: 'engine-fails', bytes: null, path: native ? 'native' : 'naive' });
    expect(answer.reason).toBe(`${path('rw/diff')} does not exist`);
    expect(answer.problems).toMatchObject([{ kind: 'engine-fails', subject: 'rw' }]);
  });

  it('the lower file is empty', async () => {
    fs.writeFileSync(path('rw/lower'), '');
    const answer = await sizeOf(true);
    expect(answer).toMatchObject({ outcome: 'engine-fails', path: 'naive' });
    expect(answer.reason).toBe('its lower file is empty or has an empty entry');
  });

  it('the lower file ends in a newline: no such link', async () => {
    fs.appendFileSync(path('rw/lower'), '\n');
    expect(await sizeOf(true)).toMatchObject({ outcome: 'engine-fails', path: 'naive' });
  });

  it('a link is missing', async () => {
    fs.rmSync(path('l/LINKbase'));
    const answer = await sizeOf(true);
    expect(answer).toMatchObject({ outcome: 'engine-fails', path: 'naive' });
    expect(answer.reason).toBe(`the link ${path('l/LINKbase')} does not exist`);
  });

  it('a layer stands twice in the lower file, or too many stand in it', async () => {
    fs.writeFileSync(path('rw/lower'), 'l/LINKinit:l/LINKbase:l/LINKbase');
    expect((await sizeOf(false)).reason).toContain('twice');
    fs.writeFileSync(path('rw/lower'), Array.from({ length: 420 }, () => 'l/LINKinit').join(':'));
    expect((await sizeOf(false)).reason).toBe('its 420 lower layers do not fit into one mount call');
  });

  it("a path is longer than the engine's walk can take", async () => {
    const deep = Array.from({ length: 16 }, () => 'd'.repeat(240)).join('/');
    const room = 4095 - path('rw/merged').length - deep.length - 2;
    at.file(`overlay2/rw/diff/${deep}/${'x'.repeat(room)}`, 'x');
    expect((await sizeOf(false)).outcome).toBe('size');
    at.file(`overlay2/rw/diff/${deep}/${'x'.repeat(room + 1)}`, 'x');
    expect(await sizeOf(false)).toMatchObject({ outcome: 'engine-fails', bytes: null });
  });
});

describe('overlay2, where its answer cannot be known', () => {
  const withFs = (changes: Partial<Host['fs']>): Host => {
    const host = nodeHost();
    return { ...host, fs: { ...host.fs, ...changes } };
  };

  it("no permission of ours is never the engine's -1", async () => {
    const plain = nodeHost().fs;
    const host = withFs({
      lstat: (name) => (name.endsWith('/etc/a') ? failure('EACCES', name) : plain.lstat(name)),
    });
    const answer = await sizeOf(false, 'init', host);
    expect(answer).toMatchObject({ outcome: 'unknown', bytes: null });
    expect(answer.problems).toMatchObject([{ kind: 'unreadable' }]);
    expect(answer.reason).toContain('permission denied');
  });

  it('a link that leaves the store is not followed', async () => {
    fs.rmSync(path('l/LINKbase'));
    fs.symlinkSync('/etc', path('l/LINKbase'));
    fs.writeFileSync(path('rw/lower'), 'l/LINKinit:l/LINKbase');
    expect(await sizeOf(false)).toMatchObject({ outcome: 'engine-fails' });
    fs.rmSync(path('l/LINKbase'));
    fs.symlinkSync('../../../../../../../../etc', path('l/LINKbase'));
    expect(await sizeOf(false)).toMatchObject({ outcome: 'unknown', bytes: null });
    fs.writeFileSync(path('rw/lower'), 'l/../../../etc');
    expect(await sizeOf(true)).toMatchObject({ outcome: 'unknown', bytes: null });
  });

  it("a layer's directory that is a link is not followed", async () => {
    fs.renameSync(path('base/diff'), path('base/moved'));
    fs.symlinkSync('moved', path('base/diff'));
    expect(await sizeOf(false)).toMatchObject({ outcome: 'unknown', bytes: null });
  });

  it('marks out of reach leave a lower bound, and only for the naive figure', async () => {
    const host = nodeHost({ canReadTrusted: false });
    const naive = await sizeOf(false, 'init', host);
    expect(naive).toMatchObject({ outcome: 'size', bytes: 13, bound: 'at-least' });
    expect(naive.problems).toMatchObject([{ kind: 'xattr-unreadable', subject: 'rw' }]);
    const native = await sizeOf(true, 'init', host);
    expect(native.bound).toBeUndefined();
    expect(native.problems).toEqual([]);
  });

  it('stops when told to', async () => {
    for (let count = 0; count < 5000; count += 1) at.file(`overlay2/rw/diff/many/${String(count)}`, '');
    const stop = new AbortController();
    stop.abort();
    const answer = driver(false).diffSize('rw' as DriverId, 'init' as DriverId, { signal: stop.signal });
    await expect(answer).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
