import { expect, it } from 'vitest';
import { COMMANDS } from './app.ts';
import { completionScript, SHELLS } from './completion.ts';
import { LIST_FLAGS, flagName } from './flags.ts';

it.each(SHELLS)('%s knows every command and every flag', (shell) => {
  const script = completionScript(shell);
  for (const name of Object.keys(COMMANDS)) expect(script).toMatch(new RegExp(`\\b${name}\\b`));
  for (const key of Object.keys(LIST_FLAGS)) {
    const flag = flagName(key);
    expect(script).toContain(shell === 'fish' ? `-l ${flag.slice(2)}` : flag);
  }
});
