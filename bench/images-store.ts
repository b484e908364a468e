import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

interface BenchLayer {
  readonly diffId: string;
  readonly chainId: string;
}

function writeLayer(layerdb: string, layer: BenchLayer, parent: BenchLayer | undefined, bytes: number): void {
  const directory = join(layerdb, 'sha256', layer.chainId);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'cache-id'), sha256(`cache ${layer.chainId}`));
  writeFileSync(join(directory, 'diff'), `sha256:${layer.diffId}`);
  writeFileSync(join(directory, 'size'), String(bytes));
  if (parent !== undefined) writeFileSync(join(directory, 'parent'), `sha256:${parent.chainId}`);
}

function layersOf(image: number, layersAnImage: number, layerdb: string): readonly BenchLayer[] {
  const layers: BenchLayer[] = [];
  for (let index = 0; index < layersAnImage; index++) {
    const parent = layers.at(-1);
    const diffId = sha256(`layer ${image}/${index}`);
    const chainId = parent === undefined ? diffId : sha256(`sha256:${parent.chainId} sha256:${diffId}`);
    const layer = { diffId, chainId };
    writeLayer(layerdb, layer, parent, (image + 1) * 1000 + index);
    layers.push(layer);
  }
  return layers;
}

function configuration(image: number, layers: readonly BenchLayer[]): string {
  const command = `/bin/sh -c apt-get update && apt-get install -y --no-install-recommends package-${image} && rm -rf /var/lib/apt/lists/*`;
  return JSON.stringify({
    architecture: 'amd64',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `RELEASE=${image}`],
      Cmd: ['/bin/sh'],
      Labels: { 'org.opencontainers.image.title': `bench ${image}`, maintainer: 'bench' },
    },
    created: new Date(1_700_000_000_000 + image * 60_000).toISOString(),
    history: layers.map((_, index) => ({
      created: '2024-01-01T00:00:00Z',
      created_by: `${command} # ${index}`,
    })),
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${layer.diffId}`) },
  });
}

/** Writes the records (no layer content) of an overlay2 data root with this many images of this many layers each. */
export function makeImagesStore(root: string, images: number, layersAnImage: number): void {
  const store = join(root, 'image/overlay2');
  const content = join(store, 'imagedb/content/sha256');
  for (const directory of [
    content,
    join(store, 'imagedb/metadata/sha256'),
    join(store, 'layerdb/mounts'),
    join(store, 'layerdb/tmp'),
    join(root, 'overlay2/l'),
    join(root, 'containers'),
  ]) {
    mkdirSync(directory, { recursive: true });
  }
  const repositories: Record<string, Record<string, string>> = {};
  for (let image = 0; image < images; image++) {
    const layers = layersOf(image, layersAnImage, join(store, 'layerdb'));
    const text = configuration(image, layers);
    const id = sha256(text);
    writeFileSync(join(content, id), text);
    repositories[`bench/app-${image}`] = { [`bench/app-${image}:1`]: `sha256:${id}` };
  }
  writeFileSync(join(store, 'repositories.json'), JSON.stringify({ Repositories: repositories }));
}
