// `npm test`: builds everything and runs every suite; at the end it says again what failed, and sums all up in a line.
//   npm test -- --only NAME...   runs the named parts alone; an unknown name lists them.
import { rmSync } from 'node:fs';
import { build, compile } from './build.mjs';
import { fuzzAll } from './fuzz.mjs';
import { buildExamples, packNpm } from './npm.mjs';
import { simulate } from './simulate.mjs';
import { output, root, run, step } from './steps.mjs';
import { readCoverage, runCatch, runNode, runPlaywright, sum } from './suites.mjs';

const coveredFloors = ['protocol', 'session', 'identity'];
const coverageLeast = 0.95;

async function coverage() {
  await compile(
    'coverage',
    coveredFloors.map((floor) => `widgent_${floor}_tests`),
  );
  const old = (await output('find', [`${root}/build/coverage`, '-name', '*.gcda'])).split('\n').filter(Boolean);
  old.forEach((file) => rmSync(file));
  const result = await runCatch('coverage', coveredFloors);
  for (const { floor, lines, missed, share } of await readCoverage(coveredFloors)) {
    const enough = share >= coverageLeast;
    const percent = `${(share * 100).toFixed(1)} % of ${lines} lines`;
    console.log(`coverage of src/${floor}: ${percent}${enough ? '' : ', too little'}`);
    for (const line of enough ? [] : missed) console.log(`  not run: ${line}`);
    result[enough ? 'passed' : 'failed'] += 1;
  }
  return result;
}

const one = async (work) => ((await work) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

const typeCheck = (args) => one(run('node_modules/.bin/tsc', args));

const typed = [
  ['--noEmit'],
  ...['web/npm', 'tests/types', 'tests/types/package'].map((name) => ['-p', name, '--noEmit']),
];

// In this order; what needs the build stands after it.
const parts = {
  tidy: () => runNode('tests/tidy'),
  build: () => build(['all']).then(() => ({ passed: 0, failed: 0 })),
  packages: () => buildExamples().then(() => runNode('tests/packages')),
  types: () => packNpm().then(() => Promise.all(typed.map(typeCheck)).then(sum)),
  native: () => runCatch('native'),
  simulation: () => simulate({ seeds: 10_000 }).then(({ failed }) => ({ passed: failed ? 0 : 1, failed })),
  fuzz: () => fuzzAll(),
  tokens: () => runNode('tests/tokens'),
  node: () => runNode('tests/node'),
  browser: () => buildExamples().then(runPlaywright),
  wasm: () => compile('wasm-test', ['all']).then(() => runCatch('wasm-test')),
  coverage,
};

const only = process.argv.slice(2).filter((word) => word !== '--only');
const unknown = only.filter((name) => !(name in parts));
if (unknown.length) {
  console.error(`There is no part ${unknown.join(', ')}. The parts are ${Object.keys(parts).join(', ')}.`);
  process.exit(1);
}

const start = performance.now();
const table = [];
for (const [name, runPart] of Object.entries(parts)) {
  if (only.length && !only.includes(name)) continue;
  const began = performance.now();
  const result = await step(name, runPart).catch((error) => {
    console.error(error.message);
    return { passed: 0, failed: 1 };
  });
  table.push({ name, ...result, seconds: (performance.now() - began) / 1000 });
  // Nothing can be tested where nothing could be built.
  if (name === 'build' && result.failed) break;
}

for (const { name, report } of table) if (report) console.log(`\n${name}, what failed:\n${report}`);

const row = (name, ...cells) => console.log(name.padEnd(12) + cells.map((cell) => String(cell).padStart(9)).join(''));
console.log();
row('part', 'passed', 'failed', 'skipped', 'seconds');
for (const { name, passed, failed, skipped = 0, seconds } of table)
  row(name, passed, failed, skipped, seconds.toFixed(1));
console.log(`total: ${((performance.now() - start) / 1000).toFixed(0)} s\n`);

const { passed, failed, skipped } = sum(table);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
