// `npm run simulate`: many visitors, one server, and whatever may go wrong, by seeds (tests/simulation).
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compile } from './build.mjs';
import { root, run } from './steps.mjs';

const target = 'widgent_simulation_tests';
const programOf = (preset) => `${root}/build/${preset}/${target}`;
const slice = 250; // seeds of one process

const help = `Usage: npm run simulate -- [options]

Runs simulations: each seed stands for one of many visitors, one server, and whatever may go wrong between them. What a
failing seed has done is written to test-results/seed-<seed>.jsonl, with all left out that is not needed for it.

  --seeds N      how many (10000)
  --from S       the first of them (1)
  --jobs J       how many processes at once (one per core)
  --replay FILE  performs a transcript instead
  --help         says this`;

/** Runs seeds `from` to `from + seeds - 1` and answers { passed, failed }, in seeds. Stops soon after a failure. */
export async function simulate({ seeds = 10_000, from = 1, jobs = availableParallelism(), preset = 'native' } = {}) {
  const start = performance.now();
  const end = from + seeds;
  const sums = {};
  let next = from;
  let done = 0;
  let failed = 0;

  async function work() {
    while (next < end && !failed) {
      const first = next;
      const count = Math.min(slice, end - first);
      next += count;
      let text = '';
      const env = { WIDGENT_FROM: String(first), WIDGENT_SEEDS: String(count) };
      const read = (piece) => (text += piece);
      const code = await run(programOf(preset), ['--use-colour', 'no', '[seeds]'], { env, quiet: true, read });
      if (code !== 0) {
        failed += 1;
        report(text, first);
        continue;
      }
      done += count;
      for (const [, number, what] of (/^\d+ seeds: (.*)$/m.exec(text)?.[1] ?? '').matchAll(/(\d+) ([a-z ]+)/g))
        sums[what] = (sums[what] ?? 0) + Number(number);
      progress();
    }
  }
  function progress() {
    const perSecond = done / ((performance.now() - start) / 1000);
    const left = Math.ceil((seeds - done) / perSecond);
    const line = `${done} of ${seeds} seeds, ${perSecond.toFixed(0)} a second, ${left} s left`;
    if (process.stdout.isTTY) process.stdout.write(`\r${line.padEnd(70)}`);
    else if (done === seeds || done % (slice * 8) === 0) console.log(line);
  }

  await Promise.all(Array.from({ length: jobs }, work));
  if (process.stdout.isTTY) process.stdout.write('\n');
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const list = Object.entries(sums).map(([what, number]) => `${number} ${what}`);
  console.log(`${done} seeds in ${seconds} s: ${list.join(', ')}`);
  return { passed: done, failed };
}

function report(text, first) {
  const seed = /^seed (\d+): /m.exec(text)?.[1];
  console.log(`\n${text}`);
  if (!seed) return console.error(`The simulation died somewhere after seed ${first - 1}.`);
  const file = `test-results/seed-${seed}.jsonl`;
  mkdirSync(`${root}/test-results`, { recursive: true });
  writeFileSync(`${root}/${file}`, text.match(/^\{.*\n/gm)?.join('') ?? '');
  console.error(`See it again: npm run simulate -- --replay ${file}`);
  console.error('Once it is mended, keep that file in tests/simulation/transcripts.');
}

async function main() {
  const whole = (name, text) => {
    if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
    throw new Error(`--${name} takes a whole number from 1 on, not "${text}".`);
  };
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '10000' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      replay: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const [seeds, from, jobs] = ['seeds', 'from', 'jobs'].map((name) => whole(name, values[name]));
  await compile('native', [target]);
  if (values.replay) {
    process.exitCode = await run(programOf('native'), ['[seeds]'], { env: { WIDGENT_REPLAY: resolve(values.replay) } });
    return;
  }
  const { failed } = await simulate({ seeds, from, jobs });
  process.exitCode = failed ? 1 : 0;
}

if (import.meta.filename === process.argv[1]) {
  await main().catch((error) => {
    console.error(`${error.message}\n\n${help}`);
    process.exitCode = 1;
  });
}
