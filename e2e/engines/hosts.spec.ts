// A widget for any site: pages with old libraries, strict policies and habits of their own. Each holds
// a conversation, and is as it was afterwards but for the global `widgent`.
import { readFileSync, writeFileSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';
import { people } from '../token.ts';
import { expect, test, type Site } from './fixtures.ts';
import { filesOf, pages, type HostPage } from './pages.ts';
import { watchPage } from './harm.ts';

const init = `widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo' });
  widgent.on('runtime', ({ core }) => (watch.told.core = core));`;
// As the demo's page has it, up to its first call.
const stub = /<script>([^]*?)widgent\.init\(/.exec(readFileSync(`${root}/demo/shop/index.html`, 'utf8'))![1]!;

const script = (text: string) => `<script nonce="n1">${text}</script>`;

function loaderOf({ loader }: HostPage, src: string): string {
  const element = (attributes: string) => `<script nonce="n1" src="${src}"${attributes}></script>`;
  switch (loader) {
    case 'async':
    case 'defer':
      return script(stub + init) + element(` ${loader}="${loader}"`);
    default:
      return element('') + script(init);
  }
}

/** Puts the page on its site; answers its address. */
function serve(page: HostPage, { pages: site, server }: Site): string {
  const path = `/${page.host.replace(/\W+/g, '-').toLowerCase()}`;
  const files = filesOf(page);
  for (const { path, ...served } of files) site.paths.set(path, served);
  const inHead = [
    '<link rel="icon" href="data:,"/>',
    script(`(${watchPage})()`),
    ...files.map((library) => `<script nonce="n1" src="${site.page}${library.path}"></script>`),
    page.head ?? '',
  ];
  const body = `<main class="probe"><h1>A page</h1><p>Some <b>text</b> and <a id="next" href="${site.page}${path}?2">a
    link</a>.</p><ul><li>one</li></ul><button>A button</button><input value="a field"/></main>
    ${page.script ? script(page.script) : ''}${script('watch.begin()')}`;
  site.paths.set(path, {
    body: `<!doctype html><html lang="en"><head><title>A page</title>
      ${inHead.join('\n')}</head><body>${body}${loaderOf(page, `${server}/widgent.js`)}</body></html>`,
    headers: page.policy ? { 'Content-Security-Policy': page.policy.replaceAll('SERVER', server) } : {},
  });
  return site.page + path;
}

for (const page of pages)
  test(`${page.host}: ${page.does}`, async ({ tab, visitor, site }) => {
    await tab.goto(serve(page, site));
    await visitor.open();
    if (page.there) expect(await visitor.evaluate(`return ${page.there}`), 'the host is what it says').toBe(true);
    await visitor.expectGuest();
    expect(await visitor.ask('how long does shipping take')).toContain('two to four working days');

    await visitor.identify(site.stack.sign(people.ada));
    await visitor.expectUser('Ada Lovelace');
    expect(await visitor.ask('where is my order A-1001')).toContain('Order A-1001 (Ridge 2 tent)');

    const { said, kept, told, harm, requests } = await tab.evaluate(
      () => ({
        ...window.watch,
        harm: window.watch.compare(),
        requests: performance.getEntriesByType('resource').map(({ name }) => name),
      }),
      undefined,
    );
    const isOwn = (line: string) => !!page.own && line.startsWith(`the global ${page.own}`);
    expect(harm.filter((line) => !isOwn(line))).toEqual(['the global widgent']);
    expect(said).toEqual([]);
    expect(kept.sort()).toEqual([...(page.kept ?? [])].sort());
    expect(told.core).toBe(page.core ?? 'wasm');
    for (const url of requests) expect([site.pages.page, site.server]).toContain(new URL(url).origin);
  });

test('docs/hosts.md says which pages these are', async ({}, info) => {
  const head = ['Host', 'What it does', 'Chromium'];
  const rows = pages.map(({ host, does, core }) => {
    const result = core ? 'works, core in JavaScript' : 'works';
    return [host, does, result];
  });
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  const file = `${root}/docs/hosts.md`;
  const text = readFileSync(file, 'utf8');
  const written = text.replace(/^\|[^]*\|\n/m, () => table);
  if (info.config.updateSnapshots === 'all') writeFileSync(file, written);
  else expect(text).toBe(written);
});
