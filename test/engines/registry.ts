import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** An image configuration as Docker reads it. */
export function imageConfig(
  layers: readonly Buffer[],
  extra: { readonly comment: string; readonly cmd?: readonly string[] },
): Buffer {
  const history = layers.map((_layer, index) => ({
    created: '2024-05-01T00:00:00Z',
    created_by: `layer ${index} of ${extra.comment}`,
  }));
  const empty = { created: '2024-05-02T00:00:00.5Z', created_by: 'CMD', empty_layer: true };
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: '2024-05-02T00:00:00.5Z',
    config: { Cmd: extra.cmd ?? ['/bin/sh'], Labels: { comment: extra.comment } },
    rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
    history: [...history, empty],
  };
  return Buffer.from(JSON.stringify(config));
}

/** A registry with a few images in memory, as far as a pull asks for them. */
export class Registry {
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, Buffer>();
  readonly #server = createServer((request, response) => {
    const found = this.#find(decodeURIComponent(request.url ?? ''));
    if (found === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
      return;
    }
    response.writeHead(200, {
      'content-type': found.type,
      'content-length': found.body.length,
      'docker-content-digest': sha256(found.body),
      'docker-distribution-api-version': 'registry/2.0',
    });
    response.end(request.method === 'HEAD' ? undefined : found.body);
  });

  #find(url: string): { readonly body: Buffer; readonly type: string } | undefined {
    if (url === '/v2/' || url === '/v2') return { body: Buffer.from('{}'), type: 'application/json' };
    const parts = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url);
    const [, name, what, reference] = parts ?? [];
    if (name === undefined || reference === undefined) return undefined;
    const body = what === 'blobs' ? this.#blobs.get(reference) : this.#manifests.get(`${name}/${reference}`);
    return body && { body, type: what === 'blobs' ? 'application/octet-stream' : mediaTypeOf(body) };
  }

  /** The address that an image's name begins with. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #add(body: Buffer): { readonly digest: string; readonly size: number } {
    const digest = sha256(body);
    this.#blobs.set(digest, body);
    return { digest, size: body.length };
  }

  /** Any document under a name's tag and its own digest, which is returned. Whatever it names is added apart. */
  pushDocument(name: string, tag: string | undefined, document: Buffer): string {
    const digest = sha256(document);
    if (tag !== undefined) this.#manifests.set(`${name}/${tag}`, document);
    this.#manifests.set(`${name}/${digest}`, document);
    return digest;
  }

  addBlob(body: Buffer): void {
    this.#add(body);
  }

  /** Returns the manifest's digest. */
  push(name: string, tag: string, layers: readonly Buffer[], comment: string): string {
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: {
          mediaType: 'application/vnd.docker.container.image.v1+json',
          ...this.#add(imageConfig(layers, { comment })),
        },
        layers: layers.map((layer) => ({
          mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
          ...this.#add(gzipSync(layer)),
        })),
      }),
    );
    const digest = sha256(manifest);
    this.#manifests.set(`${name}/${tag}`, manifest);
    this.#manifests.set(`${name}/${digest}`, manifest);
    return digest;
  }
}

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

function mediaTypeOf(document: Buffer): string {
  return (JSON.parse(document.toString('utf8')) as { readonly mediaType: string }).mediaType;
}
