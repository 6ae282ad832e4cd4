// Pages that make it hard: strict policies, blocked storage, altered files, swapped bodies.
import type { Page } from '@playwright/test';
import { readdirSync, readFileSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';
import { strings } from '../../web/panel/strings.ts';
import { slow } from '../slow.ts';
import { people } from '../token.ts';
import { expect, test, type Host } from './host.ts';

const files = readdirSync(`${root}/build/web`).filter((name) => /\.(js|wasm|json)$/.test(name));
const wasm = files.find((name) => name.endsWith('.wasm'))!;
const twin = files.find((name) => /^core-.*\.js$/.test(name))!;
const parts = files.find((name) => name.startsWith('parts-'))!;
const later = files.find((name) => name.startsWith('later-'))!;

/** A guest's question, then a user's about an order of theirs. */
async function converse(host: Host): Promise<void> {
  const { widget } = host;
  await widget.open();
  await widget.expectGuest();
  expect(await widget.ask('how long does shipping take')).toContain('two to four working days');
  expect(await host.identify(host.stack.sign(people.ada))).toBeUndefined();
  await widget.expectUser('Ada Lovelace');
  await widget.send('where is my order A-1001');
  await expect(widget.replies.filter({ hasText: 'Order A-1001 (Ridge 2 tent)' })).toBeVisible();
}

/** What the page's policy has kept from happening. */
const violations = (page: Page) =>
  page.evaluate(() => Object(window).violations as { directive: string; blocked: string }[]);
const watchViolations = (page: Page) =>
  page.addInitScript(() => {
    const violations: object[] = [];
    Object.assign(window, { violations });
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      violations.push({ directive: effectiveDirective, blocked: blockedURI }),
    );
  });

const strict = (host: Host, scripts: string) =>
  `default-src 'none'; base-uri 'none'; object-src 'none'; img-src data:; connect-src ${host.server}; ` +
  `style-src 'none'; script-src 'nonce-n1' 'strict-dynamic'${scripts}`;
const trustedTypes = "; require-trusted-types-for 'script'; trusted-types 'none'";

test('case 26: under a strict policy styles need no nonce, and the core runs as JavaScript by itself', async ({
  page,
  startHost,
}) => {
  const host = await startHost();
  await watchViolations(page);
  await host.visit(host.scripts, { 'Content-Security-Policy': strict(host, '') });
  await converse(host);
  await expect(host.widget.panel).toHaveCSS('border-top-left-radius', '20px');
  await expect(page.locator('button.l')).toHaveCSS('width', '56px');
  expect(await host.told()).toEqual([['runtime', { core: 'js', reason: 'csp' }]]);
  expect(host.loads).toContain(`/${twin}`);
  expect(host.loads).not.toContain(`/${wasm}`);
  // The one look whether Wasm may run, and nothing else.
  expect(await violations(page)).toEqual([{ directive: 'script-src', blocked: 'wasm-eval' }]);
});

test('case 26: where the policy allows Wasm, it runs, and nobody asks for the core in JavaScript', async ({
  page,
  startHost,
}) => {
  const host = await startHost();
  await watchViolations(page);
  await host.visit(host.scripts, { 'Content-Security-Policy': strict(host, " 'wasm-unsafe-eval'") });
  await converse(host);
  expect(await host.told()).toEqual([['runtime', { core: 'wasm' }]]);
  expect(host.loads).not.toContain(`/${twin}`);
  expect(await violations(page)).toEqual([]);
  expect(host.lines).toEqual([]);
});

test('case 26: a browser without Wasm runs the core as JavaScript too', async ({ page, startHost }) => {
  const host = await startHost();
  await page.addInitScript(() => Reflect.deleteProperty(window, 'WebAssembly'));
  await host.visit();
  await converse(host);
  expect(await host.told()).toEqual([['runtime', { core: 'js', reason: 'no_wasm' }]]);
  expect(host.lines).toEqual([]);
});

for (const [core, scripts] of [
  ['wasm', " 'wasm-unsafe-eval'"],
  ['js', ''],
] as const)
  test(`case 27: where Trusted Types allow no policy at all, a whole conversation works, core: ${core}`, async ({
    page,
    startHost,
  }) => {
    const host = await startHost();
    await watchViolations(page);
    await host.visit(host.scripts, { 'Content-Security-Policy': strict(host, scripts) + trustedTypes });
    await converse(host);
    expect(await host.told()).toMatchObject([['runtime', { core }]]);
    // Once for each module (the widget, its second part, the twin): it tries the element that checks the integrity, and
    // goes on without.
    const tried = { directive: 'require-trusted-types-for', blocked: 'trusted-types-sink' };
    const others = (await violations(page)).filter(({ blocked }) => blocked !== 'wasm-eval');
    expect(others).toEqual(core === 'js' ? [tried, tried, tried] : [tried, tried]);
  });

