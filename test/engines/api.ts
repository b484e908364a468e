import { Agent, request } from 'node:http';

/** An answer of the engine with its body read whole. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

export interface ApiOptions {
  readonly body?: Buffer | string;
  readonly type?: string;
  /** Answers that are no error for the caller. Default: 2xx and 304. */
  readonly allow?: readonly number[];
}

/** The engine took the call and then could not do what was asked. */
export class EngineRefusal extends Error {}

/** The engine's HTTP interface on its socket, newest version that it speaks. */
export class EngineApi {
  readonly socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  close(): void {
    this.#agent.destroy();
  }

  call(method: string, path: string, options: ApiOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = { host: 'engine' };
      if (options.body !== undefined) {
        headers['content-type'] = options.type ?? 'application/json';
        headers['content-length'] = Buffer.byteLength(options.body);
      }
      const sent = request(
        { socketPath: this.socketPath, method, path, headers, agent: this.#agent },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const status = response.statusCode ?? 0;
            const body = Buffer.concat(parts);
            if (status < 400 || options.allow?.includes(status) === true) resolve({ status, body });
            else
              reject(
                new EngineRefusal(
                  `${method} ${path}: ${status} ${body.toString('utf8').trim().slice(0, 400)}`,
                ),
              );
          });
        },
      );
      sent.on('error', reject);
      sent.end(options.body);
    });
  }

  async json<T>(method: string, path: string, value?: unknown): Promise<T> {
    const { body } = await this.call(
      method,
      path,
      value === undefined ? {} : { body: JSON.stringify(value) },
    );
    return JSON.parse(body.toString('utf8')) as T;
  }

  get<T>(path: string): Promise<T> {
    return this.json<T>('GET', path);
  }

  /** A call that answers a stream of JSON lines; an `error` line is thrown, the last `stream`ed lines are kept for its message. */
  async lines(path: string, body: Buffer, type = 'application/x-tar'): Promise<readonly StreamLine[]> {
    const answer = await this.call('POST', path, { body, type });
    const lines = answer.body
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as StreamLine);
    const failed = lines.find((line) => line.error !== undefined);
    if (failed?.error !== undefined) {
      const tail = lines
        .map((line) => line.stream ?? '')
        .join('')
        .slice(-300);
      throw new EngineRefusal(`POST ${path.slice(0, 80)}: ${failed.error} ${tail}`);
    }
    return lines;
  }
}

export interface StreamLine {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly id?: string;
  readonly aux?: unknown;
}
