// `npm run check`: formatting, types and static analysis, without running anything.
// `npm run format` (--format) formats C++, TypeScript, JavaScript and CSS in place.
import { compile } from './build.mjs';
import { must, output, root, run, step } from './steps.mjs';

const listed = (await output('git', ['ls-files', 'src', 'tests', 'bench'])).split('\n');
const sources = listed.filter((path) => /\.(cc|h)$/.test(path));

if (process.argv.includes('--format')) {
  await must('clang-format', ['-i', ...sources]);
  await must('node_modules/.bin/prettier', ['--write', '--log-level=warn', '.']);
  process.exit();
}

const cppcheckRules = ['--std=c++20', '--inline-suppr', '--suppress=missingIncludeSystem', '--error-exitcode=1'];

const checks = {
  formatting: () => run('clang-format', ['--dry-run', '--Werror', ...sources]),
  'formatting of scripts': () => run('node_modules/.bin/prettier', ['--check', '.']),
  types: () => run('node_modules/.bin/tsc', ['--noEmit']),
  'types of the package': () => run('node_modules/.bin/tsc', ['-p', 'web/npm', '--noEmit']),
  tidiness: () => run('node', ['--test', '--test-reporter=spec', 'tests/tidy/tidy.test.mjs']),
  'static analysis': async () => {
    await compile('debug', ['widgentd']);
    const units = sources.filter((path) => /^src\/(?!wasm).*\.cc$/.test(path));
    return run('run-clang-tidy', ['-quiet', '-j', '2', '-p', `${root}/build/debug`, ...units]);
  },
  'static analysis by cppcheck': () =>
    run('cppcheck', ['-q', '-j2', '--enable=warning,performance,portability', ...cppcheckRules, '-I', 'src', 'src']),
};

const failed = [];
for (const [name, check] of Object.entries(checks)) if ((await step(name, check)) !== 0) failed.push(name);
if (failed.length) console.error(`Not in order: ${failed.join(', ')}.`);
process.exit(failed.length ? 1 : 0);
