/** `repositories.json` of a graph driver store (moby reference/store.go): repository -> name -> image ID. */
import { isDigest } from '../model/ids.ts';
import type { ImageId } from '../model/ids.ts';
import { objectEntriesAt, parseRecord } from './json.ts';
import type { JsonObject } from './json.ts';
import type { Malformed } from './malformed.ts';
import { canonicalReference, familiarReference, parseReference } from './reference.ts';

export interface ImageNames {
  readonly tags: readonly string[];
  readonly digests: readonly string[];
}

interface NamedEntry {
  readonly order: string;
  readonly familiar: string;
  readonly tagged: boolean;
  readonly digested: boolean;
}

function collect(record: JsonObject): Map<ImageId, NamedEntry[]> {
  const names = new Map<ImageId, NamedEntry[]>();
  for (const [, repository] of objectEntriesAt(record, 'Repositories')) {
    for (const [name, id] of Object.entries(repository)) {
      const reference = parseReference(name);
      if (reference === null || typeof id !== 'string' || !isDigest(id)) continue;
      const entry: NamedEntry = {
        order: canonicalReference(reference),
        familiar: familiarReference(reference),
        tagged: reference.tag !== null,
        digested: reference.digest !== null,
      };
      const known = names.get(id as ImageId);
      if (known === undefined) names.set(id as ImageId, [entry]);
      else known.push(entry);
    }
  }
  return names;
}

function namesOf(entries: NamedEntry[]): ImageNames {
  entries.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  return {
    tags: entries.filter((entry) => entry.tagged).map((entry) => entry.familiar),
    digests: entries.filter((entry) => entry.digested).map((entry) => entry.familiar),
  };
}

/** Names by image, each list in the engine's order (by the full name, `docker.io/library/…`). Names that the engine skips are left out. */
export function parseRepositories(bytes: Buffer): ReadonlyMap<ImageId, ImageNames> | Malformed {
  return parseRecord(
    bytes,
    (record) => new Map([...collect(record)].map(([id, entries]) => [id, namesOf(entries)] as const)),
    { stream: true },
  );
}