/** The built files from a server of the test's own, one of them altered. */
async function visitAltered(host: Host, name: string, at: number, policy = ''): Promise<void> {
  for (const file of files) {
    const body = Buffer.from(readFileSync(`${root}/build/web/${file}`));
    if (file === name) body[at < 0 ? body.length + at : at]! ^= 1;
    const types = { wasm: 'application/wasm', json: 'application/json', js: 'text/javascript' };
    const type = types[file.split('.').at(-1) as keyof typeof types];
    host.site.paths.set(`/${file}`, { body, type });
  }
  await host.page.addInitScript(() => {
    const ran: string[] = [];
    Object.assign(window, { ran });
    for (const name of ['instantiate', 'compileStreaming', 'instantiateStreaming', 'compile'] as const) {
      const original = WebAssembly[name] as (...args: unknown[]) => Promise<unknown>;
      Object.assign(WebAssembly, {
        [name]: async (source: unknown, ...rest: unknown[]) => {
          const result = await original.call(WebAssembly, source, ...rest);
          // The look whether Wasm may run is 8 bytes.
          if (!(source instanceof Uint8Array && source.length === 8)) ran.push(name);
          return result;
        },
      });
    }
  });
  const scripts = host.scripts.replace(host.server, host.site.host);
  await host.visit(scripts, policy ? { 'Content-Security-Policy': policy } : {});
}

/** The listeners learn why, and of no core that runs. */
async function expectNoCore(host: Host): Promise<void> {
  const told = (await host.told()) as [string, { code?: string }][];
  expect(told.length).toBeGreaterThan(0);
  for (const [name, { code }] of told) expect([name, code]).toEqual(['error', 'core_unavailable']);
}

for (const [place, at] of [
  ['the first', 0],
  ['a middle', 12_345],
  ['the last', -1],
] as const)
  test(`case 28: a .wasm with one bit of ${place} byte altered is refused, says so, and no core runs`, async ({
    page,
    startHost,
  }) => {
    const host = await startHost();
    await visitAltered(host, wasm, at);
    expect(await host.started()).toBe('core_unavailable');
    await expect.poll(() => host.lines.join('\n')).toContain('[widgent] core_unavailable');
    await page.locator('button.l').click();
    await expect(host.widget.notice).toContainText(strings.notices.unavailable!);
    await host.widget.send('is somebody there');
    expect(await page.evaluate('ran')).toEqual([]);
    await expectNoCore(host);
    expect(await page.evaluate(() => window.widgent.state!.ready)).toBe(false);
    const paths = host.site.asked.map((asked) => asked.path);
    expect(paths).toContain(`/${wasm}`);
    expect(paths).not.toContain(`/${twin}`);
    expect(paths.filter((path) => path.startsWith('/v1/'))).toEqual([]);
  });

for (const [what, file, at] of [
  ['core in JavaScript', twin, 2_000],
  ['list that names it', parts, 20],
] as const)
  test(`case 28: an altered ${what} is refused just so`, async ({ startHost }) => {
    const host = await startHost();
    const { host: server } = host.site;
    await visitAltered(host, file, at, `script-src 'nonce-n1' 'strict-dynamic'; connect-src ${server}`);
    expect(await host.started()).toBe('core_unavailable');
    const paths = host.site.asked.map(({ path }) => path);
    expect(paths).toContain(`/${file}`);
    if (file === parts) expect(paths).not.toContain(`/${twin}`);
    await expectNoCore(host);
  });

test('case 28: an altered second part of the panel does not run: replies stand as written, until one that fits arrives', async ({
  page,
  startHost,
}) => {
  const host = await startHost();
  let isAltered = true;
  await page.route(`**/${later}*`, async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    if (isAltered) body[body.length - 1]! ^= 1;
    await route.fulfill({ response, body });
  });
  await host.visit();
  await host.widget.open();
  await host.widget.ask('how long does shipping take');
  const bodies = host.widget.replies.locator('.b');
  await expect(bodies.first().locator('p')).toHaveCount(1);
  await expect.poll(() => host.lines.join('\n')).toContain('[widgent] part_unavailable');
  await expect(host.widget.panel.locator('.sources')).toHaveCount(0);
  isAltered = false;
  await host.widget.ask('how do I return something');
  await expect(bodies.last().locator('.sources')).toBeVisible();
});

