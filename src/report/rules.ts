import type { RulesUsed } from '../model/reports.ts';
import { engineOf } from './engine-names.ts';
import { wrap } from './text.ts';
import type { Line } from './text.ts';

type Source = RulesUsed['engineVersionFrom'] | RulesUsed['nativeDiffFrom'];

const SOURCE_WORDS: Readonly<Record<Source, string>> = {
  option: 'as the flag says',
  engine: 'the daemon of this root said so',
  store: 'the store shows it',
  newest: 'the newest that fits; another: --engine-version',
  host: 'as this host would choose; otherwise: --native-diff',
  driver: 'by the driver',
};

/** Which engine's rules made the numbers and how that is known: one sentence, or one for each kind of store. */
export function ruleLines(rules: readonly RulesUsed[], width: number): Line[] {
  const bySentence = new Map<string, string[]>();
  for (const used of rules) {
    const sentence = ruleSentence(used);
    bySentence.set(sentence, [...(bySentence.get(sentence) ?? []), used.store]);
  }
  return [...bySentence].flatMap(([sentence, stores]) => {
    const text =
      bySentence.size > 1
        ? `${stores.join(', ')}: ${sentence}`
        : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
    return wrap(text, width, '  ', '');
  });
}

function ruleSentence({
  store,
  engineVersion,
  engineVersionFrom,
  nativeDiff,
  nativeDiffFrom,
}: RulesUsed): string {
  const version = `rules of ${engineOf(store)} ${engineVersion}`;
  if (nativeDiff === null) return `${version} (${SOURCE_WORDS[engineVersionFrom]}).`;
  const diff = `native diff ${nativeDiff ? 'on' : 'off'}`;
  if (engineVersionFrom === nativeDiffFrom) {
    const both = engineVersionFrom === 'option' ? 'as the flags say' : SOURCE_WORDS[engineVersionFrom];
    return `${version}, ${diff} (${both}).`;
  }
  // Podman's library keeps its answer in the run root; no daemon is asked.
  const isKept = nativeDiffFrom === 'engine' && engineOf(store) === 'Podman';
  const known = isKept ? 'as its run root says' : SOURCE_WORDS[nativeDiffFrom];
  return `${version} (${SOURCE_WORDS[engineVersionFrom]}), ${diff} (${known}).`;
}
