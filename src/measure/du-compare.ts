import { pathText } from '../model/bytes.ts';
import type { Comparison } from '../model/step.ts';
import type { ChangesTally, DirectoryTally } from '../host/walker.ts';
import type { BytePath } from '../model/bytes.ts';

type Item = Comparison['items'][number];

/**
 * What `du` says of a directory against the engine's number for it, the difference itemised: the items sum to `du` minus the number.
 * `naive` is given where the number came from comparing two trees rather than from a walk of this directory.
 */
export function compareWithDu(
  directory: BytePath,
  bytes: number,
  tally: DirectoryTally,
  naive?: ChangesTally,
): Comparison {
  const items = [...blockItems(tally), ...(naive === undefined ? [] : naiveItems(bytes, tally, naive))];
  const rest = tally.diskBytes - bytes - items.reduce((total, item) => total + item.bytes, 0);
  if (rest !== 0) {
    items.push({
      why: 'entries that the two count under different rules (inode numbers seen twice)',
      bytes: rest,
    });
  }
  return {
    with: `du of ${pathText(directory)}`,
    bytes: tally.diskBytes,
    items: items.filter((item) => item.bytes !== 0),
  };
}

/** From lengths to blocks, by kind of entry. Hard links are counted once by both. */
function blockItems(tally: DirectoryTally): Item[] {
  const files = tally.files.diskBytes - tally.files.apparentBytes;
  const symlinks = tally.symlinks.diskBytes - tally.symlinks.apparentBytes;
  return [
    {
      why: 'directories: their own blocks, which the engine never counts',
      bytes: tally.directories.diskBytes,
    },
    {
      why:
        files >= 0
          ? 'files: rounded up to whole blocks'
          : 'files: holes (sparse files) and compression take no blocks',
      bytes: files,
    },
    {
      why:
        symlinks < 0
          ? 'symlinks: kept in their inodes, without blocks'
          : 'symlinks: a block for each long target',
      bytes: symlinks,
    },
    { why: 'devices, FIFOs and sockets', bytes: tally.others.diskBytes - tally.others.apparentBytes },
  ];
}

/** From the lengths in the directory to those that differ from the image. */
function naiveItems(bytes: number, tally: DirectoryTally, naive: ChangesTally): Item[] {
  const unchanged = naive.unchanged.bytes;
  const rest = tally.countedBytes - bytes - unchanged;
  return [
    {
      why: `${naive.unchanged.files === 1 ? '1 copy' : `${naive.unchanged.files} copies`} found equal to the image's, which the engine does not count`,
      bytes: unchanged,
    },
    {
      why:
        rest < 0
          ? 'files that are not in this directory: below a renamed directory of the image'
          : 'hard links and entries that the engine does not count again',
      bytes: rest,
    },
  ];
}
