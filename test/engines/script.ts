// Random shell scripts for busybox: what programs in containers do to files. A command that fails is no error: the model is a guess.
import type { Random } from './random.ts';
import type { Tree } from './tree.ts';

const CHANGES = {
  add: 8,
  append: 5,
  overwrite: 4,
  noOpCopyUp: 4,
  chmod: 4,
  chown: 3,
  touch: 3,
  touchLink: 2,
  sameTimeOtherContent: 2,
  truncate: 2,
  sparse: 2,
  remove: 5,
  removeTree: 2,
  makeDirectory: 3,
  opaque: 3,
  moveFile: 4,
  moveDirectory: 4,
  hardLink: 5,
  symlink: 3,
  fifo: 1,
  device: 1,
  retype: 3,
  copyTree: 1,
  chmodTree: 1,
} as const;

type Change = keyof typeof CHANGES;

/** A shell word for any bytes; text outside ASCII goes through printf, since scripts travel as JSON. */
export function quoted(path: string): string {
  if (/^[\x20-\x7e]*$/.test(path)) return `'${path.replaceAll("'", "'\\''")}'`;
  let octal = '';
  for (const unit of path) {
    const code = unit.charCodeAt(0);
    octal += code > 0x2f && code < 0x7b && code !== 0x5c ? unit : `\\${code.toString(8).padStart(3, '0')}`;
  }
  // The x keeps a newline at the end, which $( ) would drop.
  return `"$(v=$(printf '%b' '${octal.replaceAll('\\', '\\0')}x'); printf '%s' "\${v%x}"; )"`;
}

/** Commands that make a chain of directories: 1,000 deep, or so long a path that a call which takes it whole fails (4,095 bytes). */
export function deepScript(random: Random): string {
  const [name, levels] = random.pick([
    ['d', 1000],
    ['n'.repeat(200), 25],
  ] as const);
  const down = `i=0; while [ $i -lt ${levels} ]; do mkdir ${name}; cd ${name}; i=$((i+1)); done`;
  return `cd /; mkdir deep; cd deep; ${down}; echo end > file`;
}

/** A script of `count` random changes below the root; `tree` follows along. */
export function randomScript(tree: Tree, random: Random, count: number): string {
  const lines = ['cd /'];
  for (let made = 0; made < count; made++) {
    const line = command(random.weighted(CHANGES), tree, random);
    if (line !== undefined) lines.push(`( ${line} ) 2>/dev/null`);
  }
  return lines.join('\n');
}

function command(change: Change, tree: Tree, random: Random): string | undefined {
  const fresh = fromNothing(change, tree, random);
  if (fresh !== undefined) return fresh;
  const directoryChanges: readonly Change[] = [
    'removeTree',
    'opaque',
    'moveDirectory',
    'copyTree',
    'chmodTree',
  ];
  if (directoryChanges.includes(change)) return onDirectory(change, tree, random);
  if (change === 'touchLink') {
    const link = tree.any(random, 'symlink');
    return link && `touch -h -d @${random.between(1e9, 1.7e9)} ./${quoted(link)}`;
  }
  return onFile(change, tree, random);
}

function at(path: string): string {
  return `./${quoted(path)}`;
}

function fromNothing(change: Change, tree: Tree, random: Random): string | undefined {
  const path = (): string => tree.free(random, 600);
  if (change === 'add') {
    const made = path();
    tree.set(made, 'file');
    return `head -c ${random.fileLength()} /dev/urandom > ${at(made)}`;
  }
  if (change === 'sparse') {
    const made = path();
    tree.set(made, 'file');
    const length = random.between(1, 50_000_000);
    return random.chance(0.5)
      ? `truncate -s ${length} ${at(made)}`
      : `echo x | dd of=${at(made)} bs=1 seek=${length} conv=notrunc`;
  }
  if (change === 'makeDirectory') {
    const made = path();
    tree.set(made, 'directory');
    return `mkdir ${at(made)}`;
  }
  if (change === 'symlink') {
    const made = path();
    tree.set(made, 'symlink');
    return `ln -s ${quoted(random.pick(['/', '..', './']) + random.word(random.between(1, 90)))} ${at(made)}`;
  }
  if (change === 'fifo' || change === 'device') {
    const made = path();
    tree.set(made, 'special');
    const device = random.pick(['c 1 3', 'b 7 1', 'c 0 0', 'c 5 1']);
    return change === 'fifo' ? `mkfifo ${at(made)}` : `mknod ${at(made)} ${device}`;
  }
  return undefined;
}

