import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRoot, remove, scratch } from '../../test/host/trees.ts';
import { bytePath, joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import { createHost } from './create-host.ts';
import { isFailure } from './host.ts';

let folder: string;
let root: BytePath;
const hosts = { koffi: createHost(), node: createHost({ ffi: 'off' }) };
const { fs: files } = hosts.node;

beforeAll(() => {
  folder = scratch();
  root = bytePath(folder);
  fs.writeFileSync(join(folder, 'file'), 'content');
  fs.mkdirSync(join(folder, 'directory'));
  fs.symlinkSync('file', join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
});

afterAll(() => remove(folder));

function at(name: string): BytePath {
  return joinPath(root, name);
}

describe('readFile', () => {
  it.each([
    ['link', 'ELOOP'],
    ['directory', 'EISDIR'],
    ['fifo', 'ENXIO'],
    ['missing', 'ENOENT'],
    ['file/below', 'ENOTDIR'],
  ])('answers %s with %s', (name, errno) => {
    expect(files.readFile(at(name), 100)).toEqual({ failed: true, errno, path: at(name) });
    expect(files.readRange(at(name), 0, 10)).toEqual({ failed: true, errno, path: at(name) });
  });

  it('reads up to the bound and not beyond', () => {
    expect(files.readFile(at('file'), 7)).toEqual(Buffer.from('content'));
    expect(files.readFile(at('file'), 6)).toMatchObject({ errno: 'EFBIG' });
    expect(files.readRange(at('file'), 3, 2)).toEqual(Buffer.from('te'));
    expect(files.readRange(at('file'), 3, 200)).toEqual(Buffer.from('tent'));
  });

  it.each([0, 1, 65535, 65536, 65537, 300_000])('reads %i bytes whole, and its own copy', (length) => {
    const content = Buffer.alloc(length, 'abcdefg');
    fs.writeFileSync(join(folder, 'sized'), content);
    const first = files.readFile(at('sized'), 1_000_000);
    files.readFile(at('file'), 100);
    expect(first).toEqual(content);
  });

  it('reads what has no length of its own', () => {
    const status = files.readFile(bytePath('/proc/self/status'), 100_000);
    expect(isFailure(status) ? '' : status.toString()).toContain('Name:');
    expect(files.readFile(bytePath('/proc/self/status'), 10)).toMatchObject({ errno: 'EFBIG' });
  });

  it.runIf(isRoot)('leaves the access time of a file as it is', () => {
    const old = new Date(1_000_000);
    fs.utimesSync(join(folder, 'file'), old, new Date());
    files.readFile(at('file'), 100);
    files.readRange(at('file'), 2, 3);
    expect(fs.statSync(join(folder, 'file')).atimeMs).toBe(old.getTime());
  });
});

describe('names', () => {
  it('are bytes, in bytewise order', () => {
    const names = ['\xff\xfe', 'a', '\xc3\xa4', 'B', '\x01'];
    for (const name of names)
      fs.writeFileSync(Buffer.from(`${folder}/directory/${name}`, 'latin1'), name, 'latin1');
    const listed = files.readDirectory(at('directory'));
    const found = isFailure(listed) ? [] : listed.map((entry) => entry.name);
    expect(found).toEqual(['\x01', 'B', 'a', '\xc3\xa4', '\xff\xfe']);
    for (const name of found) {
      const path = joinPath(at('directory'), name);
      expect(files.readFile(path, 10)).toEqual(Buffer.from(name, 'latin1'));
      expect(files.lstat(path)).toMatchObject({ kind: 'file', apparentBytes: name.length });
    }
  });

  it('of a directory that is a link are not listed', () => {
    fs.symlinkSync('directory', join(folder, 'to-directory'));
    expect(files.readDirectory(at('to-directory'))).toMatchObject({ failed: true });
    expect(files.readLink(at('to-directory'))).toBe('directory');
    expect(files.realPath(at('to-directory'))).toBe(files.realPath(at('directory')));
  });
});

describe('lstat', () => {
  it('keeps what a double cannot hold apart', () => {
    fs.utimesSync(join(folder, 'file'), 1, new Date(-1250));
    expect(files.lstat(at('file'))).toMatchObject({ mtimeSeconds: -2, mtimeNanos: 750_000_000, nlink: 1 });
    expect(files.lstat(bytePath('/dev/null'))).toMatchObject({ kind: 'char', rdev: '1:3' });
    expect(files.lstat(at('missing'))).toMatchObject({ errno: 'ENOENT' });
    expect(files.fileSystem(root)).toMatchObject({ type: expect.stringMatching(/^0x[0-9a-f]+$/) });
  });
});

describe('getXattr', () => {
  it('reads through the C library and says that Node cannot', () => {
    expect(hosts.node.fs.getXattr(at('file'), 'user.weigh')).toMatchObject({ errno: 'ENOTSUP' });
    expect(hosts.koffi.fs.getXattr(at('file'), 'user.weigh')).toMatchObject({ errno: 'ENODATA' });
    expect(hosts.koffi.fs.getXattr(at('missing'), 'user.weigh')).toMatchObject({ errno: 'ENOENT' });
    const long = 'x'.repeat(300);
    expect(hosts.koffi.fs.getXattr(at('file'), long)).toMatchObject({ errno: 'ERANGE' });
  });
});
