// `npm run fuzz`: each target of tests/fuzz takes what libFuzzer makes of its seeds, for a while.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { compile } from './build.mjs';
import { root, run } from './steps.mjs';

const folder = `${root}/tests/fuzz`;
const targets = readdirSync(folder)
  .filter((name) => name.endsWith('_fuzz.cc'))
  .map((name) => name.replace('_fuzz.cc', ''));

const help = `Usage: npm run fuzz -- [options]

Runs the fuzz targets of tests/fuzz: ${targets.join(', ')}.
An input that breaks a promise is written to test-results/fuzz-<target>-<hash>. What has been learnt is kept in
build/fuzz/corpus and is where the next run begins.

  --seconds N       how long each (30)
  --only TARGET...  these alone
  --jobs J          how many at once (one per core)
  --help            says this`;

const read = (path) => readFileSync(`${root}/${path}`);
const json = (path) => JSON.parse(read(path));
const files = (path, ending) => readdirSync(`${root}/${path}`).filter((name) => name.endsWith(ending));

/** What the other tests know already, as [name, content]. */
const seedsOf = {
  token: () =>
    json('tests/data/wycheproof_hs256.json').jws.map(({ file, tcId, jws }) => [
      `${file}-${tcId}`,
      typeof jws === 'string' ? jws : JSON.stringify(jws),
    ]),
  json: () =>
    json('tests/data/jsontestsuite.json').files.map(([name, base64]) => [
      basename(name),
      Buffer.from(base64, 'base64'),
    ]),
  sse: () => files('tests/agent/quirks', '.txt').map((name) => [name, read(`tests/agent/quirks/${name}`)]),
  // Every other line is a step, not an event.
  session: () =>
    files('tests/transcripts', '.jsonl').map((name) => [
      name,
      read(`tests/transcripts/${name}`)
        .toString()
        .split('\n')
        .filter((_, i) => i % 2 === 0)
        .join('\n'),
    ]),
  product: () => ['acme.json', 'acme-py.json'].map((name) => [name, read(`demo/${name}`)]),
};

/** Answers whether no promise was broken. */
async function fuzz(name, seconds) {
  const corpus = `${root}/build/fuzz/corpus/${name}`;
  mkdirSync(corpus, { recursive: true });
  for (const [seed, content] of seedsOf[name]?.() ?? []) writeFileSync(`${corpus}/${seed}`, content);
  cpSync(`${folder}/corpus/${name}`, corpus, { recursive: true });
  const options = [
    `-max_total_time=${seconds}`,
    ...['-max_len=4096', '-timeout=10', '-rss_limit_mb=1024', '-verbosity=0', '-print_funcs=0', '-print_final_stats=1'],
    `-artifact_prefix=${root}/test-results/fuzz-${name}-`,
  ];
  // libFuzzer speaks on stderr alone.
  const command = 'exec "$@" 2>&1';
  let text = '';
  const args = ['-c', command, 'fuzz', `${root}/build/fuzz/fuzz_${name}`, ...options, corpus];
  const code = await run('bash', args, { quiet: true, read: (piece) => (text += piece) });
  const executed = /number_of_executed_units:\s*(\d+)/.exec(text)?.[1] ?? '0';
  const holds = code === 0 && Number(executed) > 0;
  console.log(`${name}: ${executed} inputs in ${seconds} s${holds ? '' : ', and one breaks it'}`);
  if (!holds) console.error(text);
  return holds;
}

/** Runs the targets and answers { passed, failed }. */
export async function fuzzAll({ seconds = 30, only = targets, jobs = availableParallelism() } = {}) {
  await compile(
    'fuzz',
    only.map((name) => `fuzz_${name}`),
  );
  mkdirSync(`${root}/test-results`, { recursive: true });
  const waiting = [...only];
  const results = [];
  const work = async () => {
    while (waiting.length) results.push(await fuzz(waiting.shift(), seconds));
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed };
}

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      seconds: { type: 'string', default: '30' },
      only: { type: 'string', multiple: true },
      jobs: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) return console.log(help);
  const only = [...(values.only ?? []), ...positionals];
  const unknown = only.filter((name) => !targets.includes(name));
  if (unknown.length) throw new Error(`There is no target ${unknown.join(', ')}.`);
  const [seconds, jobs] = ['seconds', 'jobs'].map((name) => {
    if (/^[1-9]\d{0,5}$/.test(values[name])) return Number(values[name]);
    throw new Error(`--${name} takes a whole number from 1 on, not "${values[name]}".`);
  });
  const { failed } = await fuzzAll({ seconds, jobs, only: only.length ? only : targets });
  process.exitCode = failed ? 1 : 0;
}

if (import.meta.filename === process.argv[1]) {
  await main().catch((error) => {
    console.error(`${error.message}\n\n${help}`);
    process.exitCode = 1;
  });
}
