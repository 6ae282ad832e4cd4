// `npm run bench:start`: the table of bytes, and how long a server takes from its start to its first answer. Times
// depend on the machine and on what else it does: compare them only with a run beside it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { build } from '../scripts/build.mjs';
import { findFreePort, newSecrets, productConfig, startServer } from '../scripts/stack.mjs';

const runs = 15;

async function measureStarts() {
  const folder = await mkdtemp(`${tmpdir()}/widgent-bench-`);
  const milliseconds = [];
  try {
    const port = await findFreePort();
    const config = productConfig('acme', { widgent: port, express: 1, fastapi: 2 }, folder);
    // The first run makes the store; it is not counted.
    for (let i = 0; i <= runs; i++) {
      const start = performance.now();
      const options = { port, configs: [config], dataDir: `${folder}/data`, secrets: newSecrets(), log: () => {} };
      const server = await startServer(options);
      if (i > 0) milliseconds.push(performance.now() - start);
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return milliseconds.sort((a, b) => a - b);
}

await build();
const starts = await measureStarts();
const at = (share) => starts[Math.floor(share * (starts.length - 1))].toFixed(0);
console.log(`\nstart to the first answer of /healthz, ${runs} runs with an existing store, polled every 25 ms:`);
console.log(`  least ${at(0)} ms, median ${at(0.5)} ms, most ${at(1)} ms`);
