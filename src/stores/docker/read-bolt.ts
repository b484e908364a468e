import type { BytePath } from '../../model/bytes.ts';
import { isFailure } from '../../host/host.ts';
import type { Failure, Host } from '../../host/host.ts';
import { readBoltFile } from '../../formats/bbolt/bolt-file.ts';
import type { BoltBucket } from '../../formats/bbolt/bolt-file.ts';
import { META_RANGE, newestMeta } from '../../formats/bbolt/meta.ts';
import { isMalformed, malformed } from '../../formats/malformed.ts';
import type { Malformed } from '../../formats/malformed.ts';

const MAX_DATABASE = 1024 * 1024 * 1024;
const MAX_LOOKS = 20;

/**
 * Reads a bbolt database that an engine may be writing to, without its lock: the whole file, then the meta pages again. While the newest
 * transaction is the same, none of its pages has been written over (bbolt copies on write; a page freed by transaction N is not used
 * before N+2).
 */
export function readBolt<T>(
  host: Host,
  path: BytePath,
  read: (root: BoltBucket) => T,
): T | Malformed | Failure {
  let last: T | Malformed | Failure = malformed(
    `it changed at each of ${MAX_LOOKS} looks: the engine is busy with it`,
  );
  for (let look = 0; look < MAX_LOOKS; look++) {
    const bytes = host.fs.readFile(path, MAX_DATABASE);
    if (isFailure(bytes)) return bytes;
    const before = newestMeta(bytes);
    const head = host.fs.readRange(path, 0, META_RANGE);
    if (isFailure(head)) return head;
    const after = newestMeta(head);
    if (before?.txid !== after?.txid) continue;
    last = readBoltFile(bytes, read);
    // Damage in an unmoved file is damage; one further look tells it from a file that was replaced in between.
    if (!isMalformed(last) || look > 0) return last;
  }
  return last;
}
