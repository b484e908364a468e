// The walker alone, as a whole process, bundled as the command is: node dist/bench-walk.cjs DIRECTORY
import { createHost } from '../src/host/create-host.ts';
import { bytePath } from '../src/model/bytes.ts';

async function main(): Promise<void> {
  const host = createHost();
  const tally = await host.walker.directorySize(bytePath(process.argv[2] ?? '.'));
  await host.close();
  process.stdout.write(`${tally.entries} entries, ${tally.apparentBytes} bytes\n`);
}

void main();