for (const [what, block] of [
  [
    'reading the property throws',
    () => {
      for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException('blocked', 'SecurityError');
          },
        });
    },
  ],
  [
    'every method throws',
    () => {
      for (const name of ['getItem', 'setItem', 'removeItem', 'key', 'clear'])
        Object.assign(Storage.prototype, {
          [name]() {
            throw new DOMException('blocked', 'SecurityError');
          },
        });
    },
  ],
  [
    'it is full',
    () => {
      Storage.prototype.setItem = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
    },
  ],
] as const)
  test(`case 29: where storage fails because ${what}, a conversation works, from memory`, async ({
    page,
    startHost,
  }) => {
    const host = await startHost();
    await page.addInitScript(block);
    await host.visit();
    await converse(host);
    await page.reload();
    await host.widget.open();
    await host.widget.expectGuest();
    await expect(host.widget.questions).toHaveCount(0);
    expect(host.lines).toEqual([]);
  });

for (const place of ['head', 'body'] as const)
  test(`case 30: Turbo swaps the body of a page with the loader in its ${place}: widget and stream stay`, async ({
    page,
    startHost,
  }) => {
    const host = await startHost(slow.change);
    const turbo = readFileSync(`${root}/node_modules/@hotwired/turbo/dist/turbo.es2017-umd.js`);
    host.site.paths.set('/turbo.js', { body: turbo, type: 'text/javascript' });
    const library = '<script nonce="n1" src="/turbo.js"></script>';
    const content = (to: string) => `<a href="${to}">Go on</a>${place === 'body' ? host.scripts : ''}`;
    const pages = { '/': '/next', '/next': '/' };
    for (const [path, to] of Object.entries(pages)) {
      host.add(path, content(to));
      const served = host.site.paths.get(path)!;
      const inHead = library + (place === 'head' ? host.scripts : '');
      served.body = String(served.body).replace('</head>', () => `${inHead}</head>`);
    }
    await page.goto(host.site.page);
    expect(await host.identify(host.stack.sign(people.ada))).toBeUndefined();
    const { widget } = host;
    await widget.open();
    await widget.send('where is my order A-1001');
    await page.evaluate(() => Object.assign(window, { kept: document.querySelector('widgent-root') }));
    const widgetRoot = () =>
      page.evaluate(() => ({
        same: Object(window).kept === document.querySelector('widgent-root'),
        count: document.querySelectorAll('widgent-root').length,
      }));

    // In one go, so that no wait of the test's own falls between the reply's beginning, the swap and the look.
    const { replies, ...rest } = await page.evaluate(async (beginning) => {
      const replies = () =>
        [...document.querySelector('widgent-root')!.shadowRoot!.querySelectorAll('.m.assistant')].map(
          (reply) => reply.textContent!,
        );
      while (!replies().join().includes(beginning)) await new Promise((resolve) => requestAnimationFrame(resolve));
      const { body } = document;
      const loaded = new Promise((resolve) => document.addEventListener('turbo:load', resolve, { once: true }));
      document.querySelector<HTMLElement>('a[href="/next"]')!.click();
      await loaded;
      return { swapped: body !== document.body, title: document.title, replies: replies() };
    }, slow.beginning);
    expect(rest).toEqual({ swapped: true, title: '/next' });
    expect(replies).toHaveLength(1);
    expect(replies[0]).toContain(slow.beginning);
    expect(replies[0]).not.toContain(slow.end);
    expect(await widgetRoot()).toEqual({ same: true, count: 1 });
    await expect(widget.panel).toBeVisible();
    await expect(widget.replies.last()).toContainText(slow.end, { timeout: 30_000 });

    await page.goBack();
    await expect(page).toHaveTitle('/');
    expect(await widgetRoot()).toEqual({ same: true, count: 1 });
    await expect(widget.questions).toHaveCount(1);
    await expect(widget.replies).toHaveCount(1);
    await widget.expectUser('Ada Lovelace');
    expect(host.loads.filter((path) => path.endsWith('/agent'))).toHaveLength(1);
    expect(host.loads.filter((path) => path.endsWith('/events'))).toHaveLength(0);
    expect(host.lines).toEqual([]);
  });
