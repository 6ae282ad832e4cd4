// The tree against the rules, and each rule against a tree that breaks it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { checkCases } from './cases.mjs';
import { checkDead, checkFloors, checkLines, checkWords } from './rules.mjs';
import { tree } from './tree.mjs';

const clean = (check) => () => {
  const faults = check(tree);
  assert.ok(faults.length === 0, faults.join('\n'));
};
const finds = (check, path, text, line) =>
  assert.match(check([{ path, text }]).join('\n'), new RegExp(`^${path}:${line}: `, 'm'));

test('Every floor includes only what lies below it', clean(checkFloors));
test('No banned word stands in the tree', clean(checkWords));
test('Lines are short and end cleanly', clean(checkLines));
test('Nothing in the tree is dead', clean(checkDead));
test('Each acceptance case has a test', clean(checkCases));

test('An include that goes up is found', () => {
  finds(checkFloors, 'src/protocol/sse.cc', '// x\n#include "session/session.h"\n', 2);
  finds(checkFloors, 'src/http/server.cc', '#include "product/product.h"\n', 1);
});
test('A library outside of its floor is found', () => {
  finds(checkFloors, 'src/agent/agent.cc', '#include <openssl/hmac.h>\n', 1);
  finds(checkFloors, 'src/server/app.h', '#include <boost/asio.hpp>\n', 1);
});
test('A clock in the session is found', () => finds(checkFloors, 'src/session/session.cc', '\n#include <chrono>\n', 2));
test('A folder that is no floor is found', () => finds(checkFloors, 'src/util/util.h', '\n', 1));
test('A note to finish something later is found', () => finds(checkWords, 'src/http/server.cc', '// TODO\n', 1));
test('HTML from text is found in the widget', () => finds(checkWords, 'web/panel/x.ts', 'a.innerHTML = b;\n', 1));
test("A machine's own path is found", () => finds(checkWords, 'scripts/x.mjs', "'/home/ada/widgent'\n", 1));
test('A focused test is found', () => finds(checkWords, 'e2e/x.spec.ts', '\ntest.only()\n', 2));
test('A long line is found', () => finds(checkLines, 'src/http/x.cc', `${'x '.repeat(61)};\n`, 1));
test('A header that nobody includes is found', () => finds(checkDead, 'src/http/x.h', '\n', 1));
test('A script that nobody runs is found', () => finds(checkDead, 'scripts/x.mjs', '\n', 1));
test('An acceptance case without a test is found, and one that there is not', () => {
  const named = (number) => `test('case ${String(number).padStart(2, '0')}: words', `;
  const text = Array.from({ length: 40 }, (_, i) => (i === 6 ? '' : named(i + 1))).join('\n') + named(41);
  assert.deepEqual(checkCases([{ path: 'e2e/x.spec.ts', text }]), [
    'case 07: no test is named after it',
    'e2e/x.spec.ts:40: there is no case 41',
  ]);
  const native = 'TEST_CASE_METHOD(Fixture,\n  "case 07: words") {}';
  const both = [
    { path: 'e2e/x.spec.ts', text: text.replace(named(41), '') },
    { path: 'tests/a/b_test.cc', text: native },
  ];
  assert.deepEqual(checkCases(both), []);
});