function onDirectory(change: Change, tree: Tree, random: Random): string | undefined {
  const path = tree.any(random, 'directory');
  if (path === undefined) return undefined;
  const here = at(path);
  if (change === 'removeTree') {
    tree.remove(path);
    return `rm -rf ${here}`;
  }
  if (change === 'opaque') {
    tree.set(path, 'directory');
    const file = `${path}/${random.word()}`;
    tree.set(file, 'file');
    return `rm -rf ${here}; mkdir ${here}; echo ${random.word()} > ${at(file)}`;
  }
  if (change === 'chmodTree') return `chmod -R ${random.pick(['go-w', 'u+x', '755'])} ${here}`;
  const to = tree.free(random, 300);
  if (to.startsWith(`${path}/`)) return undefined;
  if (change === 'copyTree') {
    for (const [other, kind] of tree.copy().nodes)
      if (other === path || other.startsWith(`${path}/`)) tree.nodes.set(to + other.slice(path.length), kind);
    return `cp -a ${here} ${at(to)}`;
  }
  tree.move(path, to);
  const then = random.chance(0.3) ? `; echo ${random.word()} > ${at(`${to}/${random.word()}`)}` : '';
  return `mv ${here} ${at(to)}${then}`;
}

function onFile(change: Change, tree: Tree, random: Random): string | undefined {
  const path = tree.any(random, 'file');
  if (path === undefined) return undefined;
  const here = at(path);
  if (change === 'remove') {
    tree.remove(path);
    return `rm -f ${here}`;
  }
  const time = random.chance(0.5) ? `-d @${random.between(1e9, 1.7e9)} ` : '';
  const inPlace: Partial<Record<Change, string>> = {
    append: `echo ${random.word()} >> ${here}`,
    overwrite: `echo ${random.word(random.between(1, 60))} > ${here}`,
    noOpCopyUp: random.chance(0.5) ? `: >> ${here}` : `exec 3<>${here}; exec 3>&-`,
    chmod: `chmod ${random.pick(['600', '755', '4755', '000', '+t'])} ${here}`,
    chown: `chown ${random.between(0, 70_000)}:${random.between(0, 3)} ${here}`,
    touch: `touch ${time}${here}`,
    sameTimeOtherContent:
      `touch -r ${here} /.time; l=$(stat -c %s ${here}); ` +
      `head -c $l /dev/urandom > ${here}; touch -r /.time ${here}; rm /.time`,
    truncate: `truncate -s ${random.between(0, 3000)} ${here}`,
  };
  return inPlace[change] ?? withOther(change, path, tree, random);
}

function withOther(change: Change, path: string, tree: Tree, random: Random): string | undefined {
  const here = at(path);
  const other = tree.freeBeside(path, random);
  if (change === 'moveFile') {
    tree.move(path, other);
    return `mv ${here} ${at(other)}`;
  }
  if (change === 'hardLink') {
    if (tree.links === 'none') return undefined;
    tree.set(other, 'file');
    const first = random.chance(0.4) ? `echo ${random.word()} >> ${here}; ` : '';
    return `${first}ln ${here} ${at(other)}`;
  }
  const next = random.pick(['directory', 'symlink', 'special'] as const);
  tree.set(path, next);
  const make = {
    directory: `mkdir ${here}; echo ${random.word()} > ${at(`${path}/in`)}`,
    symlink: `ln -s ${random.word()} ${here}`,
    special: `mkfifo ${here}`,
  };
  return `rm -f ${here}; ${make[next]}`;
}
