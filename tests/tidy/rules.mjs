// The rules that keep the tree tidy, as functions from files [{path, text}] to faults "path:line: what".

import { basename, dirname } from 'node:path';

/** What each folder of src may include besides itself (ARCHITECTURE.md, the floors). */
const floors = {
  protocol: [],
  session: ['protocol'],
  wasm: ['session', 'protocol'],
  identity: ['protocol'],
  product: ['identity', 'protocol'],
  store: ['protocol'],
  audit: ['product', 'identity', 'store', 'protocol'],
  http: ['protocol'],
  agent: ['audit', 'product', 'identity', 'store', 'http', 'protocol'],
  server: ['agent', 'audit', 'product', 'identity', 'store', 'http', 'session', 'protocol'],
};

/** Which folders, or files by the beginning of their path, may include a library. */
const libraries = [
  [/^openssl\//, ['src/identity/']],
  [/^(idn2|libpsl)\.h$/, ['src/identity/']],
  [/^sqlite3\.h$/, ['src/store/', 'src/agent/fts_index.']],
  [/^(boost|curl)\//, ['src/http/']],
  [/^emscripten[/.]/, ['src/wasm/']],
  [/^(spdlog|CLI)\//, ['src/server/']],
];

/** Headers with a clock, randomness, a thread or a stream: not for the floors that also run in the browser. */
const impure = /^(chrono|ctime|random|thread|mutex|atomic|iostream|fstream|sstream|cstdio|filesystem|future)$/;

const banned = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, /./, 'finish it, or file an issue'],
  [/\bstd::regex\b|#include <regex>/, /\.(cc|h)$/, 'std::regex overflows the stack on long input; use RE2'],
  [/\.(inner|outer)HTML\b|\.insertAdjacentHTML\b|\bdocument\.write\b|\bsrcdoc\b/, /^web\//, 'text nodes only'],
  [/\beval\(|\bnew Function\b/, /^(web|src|scripts|demo)\//, 'no code from text'],
  [/\bcrossorigin="use-credentials"|credentials: 'include'/, /^web\//, 'no cookies: the token alone says who'],
  [/\/(work|home|root)\/\w/, /./, 'a path of one machine'],
  [/\b(test|it|describe)\.(only|skip|fixme)\b/, /^(tests|e2e)\//, 'a focused or skipped test'],
  [/TEST_CASE\(.*"\[!|TEST_CASE\(.*\[\.\]/, /^tests\//, 'a hidden test'],
];

const isCode = /\.(cc|h|ts|mjs|py|cmake|sh)$|\/CMakeLists\.txt$/;
const lineLengthMax = 120;
const longText = /R"|'[^']{60,}'|"[^"]{60,}"|`[^`]{60,}`|\/.{60,}\/;/;

function* matches({ path, text }, pattern) {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const found = pattern.exec(lines[i]);
    if (found) yield [`${path}:${i + 1}`, found];
  }
}

/** Includes that a floor may not use. */
export function checkFloors(files) {
  const faults = [];
  for (const file of files) {
    const floor = /^src\/(\w+)\/.*\.(cc|h)$/.exec(file.path)?.[1];
    if (!floor) continue;
    if (!(floor in floors)) faults.push(`${file.path}:1: src/${floor} is no floor that ARCHITECTURE.md knows`);
    for (const [where, [, other]] of matches(file, /^#include "(\w+)\//)) {
      if (other !== floor && !floors[floor]?.includes(other))
        faults.push(`${where}: ${floor} may not include ${other}`);
    }
    for (const [where, [, header]] of matches(file, /^#include <([^>]+)>/)) {
      for (const [library, places] of libraries) {
        if (library.test(header) && !places.some((place) => file.path.startsWith(place)))
          faults.push(`${where}: only ${places.join(' and ')} may include <${header}>`);
      }
      if (/^(protocol|session)$/.test(floor) && impure.test(header))
        faults.push(`${where}: ${floor} also runs in the browser and may not include <${header}>`);
    }
  }
  return faults;
}

export function checkWords(files) {
  const faults = [];
  for (const file of files) {
    if (file.path.startsWith('tests/tidy/')) continue;
    for (const [word, places, why] of banned) {
      if (!places.test(file.path)) continue;
      for (const [where, [found]] of matches(file, word)) faults.push(`${where}: "${found}": ${why}`);
    }
  }
  return faults;
}

export function checkLines(files) {
  const faults = [];
  for (const { path, text } of files) {
    const lines = text.split('\n');
    lines.forEach((line, i) => {
      // A long text, such as the name of a test, is not to be broken.
      const isLong = [...line].length > lineLengthMax && !longText.test(line);
      if (isCode.test(path) && isLong)
        faults.push(`${path}:${i + 1}: ${[...line].length} characters, ${lineLengthMax} are enough`);
      if (/[ \t]$/.test(line)) faults.push(`${path}:${i + 1}: white space at the end`);
    });
    if (text && !text.endsWith('\n')) faults.push(`${path}:${lines.length}: no line break at the end`);
  }
  return faults;
}

/** Files that nothing refers to: headers nobody includes, modules nobody imports, scripts nobody runs. */
export function checkDead(files) {
  const faults = [];
  const text = (pattern) => files.filter(({ path }) => pattern.test(path));
  const native = text(/^(src|tests)\/.*\.(cc|h)$/);
  for (const { path } of native.filter(({ path }) => path.endsWith('.h'))) {
    const name = path.replace(/^(src|tests)\//, '');
    const own = path.replace(/\.h$/, '.cc');
    const includes = ({ path: other, text }) =>
      text.includes(`#include "${name}"`) ||
      (dirname(other) === dirname(path) && text.includes(`#include "${basename(path)}"`));
    if (!native.some((other) => other.path !== path && other.path !== own && includes(other)))
      faults.push(`${path}:1: nobody includes it`);
  }
  const modules = text(/\.(ts|mjs)$/);
  const callers = [...modules, ...text(/(^package\.json|\.cmake|\.sh|^\.ci\/run|\.html)$/)];
  for (const { path } of modules) {
    const name = path.split('/').pop();
    if (/(\.spec\.ts|\.test\.mjs|\.d\.m?ts|\.config\.ts|Types\.ts)$/.test(name)) continue;
    if (!callers.some((other) => other.path !== path && other.text.includes(name)))
      faults.push(`${path}:1: nobody imports or runs it`);
  }
  return faults;
}
