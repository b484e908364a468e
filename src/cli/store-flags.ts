import { WeighError } from '../model/errors.ts';

/** A store that was named on the command line. */
export interface NamedStore {
  readonly kind: 'docker' | 'containerd' | 'podman';
  readonly path: string;
  /** Absent: by the engine's own rule of choice. */
  readonly driver?: string;
  /** docker: root of the containerd that holds its images. */
  readonly containerd?: string;
  /** docker: the engine's namespace there. */
  readonly namespace?: string;
  /** podman: where what does not outlive a restart is kept. */
  readonly runRoot?: string;
  /** podman: where images are kept when not in the root. */
  readonly imageStore?: string;
}

const FORM =
  'Write it as docker:PATH[,driver=NAME][,containerd=PATH][,namespace=NS], containerd:PATH[,namespace=NS] or podman:PATH[,runroot=PATH][,imagestore=PATH][,driver=NAME]; a comma in a path is \\,.';
/** Options of each kind, and the members that they set. */
const OPTIONS = {
  docker: { driver: 'driver', containerd: 'containerd', namespace: 'namespace' },
  containerd: { driver: 'driver', namespace: 'namespace' },
  podman: { driver: 'driver', runroot: 'runRoot', imagestore: 'imageStore' },
} as const;
/**
 * Reads `--store docker:PATH[,driver=NAME][,containerd=PATH][,namespace=NS]`, `--store containerd:PATH[,namespace=NS]`,
 * `--store podman:PATH[,runroot=PATH][,imagestore=PATH][,driver=NAME]` and `--data-root PATH`.
 *
 * @throws WeighError USAGE for another form.
 */
export function namedStores(flags: {
  readonly store?: readonly string[];
  readonly dataRoot?: readonly string[];
}): readonly NamedStore[] {
  const roots = (flags.dataRoot ?? []).map((path): NamedStore => {
    if (path === '') throw new WeighError('USAGE', '--data-root needs a path');
    return { kind: 'docker', path };
  });
  return [...(flags.store ?? []).map(parseStore), ...roots];
}

export function parseStore(text: string): NamedStore {
  const [target = '', ...options] = splitCommas(text);
  const colon = target.indexOf(':');
  const kind = target.slice(0, Math.max(0, colon));
  const path = target.slice(colon + 1);
  if (!isKind(kind) || path === '') throw new WeighError('USAGE', `not a store: ${text}`, { hint: FORM });
  const members: Readonly<Record<string, string>> = OPTIONS[kind];
  const set: Record<string, string> = {};
  for (const option of options) {
    const [key = '', value = ''] = option.split(/=(.*)/s);
    const member = Object.hasOwn(members, key) ? members[key] : undefined;
    if (member === undefined || value === '') {
      throw new WeighError('USAGE', `not an option of a store: ${option}`, { hint: FORM });
    }
    set[member] = value;
  }
  return { kind, path, ...set };
}

function isKind(kind: string): kind is keyof typeof OPTIONS {
  return Object.hasOwn(OPTIONS, kind);
}

/** At commas, except those written `\,`. Any other backslash is part of the path. */
function splitCommas(text: string): readonly string[] {
  return text.split(/(?<!\\),/).map((part) => part.replaceAll('\\,', ','));
}
