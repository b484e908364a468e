import type { RulesUsed } from '../model/reports.ts';
import { wrap } from './text.ts';
import type { Line } from './text.ts';

const VERSION_FROM: Readonly<Record<RulesUsed['engineVersionFrom'], string>> = {
  option: 'as --engine-version says',
  engine: 'the daemon of this root said so',
  store: 'the store shows it',
  newest: 'the newest that writes such a store; --engine-version names another',
};

const NATIVE_FROM: Readonly<Record<RulesUsed['nativeDiffFrom'], string>> = {
  option: 'as --native-diff says',
  engine: 'the daemon said so',
  host: 'as a daemon on this host would decide; --native-diff says otherwise',
  driver: 'the driver knows no other way',
};

/** Which engine's rules made the numbers and how that is known, one sentence a store. */
export function ruleLines(rules: readonly RulesUsed[], width: number): Line[] {
  return rules.flatMap((used) => {
    const store = rules.length > 1 ? `${used.store}: r` : 'R';
    return wrap(`${store}${ruleSentence(used)}`, width, '  ', '');
  });
}

/** Without its first letter, which depends on where it stands. */
function ruleSentence(used: RulesUsed): string {
  const version = `ules of Docker ${used.engineVersion} (${VERSION_FROM[used.engineVersionFrom]})`;
  if (used.nativeDiff === null) return `${version}.`;
  const diff = used.nativeDiff ? 'native diff on' : 'native diff off';
  return `${version}, ${diff} (${NATIVE_FROM[used.nativeDiffFrom]}).`;
}
