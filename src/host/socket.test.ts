import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { remove, scratch } from '../../test/host/trees.ts';
import { engineSocket } from './socket.ts';

let folder: string;
let server: Server | undefined;

beforeAll(() => {
  folder = scratch();
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

afterAll(() => remove(folder));

async function serve(listener: RequestListener): Promise<string> {
  const path = join(folder, 'engine.sock');
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return path;
}

it('gives the JSON of an answer', async () => {
  const path = await serve((request, response) => {
    response.end(JSON.stringify({ asked: `${request.method ?? ''} ${request.url ?? ''}` }));
  });
  expect(await engineSocket.get(path, '/info', 5000)).toEqual({ asked: 'GET /info' });
});

it.each<[string, RequestListener]>([
  ['an error', (_, response) => void response.writeHead(500).end('{}')],
  ['what is not JSON', (_, response) => void response.end('<html>')],
  ['half an answer', (_, response) => void (response.write('{"a'), response.destroy())],
  ['an answer without end', (_, response) => void response.write('{')],
  ['silence', () => {}],
])('takes %s for no answer', async (_, listener) => {
  const path = await serve(listener);
  expect(await engineSocket.get(path, '/info', 200)).toBeUndefined();
});

it('stops at 64 MiB', async () => {
  const path = await serve((_, response) => {
    const part = Buffer.alloc(1024 * 1024, ' ');
    const more = (): void => {
      while (response.write(part));
      response.once('drain', more);
    };
    more();
  });
  expect(await engineSocket.get(path, '/info', 20_000)).toBeUndefined();
});

it('answers nothing where there is no socket, or the caller gives up', async () => {
  expect(await engineSocket.get(join(folder, 'missing.sock'), '/info', 1000)).toBeUndefined();
  const path = await serve(() => {});
  const from = performance.now();
  expect(await engineSocket.get(path, '/info', 20_000, AbortSignal.timeout(50))).toBeUndefined();
  expect(await engineSocket.get(path, '/info', 20_000, AbortSignal.abort())).toBeUndefined();
  expect(performance.now() - from).toBeLessThan(5000);
});
