import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytePath } from '../model/bytes.ts';
import { MAX_SMALL_TEXT, smallTextReader } from './small-text.ts';

const read = smallTextReader();
let folder: string;
const at = (name: string): ReturnType<typeof bytePath> => bytePath(join(folder, name));

beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'weigh-small-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

it.each([
  ['nothing', ''],
  ['a digest', `sha256:${'a'.repeat(64)}\n`],
  ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')],
  ['as much as it may', 'x'.repeat(MAX_SMALL_TEXT)],
])('reads %s', (_, text) => {
  fs.writeFileSync(join(folder, 'file'), text, 'latin1');
  expect(read(at('file'))).toBe(text);
});

it('keeps texts apart', () => {
  fs.writeFileSync(join(folder, 'one'), 'first');
  fs.writeFileSync(join(folder, 'two'), 'second');
  expect([read(at('one')), read(at('two')), read(at('one'))]).toEqual(['first', 'second', 'first']);
});

it('reads names that are not UTF-8', () => {
  fs.writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x80])]), 'odd');
  expect(read(`${at('x').slice(0, -1)}\xff\x80` as ReturnType<typeof bytePath>)).toBe('odd');
});

it.each([
  ['gone', 'ENOENT', (): void => {}],
  ['long', 'EFBIG', (path: string): void => fs.writeFileSync(path, 'x'.repeat(MAX_SMALL_TEXT + 1))],
  ['link', 'ELOOP', (path: string): void => fs.symlinkSync('one', path)],
  ['folder', 'EISDIR', (path: string): void => fs.mkdirSync(path)],
  ['fifo', 'ENXIO', (path: string): void => void execFileSync('mkfifo', [path])],
  ['one/below', 'ENOTDIR', (): void => {}],
])('answers %s with %s', (name, errno, make) => {
  fs.writeFileSync(join(folder, 'one'), 'first');
  make(join(folder, name));
  expect(read(at(name))).toMatchObject({ failed: true, errno, path: at(name) });
});

it('leaves no handle open and the access time as it was', () => {
  const file = join(folder, 'one');
  fs.writeFileSync(file, 'first');
  fs.utimesSync(file, new Date(1000), new Date(2000));
  const before = fs.readdirSync('/proc/self/fd').length;
  for (const name of ['one', 'gone', 'fifo', 'folder', 'link']) read(at(name));
  expect(fs.readdirSync('/proc/self/fd').length).toBe(before);
  if (process.getuid?.() === 0) expect(fs.statSync(file).atimeMs).toBe(1000);
});
