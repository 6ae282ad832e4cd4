// The tree against the rules, and each rule against a tree that breaks it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { checkDead, checkFloors, checkLines, checkWords } from './rules.mjs';

const root = new URL('../../', import.meta.url);
const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
const tree = listed
  .toString()
  .split('\0')
  .filter((path) => /\.(cc|h|m?ts|mjs|py|cmake|sh|css|html|json|md|txt)$|^\.ci\/run$/.test(path))
  .filter((path) => !/^(package-lock\.json|tests\/data\/)/.test(path) && existsSync(new URL(path, root)))
  .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }));

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
