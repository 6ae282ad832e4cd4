// Bundles the browser's TypeScript with its style sheets: for the build, and for the tests of single parts.
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { minify } from 'terser';
import { toClosures } from './closures.mjs';
import { ownNames } from './own-names.mjs';
import { pruneMarkdown } from './prune-markdown.mjs';
import { shorten } from './seam-names.mjs';

// Safari 16.4, Chrome 94, Firefox 93 (ARCHITECTURE.md, Bytes).
const target = 'es2022';

/** A style sheet with what it imports, minified. */
export async function bundleStyle(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    target,
    write: false,
    legalComments: 'none',
  });
  return outputFiles[0].text.trim();
}

/** A style sheet becomes a text. */
const styleText = {
  name: 'style-text',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path: file }) => ({
      contents: (await bundleStyle(file)).replace(/(--[\w-]+:|,) | (?=\/)|(?<=\/) /g, '$1'),
      loader: 'text',
    }));
  },
};

/** The parts of the Markdown library that are reached. */
const prunedMarkdown = {
  name: 'pruned-markdown',
  setup({ onLoad }) {
    onLoad({ filter: /streaming-markdown\/smd\.js$/ }, async ({ path: file }) => ({
      contents: pruneMarkdown(await readFile(file, 'utf8')),
    }));
  },
};

/** Of these a page has one instance. */
const single = ['Calls', 'Composer', 'Diagnosis', 'EventDeriver', 'Frame', 'Listeners', 'Panel', 'Transcript'];

/** Single instances as closures; what comes from the core and goes to it by letters. */
const ownCode = (names) => ({
  name: 'own-code',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) => ({
      contents: toClosures(shorten({ types: names.types, keys: {} }, await readFile(file, 'utf8')), single),
      loader: 'ts',
    }));
  },
});

const anyOf = (names) => new RegExp(`^(${names.join('|')})$`);

/** What the keys of the panel's texts are shortened to, as terser's cache of names. */
export async function textNames() {
  const { texts } = await ownNames();
  const nameCache = {};
  const mangle = { properties: { regex: anyOf(texts) } };
  await minify(`export default { ${texts.map((name) => `${name}: 0`)} }`, {
    module: true,
    compress: false,
    mangle,
    nameCache,
  });
  return { props: nameCache.props };
}

/**
 * The minified bundle of an entry file, as bytes. Settings are esbuild's.
 *
 * @param shown where the names of the widget's own properties are shortened: those that its caller reads
 * @param seam what the core was built with (seam-names.mjs)
 */
export async function bundle(entry, settings, shown, seam = { types: {}, keys: {} }) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minifySyntax: true,
    target,
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
    plugins: [styleText, prunedMarkdown, ownCode(seam)],
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    ...settings,
  });
  const names = shown && (await ownNames()).all.filter((name) => !shown.includes(name));
  const nameCache = shown && (await textNames());
  for (const [name, letter] of Object.entries(seam.keys)) nameCache.props.props[`$${name}`] = letter;
  const { code } = await minify(result.outputFiles[0].text, {
    module: settings.format === 'esm',
    ecma: 2022,
    mangle: { properties: !!shown && { regex: anyOf([...(names ?? []), ...Object.keys(seam.keys)]) } },
    nameCache,
    compress: {
      passes: 2,
      keep_fargs: false,
      sequences: false,
      // Assertions of the Markdown library, and views on the core's memory that nobody looks through.
      pure_funcs: ['console.assert', 'Int8Array', 'Int16Array', 'Uint16Array', 'Float32Array', 'Float64Array'],
      pure_getters: true,
      unsafe_arrows: true,
      unsafe_methods: true,
    },
  });
  return Buffer.from(code);
}
