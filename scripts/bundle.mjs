// Bundles the browser's TypeScript with its style sheets: for the build, and for the tests of single parts.
import { build } from 'esbuild';

const target = 'es2020';

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

/** The minified bundle of an entry file, as bytes. Settings are esbuild's. */
export async function bundle(entry, settings) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    target,
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
    plugins: [styleText],
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    ...settings,
  });
  return Buffer.from(result.outputFiles[0].contents);
}
