import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as weighbridge from './index.ts';

const src = dirname(fileURLToPath(import.meta.url));
const index = readFileSync(join(src, 'index.ts'), 'utf8');

interface Exported {
  readonly name: string;
  readonly file: string;
  readonly type: boolean;
}

const exported: readonly Exported[] = [
  ...index.matchAll(/export (type )?\{([^}]*)\} from '\.\/([^']+)'/g),
].flatMap(([, type, names = '', file = '']) =>
  names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => ({ name, file, type: type !== undefined })),
);

describe('the public interface', () => {
  it('exports these values', () => {
    expect(Object.keys(weighbridge).toSorted()).toEqual([
      'WeighError',
      'bytePath',
      'createHost',
      'discoverStores',
      'explain',
      'findEngineRoots',
      'findStores',
      'getContainerLayerSize',
      'isContainerId',
      'isDigest',
      'isWeighError',
      'measureContainers',
      'measureDf',
      'measureImages',
      'openDockerStore',
      'overview',
      'pathText',
      'rulesFor',
    ]);
  });

  it('exports these types', () => {
    const types = exported.filter((each) => each.type).map((each) => each.name);
    expect(types.toSorted()).toEqual([
      'Bound',
      'BuildCacheRecord',
      'BytePath',
      'ChainId',
      'ChangesTally',
      'Comparison',
      'ContainerId',
      'ContainerLayerSize',
      'ContainerRecord',
      'ContainerRow',
      'ContainersOptions',
      'ContainersReport',
      'DfGroup',
      'DfOptions',
      'DfReport',
      'DfStore',
      'DiffId',
      'DiffSize',
      'Digest',
      'DirectoryTally',
      'DockerStore',
      'DriverContext',
      'DriverFactory',
      'DriverId',
      'DriverName',
      'Effect',
      'EngineRules',
      'EngineSocket',
      'ErrorCode',
      'ExplainReport',
      'ExplainedFigure',
      'Failure',
      'FileStat',
      'FindStores',
      'Finding',
      'FindingKind',
      'FoundStores',
      'GraphDriver',
      'HistoryEntry',
      'Host',
      'HostFacts',
      'HostFs',
      'HostReport',
      'ImageId',
      'ImageRecord',
      'ImageRow',
      'ImagesOptions',
      'ImagesReport',
      'Layer',
      'LayerStoreSnapshot',
      'MeasureContext',
      'NamedStore',
      'OpenDockerStore',
      'Problem',
      'Progress',
      'ReportHead',
      'RulesUsed',
      'RwLayer',
      'SizePath',
      'Step',
      'Tally',
      'VolumeRecord',
      'WalkOptions',
      'Walker',
    ]);
  });

  it('documents every one of them where it is declared', () => {
    const undocumented = exported.filter(({ name, file }) => {
      const text = readFileSync(join(src, file), 'utf8');
      const declaration = new RegExp(
        `(\\*/\\n)?export (?:async )?(?:function|const|interface|type|class) ${name}\\b`,
      ).exec(text);
      return declaration?.[1] === undefined;
    });
    expect(undocumented.map(({ name, file }) => `${name} (${file})`)).toEqual([]);
  });

  it('documents every member of every interface among them', () => {
    const undocumented = exported.flatMap(({ name, file }) => {
      const text = readFileSync(join(src, file), 'utf8');
      const body =
        new RegExp(`export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1] ?? '';
      const lines = body.split('\n');
      const isMember = (line: string): boolean => /^ {2}(?:readonly )?\w+\??[(:]/.test(line);
      return lines
        .filter((line, at) => isMember(line) && !(lines[at - 1] ?? '').trimEnd().endsWith('*/'))
        .map((line) => `${name}: ${line.trim()} (${file})`);
    });
    expect(undocumented).toEqual([]);
  });
});
