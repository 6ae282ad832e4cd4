// Bundles the browser's side into build/web/: the loader (widgent.js), the widget (panel, pump and glue), the core
// (.wasm) and its twin in JavaScript under hashed names, each with its brotli beside it. Whoever loads a file carries
// its hash: the loader those of both others. Prints the table of bytes and fails where a budget is broken.
//
//   node scripts/build-web.mjs [--core DIR] [--out DIR] [--base URL]
//
// --core  where core.js and core.wasm are (build/wasm); --base  the server's address, baked into the loader (else the
// loader's own address counts).
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { bundle, bundleStyle, textNames } from './bundle.mjs';
import { toJavaScript } from './wasm2js.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({
  options: {
    core: { type: 'string', default: path.join(root, 'build/wasm') },
    out: { type: 'string', default: path.join(root, 'build/web') },
    base: { type: 'string', default: '' },
  },
});
// The inspector is loaded by developers alone, so that it is not in `all`.
const budgets = { loader: 1000, core: 13850, twin: 19650, usable: 31270, all: 36220, inspector: 10000 };

const integrity = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
const shortHash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 8);
// How distances are coded pays off differently for each file: all are tried, the shortest is kept.
const distanceCodes = [0, 1, 2].flatMap((postfix) => [0, 4, 8, 15].map((direct) => [postfix, direct << postfix]));
const brotli = (bytes) => {
  const packed = distanceCodes.map(([postfix, direct]) =>
    brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        [constants.BROTLI_PARAM_NPOSTFIX]: postfix,
        [constants.BROTLI_PARAM_NDIRECT]: direct,
      },
    }),
  );
  return packed.reduce((best, one) => (one.length < best.length ? one : best));
};

const coreGlue = path.resolve(options.core, 'core.js');
const coreWasm = await readFile(path.resolve(options.core, 'core.wasm'));
const coreName = `core-${shortHash(coreWasm)}.wasm`;
const coreTwin = await toJavaScript(path.resolve(options.core, 'core.wasm'));
const coreTwinName = `core-${shortHash(coreTwin)}.js`;
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

const glue = await bundle(coreGlue, { format: 'esm' });
const inspector = await bundle(path.join(root, 'web/inspector/inspector.ts'), { format: 'esm' });
const later = await bundle(path.join(root, 'web/panel/later/later.ts'), { format: 'esm' }, ['text', 'write', 'end']);
const laterName = `later-${shortHash(later)}.js`;
const inspectorName = `inspector-${shortHash(inspector)}.js`;

// What few visitors need is found by way of one list, so that the widget carries one hash for all.
const parts = { core: [coreTwinName, integrity(coreTwin)], inspector: [inspectorName, integrity(inspector)] };
// English is in the widget; the others are data.
const localeFolder = path.join(root, 'web/panel/locales');
const { props: textKeys } = (await textNames()).props;
const locales = {};
for (const file of (await readdir(localeFolder)).filter((name) => name.endsWith('.json')).sort()) {
  const texts = Object.entries(JSON.parse(await readFile(path.join(localeFolder, file), 'utf8')));
  const bytes = Buffer.from(
    JSON.stringify(Object.fromEntries(texts.map(([key, text]) => [textKeys[`$${key}`] ?? key, text]))),
  );
  const language = path.basename(file, '.json');
  const name = `language-${language}-${shortHash(bytes)}.json`;
  locales[name] = bytes;
  parts[language] = [name, integrity(bytes)];
}
const partList = Buffer.from(JSON.stringify(parts));
const partListName = `parts-${shortHash(partList)}.json`;

