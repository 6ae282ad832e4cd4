// Runs a suite's program and reads from what it prints how many tests passed, failed and were skipped, and what failed.
import { output, root, run } from './steps.mjs';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const number = (text, pattern) => Number(pattern.exec(text)?.[1] ?? 0);

const reportMost = 6000;
const after = (text, pattern) => (pattern.exec(text)?.[1] ?? '').trim().slice(0, reportMost);

/** Catch2 2.13: "All tests passed (12 assertions in 3 test cases)", or a line of "~" above each failure and then
 * "test cases: 3 | 2 passed | 1 failed". */
function readCatch(text) {
  const all = /All tests passed \(.* in (\d+) test cases?\)/.exec(text);
  if (all) return { passed: Number(all[1]), failed: 0 };
  const line = /^test cases: .*$/m.exec(text)?.[0] ?? '';
  return {
    passed: number(line, /(\d+) passed/),
    failed: number(line, /(\d+) failed/),
    report: after(text, /^~{20,}\n([^]*)/m),
  };
}

/** Node's test runner: "ℹ pass 3", and at the end "✖ failing tests:". */
const readNode = (text) => ({
  passed: number(text, /^ℹ pass (\d+)$/m),
  failed: number(text, /^ℹ fail (\d+)$/m),
  skipped: number(text, /^ℹ skipped (\d+)$/m),
  report: after(text, /^✖ failing tests:\n([^]*)/m),
});

/** e2e/reporter.ts: "3 passed, 0 failed, 0 skipped", and what failed above it. */
const readPlaywright = (text) => ({
  passed: number(text, /^(\d+) passed, \d+ failed/m),
  failed: number(text, /^\d+ passed, (\d+) failed/m),
  report: after(text, /^what failed:\n([^]*)^\d+ passed/m),
});

async function counted(read, program, args, env) {
  let text = '';
  const code = await run(program, args, { env, read: (piece) => (text += piece) });
  const { passed, failed, skipped = 0, report = '' } = read(text);
  // A suite that ran nothing, or died without saying so, has failed.
  return { passed, failed: failed || (code === 0 && passed > 0 ? 0 : 1), skipped, report };
}

export const sum = (results) =>
  results.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + (b.skipped ?? 0),
      report: [a.report, b.report].filter(Boolean).join('\n'),
    }),
    { passed: 0, failed: 0, skipped: 0, report: '' },
  );

async function each(items, runOne) {
  const results = [];
  for (const item of items) results.push(await runOne(item));
  if (results.length === 0) return { passed: 0, failed: 1 };
  return sum(results);
}

const plain = ['--use-colour', 'no'];

const catchPrograms = (preset) =>
  readdirSync(`${root}/build/${preset}`)
    .filter((name) => /^widgent_\w+_tests(\.cjs)?$/.test(name))
    .sort();

export function runCatch(preset, floors) {
  const programs = catchPrograms(preset).filter((name) => !floors || floors.includes(name.split('_')[1]));
  return each(programs, (name) => {
    console.log(`${name}:`);
    const program = `${root}/build/${preset}/${name}`;
    return name.endsWith('.cjs') ? counted(readCatch, 'node', [program, ...plain]) : counted(readCatch, program, plain);
  });
}

/** All of a folder's tests, but for those of the skipped names. */
export function runNode(folder, skipped = []) {
  const isRun = (name) => name.endsWith('.test.mjs') && !skipped.includes(name.replace('.test.mjs', ''));
  const files = readdirSync(`${root}/${folder}`).filter(isRun);
  if (files.length === 0) return { passed: 0, failed: 1 };
  return counted(readNode, 'node', ['--test', '--test-reporter=spec', ...files.map((name) => `${folder}/${name}`)]);
}

export function runPlaywright() {
  return counted(readPlaywright, 'node_modules/.bin/playwright', ['test'], { FORCE_COLOR: '0' });
}

/** Share of the lines of each folder of src that the tests of build/coverage have run, as [folder, share, lines]. */
export async function readCoverage(floors) {
  const counters = (await output('find', [`${root}/build/coverage`, '-name', '*.gcda'])).trim().split('\n');
  const counts = new Map();
  for (const report of (await output('gcov', ['--json-format', '--stdout', ...counters])).trim().split('\n')) {
    const { current_working_directory: folder, files } = JSON.parse(report);
    for (const { file, lines } of files) {
      const source = resolve(folder, file); // a compiler cache may have written it as seen from there
      if (!floors.some((floor) => source.startsWith(`${root}/src/${floor}/`))) continue;
      for (const { line_number: line, count } of lines) {
        const key = `${source}:${line}`;
        counts.set(key, (counts.get(key) ?? 0) + count);
      }
    }
  }
  return floors.map((floor) => {
    const lines = [...counts].filter(([key]) => key.startsWith(`${root}/src/${floor}/`));
    const missed = lines.filter(([, count]) => count === 0).map(([key]) => key.slice(root.length + 1));
    return { floor, lines: lines.length, missed, share: lines.length ? 1 - missed.length / lines.length : 0 };
  });
}
