import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const map = readFileSync(new URL('../docs/docker-size-chain.md', import.meta.url), 'utf8');

/** Every `file` followed by its `symbols`, as the second column of the tables writes them. */
function references(text: string): readonly { readonly file: string; readonly symbol: string }[] {
  return [...text.matchAll(/`(src\/[^`]+\.ts)`((?:,? `\w+`)+)/g)].flatMap(([, file = '', symbols = '']) =>
    [...symbols.matchAll(/`(\w+)`/g)].map(([, symbol = '']) => ({ file, symbol })),
  );
}

const NAMED_BY_DOCKER = [
  'GetContainerLayerSize',
  'GetRWLayer',
  'ReleaseRWLayer',
  'RWLayer',
  'mountedLayer',
  'cacheParent',
  'Parent()',
  'Size()',
  'layerStores',
  'ErrMountDoesNotExist',
  'getReference',
  'ContainerStore',
  'DistributionMetadataStore',
  'EventsService',
  'ImageStore',
  'LayerStores',
  'MaxConcurrentDownloads',
  'MaxConcurrentUploads',
  'MaxDownloadAttempts',
  'ReferenceStore',
  'RegistryService',
  'TrustKey',
  'DiffSize',
  'useNaiveDiff',
  'isParent',
  'getDiffPath',
  'directory.Size',
  'NaiveDiffDriver',
  'Changes(id, parent)',
  'ChangesSize',
  'ChangeModify',
  'ChangeAdd',
  'hasHardlinks',
  'getIno',
];

describe('the map of Docker’s size chain', () => {
  const found = references(map);

  it('names more than forty places', () => {
    expect(found.length).toBeGreaterThan(40);
  });

  it.each(found)('$file has $symbol', ({ file, symbol }) => {
    const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    expect(source).toMatch(new RegExp(`\\b(?:function|interface|class|type|const) ${symbol}\\b`));
  });

  it.each(NAMED_BY_DOCKER)('has a row for %s', (name) => {
    expect(map).toContain(name);
  });
});
