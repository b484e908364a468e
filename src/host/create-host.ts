import type { BytePath } from '../model/bytes.ts';
import { createWalker } from './create-walker.ts';
import { hostFacts } from './facts.ts';
import type { Host } from './host.ts';
import { loadLibc } from './libc.ts';
import type { Libc } from './libc.ts';
import { attempt, createNodeFs } from './node-fs.ts';
import { isTrustworthy } from './self-check.ts';
import { smallTextReader } from './small-text.ts';
import { engineSocket } from './socket.ts';
import { WalkTeam, builtWorkerFile } from './walk/team.ts';
import { userAttributeReader, xattrReader } from './xattr.ts';

export interface HostOptions {
  /**
   * `off`: system calls through Node alone. The numbers are the same; walks are slower and extended attributes cannot be read.
   * @default 'auto'
   */
  readonly ffi?: 'auto' | 'off' | undefined;
  /** Threads of every walk. By default a walk starts with one and takes more as it turns out to be large. */
  readonly threads?: number | undefined;
  /** The built worker (walk-worker). By default the one beside this module; without one, walks stay in one thread. */
  readonly workerFile?: string | undefined;
}

/** The C library at its first use, if it is there and its structures are what they are taken for. */
function libcAtFirstUse(ffi: HostOptions['ffi']): () => Libc | undefined {
  let asked = false;
  let libc: Libc | undefined;
  return () => {
    if (asked || ffi === 'off') return libc;
    asked = true;
    const loaded = loadLibc();
    if (loaded !== undefined && isTrustworthy(loaded)) libc = loaded;
    return libc;
  };
}

/** The host that weigh runs on. Nothing is loaded before it is used: neither koffi nor threads nor Node's larger modules. */
export function createHost(options: HostOptions = {}): Host {
  const libcOf = libcAtFirstUse(options.ffi);
  const facts = hostFacts();
  const fs = {
    ...createNodeFs(xattrReader(libcOf)),
    userAttributes: userAttributeReader(libcOf),
    readSmallText: smallTextReader(),
  };
  const team = new WalkTeam(options.workerFile ?? builtWorkerFile());
  const { threads: fixed } = options;
  const threads = { cores: facts.cores, ...(fixed === undefined ? {} : { fixed }) };
  return {
    fs,
    walker: createWalker({ fs, libcOf, team, threads }),
    socket: engineSocket,
    facts,
    now: () => new Date(),
    sha256: (data) => process.getBuiltinModule('node:crypto').hash('sha256', data, 'hex'),
    gunzip: (bytes, maxBytes) =>
      attempt('' as BytePath, () =>
        process.getBuiltinModule('node:zlib').gunzipSync(bytes, { maxOutputLength: maxBytes }),
      ),
    close: () => team.end(),
  };
}
