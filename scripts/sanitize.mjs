// `npm run sanitize`: the native tests, the simulation and the tests against a running server, built with
// AddressSanitizer and UBSan (asan), and with ThreadSanitizer (tsan).
//   npm run sanitize -- asan   runs one of the two.
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { compile } from './build.mjs';
import { simulate } from './simulate.mjs';
import { root, step } from './steps.mjs';
import { runCatch, runNode, sum } from './suites.mjs';

const presets = ['asan', 'tsan'];
// What measures times or memory, or has nothing to do with the server.
const skipped = ['flood', 'bench', 'closures', 'locales', 'pruned_markdown', 'transcripts'];

const only = process.argv.slice(2);
const unknown = only.filter((name) => !presets.includes(name));
if (unknown.length) {
  console.error(`There is no sanitizer ${unknown.join(', ')}. There are ${presets.join(' and ')}.`);
  process.exit(1);
}

/** What a sanitized process of a test had to say, although the test may have passed. */
function readReports(folder) {
  const reports = readdirSync(folder);
  for (const name of reports) console.error(readFileSync(`${folder}/${name}`, 'utf8'));
  return { passed: 0, failed: reports.length };
}

const results = [];
for (const preset of only.length ? only : presets) {
  const reports = `${root}/test-results/${preset}`;
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  await step(`${preset}: build`, () => compile(preset, ['all']));
  results.push(await step(`${preset}: native`, () => runCatch(preset)));
  const { failed } = await step(`${preset}: simulation`, () => simulate({ seeds: 3000, preset }));
  results.push({ passed: failed ? 0 : 1, failed });
  process.env.WIDGENTD = `${root}/build/${preset}/widgentd`;
  process.env.ASAN_OPTIONS = process.env.TSAN_OPTIONS = `log_path=${reports}/report`;
  results.push(await step(`${preset}: node`, () => runNode('tests/node', skipped)));
  results.push(readReports(reports));
}
const { passed, failed } = sum(results);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
