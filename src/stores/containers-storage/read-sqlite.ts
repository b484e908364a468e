import type { BytePath } from '../../model/bytes.ts';
import { isFailure } from '../../host/host.ts';
import type { Failure, Host } from '../../host/host.ts';
import { malformed } from '../../formats/malformed.ts';
import type { Malformed } from '../../formats/malformed.ts';
import { SQLITE_HEAD, changeCounter, readSqliteFile } from '../../formats/sqlite/sqlite-file.ts';
import type { SqliteTables } from '../../formats/sqlite/sqlite-file.ts';

const MAX_DATABASE = 1024 * 1024 * 1024;
const MAX_LOOKS = 20;

/** A transaction is under way, or broke off: what the file holds is then not yet, or never, valid. */
function hasJournal(host: Host, path: BytePath): boolean {
  const stat = host.fs.lstat(`${path}-journal` as BytePath);
  return !isFailure(stat) && stat.apparentBytes > 0;
}

/**
 * Reads an SQLite database that an engine may be writing to, without its lock: the whole file, good when no rollback journal stood beside it
 * before and after and no transaction ended in between.
 */
export function readSqlite<T>(
  host: Host,
  path: BytePath,
  read: (tables: SqliteTables) => T,
): T | Malformed | Failure {
  for (let look = 0; look < MAX_LOOKS; look++) {
    if (hasJournal(host, path)) continue;
    const bytes = host.fs.readFile(path, MAX_DATABASE);
    if (isFailure(bytes)) return bytes;
    const head = host.fs.readRange(path, 0, SQLITE_HEAD);
    if (isFailure(head)) return head;
    if (changeCounter(bytes) !== changeCounter(head) || hasJournal(host, path)) continue;
    return readSqliteFile(bytes, read);
  }
  return malformed(`a transaction was under way at each of ${MAX_LOOKS} looks`);
}
