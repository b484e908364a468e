// The walker alone, as a whole process: node bench/walk-only.mjs DIRECTORY
import { createHost } from '../dist/lib/host/create-host.js';
import { bytePath } from '../dist/lib/model/bytes.js';

const host = createHost();
const tally = await host.walker.directorySize(bytePath(process.argv[2] ?? '.'));
await host.close();
process.stdout.write(`${tally.entries} entries, ${tally.apparentBytes} bytes\n`);
