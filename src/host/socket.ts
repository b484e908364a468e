import type { EngineSocket } from './host.ts';

/** Largest answer taken from an engine's socket. */
const MAX_BODY = 64 * 1024 * 1024;

/**
 * GET over a unix socket. Anything but a JSON body with status 200 within `timeoutMs` altogether is undefined: no engine, an engine that hangs,
 * an error, something else behind the socket.
 */
function get(socketPath: string, path: string, timeoutMs: number, signal?: AbortSignal): Promise<unknown> {
  const http = process.getBuiltinModule('node:http');
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (value: unknown): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      request.destroy();
      resolve(value);
    };
    const stop = (): void => end(undefined);
    const request = http.get({ socketPath, path, agent: false, headers: { host: 'engine' } }, (response) => {
      if (response.statusCode !== 200) return end(undefined);
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length > MAX_BODY) return end(undefined);
        parts.push(part);
      });
      response.on('error', stop);
      response.on('close', stop);
      response.on('end', () => end(parsed(Buffer.concat(parts))));
    });
    request.on('error', stop);
    timer = setTimeout(stop, timeoutMs);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop);
  });
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

export const engineSocket: EngineSocket = { get };