const widget = await bundle(
  path.join(root, 'web/widget.ts'),
  {
    format: 'esm',
    alias: { 'widgent-core': coreGlue },
    define: {
      WIDGENT_CORE: JSON.stringify(coreName),
      WIDGENT_CORE_INTEGRITY: JSON.stringify(integrity(coreWasm)),
      WIDGENT_PARTS: JSON.stringify(partListName),
      WIDGENT_PARTS_INTEGRITY: JSON.stringify(integrity(partList)),
      WIDGENT_LATER: JSON.stringify(laterName),
      WIDGENT_LATER_INTEGRITY: JSON.stringify(integrity(later)),
    },
  },
  [],
  JSON.parse(await readFile(path.resolve(options.core, 'named/names.json'), 'utf8')),
);
const widgetName = `widget-${shortHash(widget)}.js`;
const loader = await bundle(path.join(root, 'web/widgent.ts'), {
  format: 'iife',
  define: {
    WIDGENT_BASE: JSON.stringify(options.base),
    WIDGENT_VERSION: JSON.stringify(version),
    WIDGENT_WIDGET: JSON.stringify(widgetName),
    WIDGENT_WIDGET_INTEGRITY: JSON.stringify(integrity(widget)),
  },
});

const dashboard = await bundle(path.join(root, 'web/dashboard/dashboard.ts'), { format: 'esm' });
const dashboardStyle = Buffer.from(await bundleStyle(path.join(root, 'web/dashboard/dashboard.css')));

await mkdir(path.join(options.out, 'dashboard'), { recursive: true });
const files = {
  'dashboard/dashboard.js': dashboard,
  'dashboard/dashboard.css': dashboardStyle,
  'widgent.js': loader,
  [widgetName]: widget,
  [coreName]: coreWasm,
  [coreTwinName]: coreTwin,
  [inspectorName]: inspector,
  [laterName]: later,
  [partListName]: partList,
  ...locales,
};
for (const old of await readdir(options.out)) {
  if (
    /^(widgent\.js|(widget|inspector|later)-\w+\.js|core-\w+\.(wasm|js)|(parts|languages?)-[\w-]+\.json)(\.br)?$/.test(
      old,
    )
  )
    await rm(path.join(options.out, old));
}
const packed = {};
for (const [name, bytes] of Object.entries(files)) {
  packed[name] = brotli(bytes);
  await writeFile(path.join(options.out, name), bytes);
  await writeFile(path.join(options.out, `${name}.br`), packed[name]);
}
await copyFile(path.join(root, 'web/dashboard/index.html'), path.join(options.out, 'dashboard/index.html'));
await copyFile(path.join(root, 'web/api/public.ts'), path.join(options.out, 'widgent.d.ts'));
const license = path.join(root, 'node_modules/streaming-markdown/license');
await copyFile(license, path.join(options.out, 'streaming-markdown-license.txt'));

const sizes = {
  loader: packed['widgent.js'].length,
  core: packed[coreName].length + brotli(glue).length,
  twin: packed[coreTwinName].length,
  inspector: packed[inspectorName].length,
  usable: packed['widgent.js'].length + packed[widgetName].length + packed[coreName].length,
  later: packed[laterName].length,
};
sizes.all = sizes.usable + sizes.later;
const row = (what, bytes, budget) =>
  console.log(
    what.padEnd(34) +
      String(bytes).padStart(7) +
      (budget ? String(budget).padStart(9) : '').padStart(9) +
      (budget && bytes > budget ? '  over' : ''),
  );
console.log('brotli 11'.padEnd(34) + '  bytes   budget');
row('loader (widgent.js)', sizes.loader, budgets.loader);
row('widget (panel, pump, glue)', packed[widgetName].length);
row('core.wasm', packed[coreName].length);
row('session core (core.wasm and glue)', sizes.core, budgets.core);
row('chat usable', sizes.usable, budgets.usable);
row('once somebody chats', sizes.later);
row('all in', sizes.all, budgets.all);
row('core in JavaScript, where needed', sizes.twin, budgets.twin);
row('a language other than English', Math.max(0, ...Object.keys(locales).map((name) => packed[name].length)));
row('identity inspector', sizes.inspector, budgets.inspector);
const over = Object.keys(budgets).filter((name) => sizes[name] > budgets[name]);
if (over.length) {
  console.error(`Over the budget: ${over.join(', ')}.`);
  process.exit(1);
}
