import { WeighError } from '../model/errors.ts';

/** A store that was named on the command line. */
export interface NamedStore {
  readonly kind: 'docker';
  readonly path: string;
  /** Absent: by the engine's own rule of choice. */
  readonly driver?: string;
}

const FORM = 'Write it as docker:PATH or docker:PATH,driver=NAME; a comma in a path is \\,.';
/** Kinds that exist elsewhere, so that their users are told rather than corrected. */
const OTHER_KINDS = new Set(['containerd', 'podman', 'containers-storage']);

/**
 * Reads `--store docker:PATH[,driver=NAME]` and `--data-root PATH`.
 *
 * @throws WeighError USAGE for another form, UNSUPPORTED for another kind of store.
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
  if (OTHER_KINDS.has(kind)) {
    throw new WeighError('UNSUPPORTED', `${kind} stores cannot be weighed yet: ${text}`, {
      hint: 'Docker data roots can: --store docker:PATH.',
    });
  }
  if (kind !== 'docker' || path === '') throw new WeighError('USAGE', `not a store: ${text}`, { hint: FORM });
  let driver: string | undefined;
  for (const option of options) {
    const [key, value = ''] = option.split(/=(.*)/s);
    if (key !== 'driver' || value === '') {
      throw new WeighError('USAGE', `not an option of a store: ${option}`, { hint: FORM });
    }
    driver = value;
  }
  return driver === undefined ? { kind: 'docker', path } : { kind: 'docker', path, driver };
}

/** At commas, except those written `\,`. Any other backslash is part of the path. */
function splitCommas(text: string): readonly string[] {
  return text.split(/(?<!\\),/).map((part) => part.replaceAll('\\,', ','));
}
