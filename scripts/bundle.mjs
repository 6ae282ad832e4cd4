// Bundles the browser's TypeScript with its style sheets: for the build, and for the tests of single parts.
import { build, transform } from 'esbuild';
import { readFile } from 'node:fs/promises';

const target = 'es2020';

/** Style sheets become minified text. */
const styleText = {
  name: 'style-text',
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const { code } = await transform(await readFile(file, 'utf8'), { loader: 'css', minify: true, target });
      return { contents: code.trim().replace(/(var\(--[\w-]+,) /g, '$1'), loader: 'text' };
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
    tsconfigRaw: {},
    ...settings,
  });
  return Buffer.from(result.outputFiles[0].contents);
}
