// Bundles the browser's TypeScript with its style sheets: for the build, and for the tests of single parts.
import { build } from 'esbuild';
import { minify } from 'terser';
import { ownNames } from './own-names.mjs';

// Safari 16.4, Chrome 94, Firefox 93 (ARCHITECTURE.md, Bytes).
const target = 'es2022';

/** A style sheet, with what it imports, becomes one minified text. */
const styleText = {
  name: 'style-text',
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const { outputFiles } = await esbuild.build({
        entryPoints: [file],
        bundle: true,
        minify: true,
        target,
        write: false,
        legalComments: 'none',
      });
      return { contents: outputFiles[0].text.trim().replace(/(var\(--[\w-]+,) /g, '$1'), loader: 'text' };
    });
  },
};

/**
 * The minified bundle of an entry file, as bytes. Settings are esbuild's.
 *
 * @param shown where the names of the widget's own properties are shortened: those that its caller reads
 */
export async function bundle(entry, settings, shown) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minifySyntax: true,
    target,
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
    plugins: [styleText],
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    ...settings,
  });
  const names = shown && (await ownNames()).filter((name) => !shown.includes(name));
  const { code } = await minify(result.outputFiles[0].text, {
    module: settings.format === 'esm',
    ecma: 2022,
    mangle: { properties: !!shown && { regex: new RegExp(`^(${names.join('|')})$`) } },
    compress: {
      passes: 3,
      keep_fargs: false,
      // Assertions of the Markdown library, and views on the core's memory that nobody looks through.
      pure_funcs: ['console.assert', 'Int8Array', 'Int16Array', 'Uint16Array', 'Float32Array', 'Float64Array'],
      pure_getters: true,
      unsafe_arrows: true,
      unsafe_methods: true,
    },
  });
  return Buffer.from(code);
}
