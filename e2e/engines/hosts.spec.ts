// A widget for any site: pages with old libraries, strict policies and habits of their own, in every engine. Each holds
// a conversation, and is as it was afterwards but for the global `widgent`.
import { readFileSync, writeFileSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';
import { strings } from '../../web/panel/strings.ts';
import { parts } from '../shop.ts';
import { people } from '../token.ts';
import { expect, test, type Site } from './fixtures.ts';
import { filesOf, pages, type HostPage } from './pages.ts';
import { watchPage } from './harm.ts';
import type { Engine, Tab } from './tab.ts';
import type { Visitor } from './visitor.ts';

// Forty pages an engine: their traces would cost more than the pages.
test.use({ trace: 'on-first-retry' });
test.describe.configure({ timeout: 120_000 });

const init = `widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo' });
  widgent.on('runtime', ({ core }) => (watch.told.core = core));`;
// As the demo's page has it, up to its first call.
const stub = /<script>([^]*?)widgent\.init\(/.exec(readFileSync(`${root}/demo/shop/index.html`, 'utf8'))![1]!;

const script = (text: string, attributes = '') =>
  `<script nonce="n1"${attributes}>//<![CDATA[\n${text}\n//]]></script>`;

function loaderOf({ loader }: HostPage, src: string): string {
  const element = (attributes: string) => `<script nonce="n1" src="${src}"${attributes}></script>`;
  switch (loader) {
    case 'async':
    case 'defer':
      return script(stub + init) + element(` ${loader}="${loader}"`);
    case 'module':
      return script(`import '${src}';\n${init}`, ' type="module"');
    case 'inserted':
      return script(`${stub}${init}
        const element = document.createElement('script');
        element.src = '${src}';
        document.body.append(element);`);
    case 'twice':
      return (element('') + script(init)).repeat(2);
    default:
      return element('') + script(init);
  }
}

/** Puts the page on its site; answers its address. */
function serve(page: HostPage, { pages: site, server }: Site): string {
  const path = `/${page.host.replace(/\W+/g, '-').toLowerCase()}`;
  const files = filesOf(page);
  for (const { path, ...served } of files) site.paths.set(path, served);
  const sheets = files.filter(({ type }) => type === 'text/css');
  const libraries = files.filter(({ type }) => type !== 'text/css');
  if (page.css) site.paths.set(`${path}.css`, { body: page.css, type: 'text/css' });
  const links = [...sheets.map((sheet) => sheet.path), ...(page.css ? [`${path}.css`] : [])];
  const inHead = [
    '<link rel="icon" href="data:,"/>',
    ...links.map((href) => `<link rel="stylesheet" href="${site.page}${href}"/>`),
    // Also where the page's body is swapped for another one, it is the same page.
    script(`if (!window.watch) (${watchPage})()`),
    ...libraries.map((library) => `<script nonce="n1" src="${site.page}${library.path}"></script>`),
    page.head ?? '',
  ];
  const body = `<main class="probe"><h1>A page</h1><p>Some <b>text</b> and <a id="next" href="${site.page}${path}?2">a
    link</a>.</p><ul><li>one</li></ul><button>A button</button><input value="a field"/></main>
    ${page.body ?? ''}${page.script ? script(page.script) : ''}${script('watch.begin()')}`;
  const kind = page.doctype ?? '<!doctype html>';
  const isXhtml = kind === 'xhtml';
  const html = isXhtml ? '<html xmlns="http://www.w3.org/1999/xhtml" lang="en">' : `${kind}<html lang="en">`;
  site.paths.set(path, {
    body: `${html}<head><meta name="viewport" content="width=device-width"/><title>${isXhtml ? 'x' : page.host}</title>
      ${inHead.join('\n')}</head><body>${body}${loaderOf(page, `${server}/widgent.js`)}</body></html>`,
    type: isXhtml ? 'application/xhtml+xml' : 'text/html; charset=utf-8',
    headers: page.policy ? { 'Content-Security-Policy': page.policy.replaceAll('SERVER', server) } : {},
  });
  return site.page + path;
}

for (const page of pages)
  test(`${page.host}: ${page.does}`, async ({ tab, visitor, site }) => {
    await tab.goto(serve(page, site));
    if (page.closed?.[tab.engine]) {
      await visitor.click({ selector: parts.launcher });
      await visitor.evaluate('await new Promise((resolve) => setTimeout(resolve, 3000))');
      expect(await visitor.sees()).toMatchObject({ launcher: true, open: false });
      expect(await tab.evaluate(() => window.watch.compare(), undefined)).toEqual(['the global widgent']);
      return;
    }
    await visitor.open();
    if (page.there) expect(await visitor.evaluate(`return ${page.there}`), 'the host is what it says').toBe(true);
    await visitor.expectGuest();
    expect(await visitor.ask('how long does shipping take')).toContain('two to four working days');

    if (page.visit) {
      await visitor.evaluate("watch.root = document.querySelector('widgent-root')");
      expect(await visitor.evaluate(page.visit), 'the page has changed').toBe(true);
      const look = "const all = document.querySelectorAll('widgent-root'); return [all.length, all[0] === watch.root]";
      expect(await visitor.evaluate(look)).toEqual([1, true]);
      await visitor.expect({ open: true });
    }

    await visitor.identify(site.stack.sign(people.ada));
    await visitor.expectUser('Ada Lovelace');
    expect(await visitor.ask('where is my order A-1001')).toContain('Order A-1001 (Ridge 2 tent)');

    const { said, kept, told, harm, requests } = await tab.evaluate(
      () => ({
        ...window.watch,
        root: undefined, // an element
        harm: window.watch.compare(),
        requests: performance.getEntriesByType('resource').map(({ name }) => name),
      }),
      undefined,
    );
    const isOwn = (line: string) => !!page.own && line.startsWith(`the global ${page.own}`);
    expect(harm.filter((line) => !isOwn(line))).toEqual(['the global widgent']);
    expect(said).toEqual([]);
    // WebKit forbids Wasm without a report.
    const reported = (page.kept ?? []).filter((line) => tab.engine !== 'webkit' || !line.endsWith('wasm-eval'));
    expect(kept.sort()).toEqual(reported.sort());
    expect(told.core).toBe(page.core ?? 'wasm');
    for (const url of requests) expect([site.pages.page, site.server]).toContain(new URL(url).origin);
  });

test('Its colour is the one of the page, where that names one, else of the product', async ({ tab, visitor, site }) => {
  const face = `const { backgroundColor, color } = getComputedStyle(
      document.querySelector('widgent-root').shadowRoot.querySelector('.face'));
    return [backgroundColor, color]`;
  for (const [css, expected] of [
    ['p { color: red }', ['rgb(29, 90, 76)', 'rgb(255, 255, 255)']],
    [':root { --widgent-accent: hsl(60 100% 50%) }', ['rgb(255, 255, 0)', 'rgb(0, 0, 0)']],
    [':root { --widgent-accent: none }', ['rgb(29, 90, 76)', 'rgb(255, 255, 255)']],
  ] as const) {
    await tab.goto(serve({ host: 'Colours', does: '', css }, site));
    await visitor.open();
    await visitor.expect({ greeted: true });
    expect(await visitor.evaluate(face), css).toEqual(expected);
  }
});

/** Whether a page that is gone back to comes from memory, as it was; else it is loaded anew. */
const revived: Record<Engine, boolean> = { chromium: true, firefox: true, webkit: true };

test('Back and forward: the page that comes back goes on with its conversation', async ({ tab, visitor, site }) => {
  const address = serve({ host: 'Back', does: '' }, site);
  site.pages.paths.set('/away', { body: '<!doctype html><title>Away</title>' });
  await tab.goto(address);
  await visitor.open();
  await visitor.ask('how long does shipping take');
  await visitor.evaluate("addEventListener('pageshow', ({ persisted }) => (watch.told.persisted = String(persisted)))");
  await tab.goto(`${site.pages.page}/away`);
  await tab.goBack();
  const title = "return document.querySelector('h1')?.textContent";
  await expect(async () => expect(await visitor.evaluate(title)).toBe('A page')).toPass();
  expect((await visitor.evaluate('return watch.told.persisted')) === 'true').toBe(revived[tab.engine]);
  if (!(await visitor.sees()).open) await visitor.open();
  await visitor.expect(({ questions }) => questions.length === 1);
  expect(await visitor.ask('can I return something')).toMatch(/return/i);
  expect(await visitor.evaluate('return watch.said')).toEqual([]);
});

/** The console names what is wrong, the panel says that there is no chat here, and the page is unharmed. */
async function expectNoOrigin({ tab, visitor }: { tab: Tab; visitor: Visitor }): Promise<void> {
  await visitor.open();
  await visitor.expect(({ notice }) => notice.includes(strings.notices['']!));
  const said = (await visitor.evaluate('return watch.said')) as string[];
  expect(said.filter((line) => line.includes('widgent'))).toEqual([
    expect.stringMatching(/^\[widgent\] origin_null: The page has no origin .* Serve it over https/),
  ]);
  expect(await tab.evaluate(() => window.watch.compare(), undefined)).toEqual(['the global widgent']);
}

test('A sandboxed page: says that it has no origin', async ({ tab, visitor, site }) => {
  await tab.goto(serve({ host: 'A sandboxed page', does: '', policy: 'sandbox allow-scripts' }, site));
  expect(await visitor.evaluate('return self.origin')).toBe('null');
  await expectNoOrigin({ tab, visitor });
});

test('A file: says that it has no origin', async ({ tab, visitor, site }, info) => {
  const path = new URL(serve({ host: 'A file', does: '' }, site)).pathname;
  const file = info.outputPath('page.html');
  writeFileSync(file, site.pages.paths.get(path)!.body);
  await tab.goto(`file://${file}`);
  expect(await visitor.evaluate('return location.protocol')).toBe('file:');
  await expectNoOrigin({ tab, visitor });
});

test('Two products: the second one is refused, and the first one goes on', async ({ tab, visitor, site }) => {
  await tab.goto(serve({ host: 'Two products', does: '' }, site));
  await visitor.open();
  await visitor.expectGuest();
  const refused = await visitor.evaluate(`
    return widgent.init({ productId: 'acme-py', serviceKey: 'pk_acme_demo' }).catch(({ code, hint }) => [code, hint])`);
  expect(refused).toEqual(['already_initialised', expect.stringContaining('destroy')]);
  expect(await visitor.ask('how long does shipping take')).toContain('two to four working days');
  expect(await visitor.evaluate("return document.querySelectorAll('widgent-root').length")).toBe(1);
});

const noOrigin = 'says `origin_null`, and to serve it over https';
const others = [
  [
    'Back and forward',
    'keeps the page in memory while another one is shown',
    (engine: Engine) => (revived[engine] ? 'works' : 'works; the page is loaded anew'),
  ],
  ['A sandboxed page', 'has no origin', () => noOrigin],
  ['A `file:` page', 'has no origin', () => noOrigin],
  ['Two products', 'calls `init` for a second product', () => 'refuses the second: `already_initialised`'],
] as const;

test('docs/hosts.md says which pages these are', async ({}, info) => {
  const head = ['Host', 'What it does', 'Chromium', 'Firefox ESR', 'WebKitGTK'];
  const engines = ['chromium', 'firefox', 'webkit'] as const;
  const rows = [
    ...pages.map(({ host, does, core, closed = {} }) => [
      ...[host, does],
      ...engines.map((engine) => closed[engine] ?? (core ? 'works, core in JavaScript' : 'works')),
    ]),
    ...others.map(([host, does, result]) => [host, does, ...engines.map(result)]),
  ];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  const file = `${root}/docs/hosts.md`;
  const text = readFileSync(file, 'utf8');
  const written = text.replace(/^\|[^]*\|\n/m, () => table);
  if (info.config.updateSnapshots === 'all') writeFileSync(file, written);
  else expect(text).toBe(written);
});
