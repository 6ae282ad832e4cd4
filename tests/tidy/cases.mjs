// The acceptance cases of identity, and the tests that are named after them ("case 07: expiry with getToken …").
//   node tests/tidy/cases.mjs   prints each case with its tests, and fails where one has none.
import { tree } from './tree.mjs';

export const caseCount = 40;

const title = /\b(?:test|TEST_CASE|TEST_CASE_METHOD)\(\s*(?:\w+,\s*)?(["'`])case (\d\d): ([^]*?[^\\])\1/g;

/** From the number of each case to its tests, as [place, title]. */
export function findCases(files) {
  const cases = new Map(Array.from({ length: caseCount }, (_, i) => [i + 1, []]));
  for (const { path, text } of files) {
    if (!/^(e2e|tests)\/.*(\.spec\.ts|\.test\.mjs|_test\.cc)$/.test(path) || path.startsWith('tests/tidy/')) continue;
    for (const { index, 2: number, 3: words } of text.matchAll(title)) {
      const line = text.slice(0, index).split('\n').length;
      const tests = cases.get(Number(number)) ?? [];
      cases.set(Number(number), [...tests, [`${path}:${line}`, words]]);
    }
  }
  return cases;
}

/** Cases without a test, and tests of a case that there is not. */
export function checkCases(files) {
  const faults = [];
  for (const [number, tests] of findCases(files)) {
    const name = `case ${String(number).padStart(2, '0')}`;
    if (tests.length === 0) faults.push(`${name}: no test is named after it`);
    if (number < 1 || number > caseCount) faults.push(...tests.map(([place]) => `${place}: there is no ${name}`));
  }
  return faults;
}

if (import.meta.filename === process.argv[1]) {
  for (const [number, tests] of findCases(tree)) {
    const lines = tests.map(([place, words]) => `${place}  ${words}`);
    console.log(`${String(number).padStart(2, '0')}  ${lines.join('\n    ') || '-'}`);
  }
  const faults = checkCases(tree);
  console.log(`\n${faults.join('\n') || 'Every case has a test.'}`);
  process.exitCode = faults.length ? 1 : 0;
}
