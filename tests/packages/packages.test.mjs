// The npm package as it is packed, and as Node sees it: what is in it, and that a server can import and render it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
import { examples } from '../../scripts/npm.mjs';
import { root } from '../../scripts/steps.mjs';

const files = [
  ...['LICENSE', 'README.md', 'index.d.ts', 'index.js', 'load.d.ts', 'load.js', 'package.json', 'react.d.ts'],
  ...['react.js', 'stub.d.ts', 'stub.js', 'widgent.d.ts'],
];
const packedBytesMax = 12_000;

const read = (path) => readFileSync(`${root}/${path}`, 'utf8');
const app = `${realpathSync(`${root}/examples/vite-react`)}/`;
const requireFromApp = createRequire(app);
const importFromApp = (name) => import(pathToFileURL(requireFromApp.resolve(name)).href);

const [packed] = JSON.parse(
  execFileSync('npm', ['pack', `${root}/build/npm`, '--dry-run', '--json'], { encoding: 'utf8' }),
);

test('The package holds these files and no others, and stays small', () => {
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), files.sort());
  assert.ok(packed.size <= packedBytesMax, `${packed.size} bytes packed, ${packedBytesMax} are enough`);
});

test('No packed file holds a secret, a path of the machine or a source map', () => {
  for (const file of files) {
    const text = read(`build/npm/${file}`);
    assert.doesNotMatch(text, /wvs_[\w-]{8}|wsk_\w|whsec_|eyJ[\w-]{8}|sourceMappingURL|file:\/\//, file);
    assert.ok(!text.includes(root), `${file} names ${root}`);
  }
});

test('The package has no dependencies, and React only where it is asked for', () => {
  const described = JSON.parse(read('build/npm/package.json'));
  assert.equal(described.version, JSON.parse(read('package.json')).version);
  assert.equal(described.dependencies, undefined);
  assert.deepEqual(described.peerDependenciesMeta, { react: { optional: true } });
  assert.equal(described.sideEffects, false);
  for (const file of files.filter((name) => name.endsWith('.js'))) {
    const imported = [...read(`build/npm/${file}`).matchAll(/ from '([^']+)'/g)].map(([, name]) => name);
    const foreign = imported.filter((name) => !name.startsWith('./'));
    assert.deepEqual(foreign, file === 'react.js' ? ['react'] : [], file);
  }
  assert.match(read('build/npm/react.js'), /^'use client';/);
});

test('The stub is the one that the README and the demo have in their pages', async () => {
  const inline = (text) => /<script>([^]*?)widgent\.init\(/.exec(text)[1];
  const plain = (code) => format(code, { parser: 'babel', printWidth: 120, singleQuote: true });
  const stub = await plain(/export function putStub\(\) \{([^]*)\}/.exec(read('web/npm/stub.js'))[1]);
  assert.ok(stub.includes('window.widgent = widgent'));
  for (const page of ['README.md', 'demo/shop/index.html']) assert.equal(await plain(inline(read(page))), stub, page);
});

test('The examples install the packed package under a lock that fits any build of it', () => {
  for (const name of examples) {
    const { packages } = JSON.parse(read(`examples/${name}/package-lock.json`));
    const { resolved, integrity } = packages['node_modules/widgent'];
    assert.deepEqual([resolved, integrity], ['file:../../build/widgent.tgz', undefined], name);
    for (const [dependency, version] of Object.entries({
      ...packages[''].dependencies,
      ...packages[''].devDependencies,
    }))
      assert.match(version, /^(\d+\.\d+\.\d+|file:.*)$/, `${name}: ${dependency} has no exact version`);
  }
});

test('On a server an import does nothing, and loadWidgent resolves with commands that do nothing', async () => {
  const before = Reflect.ownKeys(globalThis);
  const { loadWidgent } = await importFromApp('widgent');
  const widgent = await loadWidgent({ src: 'http://localhost:8787/widgent.js', productId: 'acme', serviceKey: 'pk_x' });
  assert.deepEqual(await widgent.identify('a token'), {});
  assert.deepEqual(await widgent('on', 'ready', () => {}), {});
  await widgent.destroy();
  assert.equal(widgent.state, undefined);
  await assert.rejects(widgent.diagnose(), { code: 'no_window' });
  assert.deepEqual(Reflect.ownKeys(globalThis), before);
});

test('On a server the component renders nothing, and the hook the state of a guest', async () => {
  const { createElement: h } = requireFromApp('react');
  const { renderToString } = requireFromApp('react-dom/server');
  const { Widgent, useWidgent } = await importFromApp('widgent/react');
  const Show = () => h('i', null, JSON.stringify(useWidgent().state.identity));
  const props = { src: '/widgent.js', productId: 'acme', serviceKey: 'pk_x', token: 'a token of Ada' };
  const html = renderToString(h('main', null, h(Widgent, props), h(Show)));
  assert.equal(html, '<main><i>{&quot;state&quot;:&quot;guest&quot;}</i></main>');
});

test('It can be required where Node can require modules', () => {
  assert.equal(typeof requireFromApp('widgent').loadWidgent, 'function');
  assert.equal(typeof requireFromApp('widgent/react').useWidgent, 'function');
});
