/** `/etc/passwd`: home directories, each once, in the order of the file. */
const MAX_LINES = 100_000;

export function parseHomes(bytes: Buffer): readonly string[] {
  const homes = new Set<string>();
  for (const line of bytes.toString('latin1').split('\n').slice(0, MAX_LINES)) {
    const home = line.split(':')[5]?.replace(/\/+$/, '') ?? '';
    if (home.startsWith('/') && home !== '/nonexistent') homes.add(home);
  }
  return [...homes];
}
