// Makes the npm package: build/npm/ is its folder, build/widgent.tgz what `npm pack` makes of it.
//   node scripts/npm.mjs              the package alone
//   node scripts/npm.mjs --examples   and the example apps, built with it (examples/*/dist)
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { must, output, root, step } from './steps.mjs';

const folder = `${root}/build/npm`;
export const tarball = `${root}/build/widgent.tgz`;
export const examples = ['vite', 'vite-react'];

const read = (path) => readFileSync(`${root}/${path}`, 'utf8');

/** The compiled files lie as in web/; in the package all lie side by side. */
const flat = (text) =>
  text.replaceAll('../api/public.ts', './widgent.js').replace(/(?<=')(\.\/\w+)\.ts(?=')/g, '$1.js');

export async function packNpm() {
  const compiled = `${root}/build/npm-compiled`;
  for (const old of [compiled, folder]) rmSync(old, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await must('node_modules/.bin/tsc', ['-p', 'web/npm', '--noEmit', 'false', '--outDir', compiled]);
  for (const source of ['index.ts', 'react.ts', 'load.ts', 'stub.js'])
    for (const kind of ['.js', '.d.ts']) {
      const file = path.parse(source).name + kind;
      writeFileSync(`${folder}/${file}`, flat(read(`build/npm-compiled/npm/${file}`)));
    }
  rmSync(compiled, { recursive: true });
  copyFileSync(`${root}/web/api/public.ts`, `${folder}/widgent.d.ts`);
  copyFileSync(`${root}/web/npm/README.md`, `${folder}/README.md`);
  copyFileSync(`${root}/LICENSE`, `${folder}/LICENSE`);
  const { name, ...rest } = JSON.parse(read('web/npm/package.json'));
  const described = { name, version: JSON.parse(read('package.json')).version, ...rest };
  writeFileSync(`${folder}/package.json`, `${JSON.stringify(described, null, 2)}\n`);
  const packed = JSON.parse(await output('npm', ['pack', folder, '--pack-destination', 'build', '--json']));
  renameSync(`${root}/build/${packed[0].filename}`, tarball);
}

/** Installs what the lock file names, and builds; does nothing where neither the app nor the package has changed. */
async function buildExample(name) {
  const app = `examples/${name}`;
  const stamp = `${root}/${app}/dist/.stamp`;
  const files = (await output('git', ['ls-files', '--cached', '--others', '--exclude-standard', app]))
    .trim()
    .split('\n');
  const digest = createHash('sha256').update(readFileSync(tarball));
  for (const file of files) digest.update(`${file}\n${read(file)}`);
  const wanted = digest.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await must('npm', ['ci', '--prefix', app, '--no-audit', '--no-fund', '--loglevel=error']);
  await must('npm', ['run', 'build', '--prefix', app, '--silent']);
  writeFileSync(stamp, wanted);
}

export async function buildExamples() {
  await step('npm package', packNpm);
  for (const name of examples) await step(`example ${name}`, () => buildExample(name));
}

if (import.meta.filename === process.argv[1]) {
  try {
    await (process.argv.includes('--examples') ? buildExamples() : packNpm());
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
