import type { BytePath } from '../../model/bytes.ts';
import { joinPath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import type { ImageId } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { isMalformed } from '../../formats/malformed.ts';
import { parseRepositories } from '../../formats/repositories.ts';
import type { ImageNames } from '../../formats/repositories.ts';
import { failureProblem, problem, readParsed } from './read-record.ts';

export interface References {
  readonly names: ReadonlyMap<ImageId, ImageNames>;
  readonly problems: readonly Problem[];
}

/** Names of images: `image/<driver>/repositories.json`. A store without the file has no names (the engine then writes an empty one). */
export function readReferences(host: Host, imageRoot: BytePath): References {
  const names = readParsed(host, joinPath(imageRoot, 'repositories.json'), parseRepositories);
  if (isFailure(names)) {
    const problems =
      names.errno === 'ENOENT' ? [] : [failureProblem(names, 'image names', 'images appear without names')];
    return { names: new Map(), problems };
  }
  if (isMalformed(names)) {
    const message = `repositories.json does not parse (${names.malformed}): the engine does not start on it; images appear without names`;
    return { names: new Map(), problems: [problem('damaged-record', 'image names', message)] };
  }
  return { names, problems: [] };
}
