// The built files in a customer's page, before any agent answers: how they load, and what they leave in the page.
import { expect } from '@playwright/test';
import { strings } from '../../web/panel/strings.ts';
import { corePath, init, settled, stub, test, token, twinPath, widgetPath } from './site.ts';

test('One request shows the launcher; the rest comes when the page has loaded, or the pointer does', async ({
  page,
  site,
}) => {
  let release = () => {};
  site.paths.set('/slow.png', { body: '', after: new Promise<void>((resolve) => (release = resolve)) });
  await site.visit(page, `<img src="/slow.png">${site.loader}<script>${init}</script>`);
  const launcher = page.locator('button.l');
  await expect(launcher).toBeVisible();
  expect(site.loads().sort()).toEqual(['/slow.png', '/widgent.js']);
  await launcher.hover();
  await expect.poll(() => site.loads().sort()).toEqual([corePath, '/slow.png', '/widgent.js', widgetPath].sort());
  release();
  await page.waitForLoadState();
  expect(site.loads()).toHaveLength(4); // init alone tells the server nothing
});

test('Calls made before the loader is there are taken over, and only the last token leaves the page', async ({
  page,
  site,
}) => {
  site.answerSession({ identity: { state: 'verified', sub: 'bob', name: 'Bob', expires_in: 3000 } });
  const lines = await site.visit(
    page,
    `<script>${stub}
      window.calls = [widgent('identify', '${token('ada')}'), ${init}, widgent.identify('${token('bob')}')];
    </script><script async src="${site.host}/widgent.js"></script>`,
  );
  expect(await settled(page, 'calls[0]')).toEqual(['WidgentError', 'superseded']);
  expect(await settled(page, 'calls[2]')).toEqual({ ok: 'sub,expiresIn' });
  expect(site.asked.filter((asked) => asked.token).map((asked) => asked.token)).toEqual([`Bearer ${token('bob')}`]);
  expect(await page.evaluate(() => window.widgent.state!.identity)).toMatchObject({
    state: 'user',
    sub: 'bob',
    name: 'Bob',
  });
  expect(lines).toEqual([]);
});

for (const [first, queue] of [
  ['loader', ''],
  ['stub', `<script>${stub}</script>`],
])
  test(`Elements of tempting names change nothing, where the ${first} comes first`, async ({ page, site }) => {
    await site.visit(
      page,
      `<form id="widgent"><input name="init"><input name="version"></form><a id="version" href="x:"></a>
        <form name="currentScript"><input name="src" value="http://evil.example/"></form>
        ${queue}${site.loader}<script>window.started = ${init}</script>`,
    );
    expect(await settled(page, 'started')).toEqual({ ok: '' });
    expect(site.loads()).toContain(widgetPath);
  });

test('Loaded twice, as a module and with its page swapped, it stays one widget', async ({ page, site }) => {
  await site.visit(page, `${site.loader}<script>${init}; window.first = widgent</script>`);
  await page.waitForLoadState();
  await page.evaluate(async (src) => {
    await import(src);
    document.body.replaceWith(document.createElement('body'));
    document.querySelector('widgent-root')!.remove();
  }, `${site.host}/widgent.js`);
  await page.evaluate(() => window.widgent.open());
  expect(
    await page.evaluate(() => [
      document.querySelectorAll('widgent-root').length,
      window.widgent === Object(window).first,
    ]),
  ).toEqual([1, true]);
  await expect(page.getByRole('textbox', { name: strings.message })).toBeFocused();
});

test('As a module script it finds its server all the same', async ({ page, site }) => {
  await site.visit(page, `<script type="module">import '${site.host}/widgent.js'; window.started = ${init}</script>`);
  await page.waitForLoadState();
  expect(await settled(page, 'started')).toEqual({ ok: '' });
});

test('An altered widget does not run', async ({ page, site }) => {
  const body = Buffer.concat([site.paths.get(widgetPath)!.body as Buffer, Buffer.from(';document.title="altered"')]);
  site.change(widgetPath, { body });
  const lines = await site.visit(page, `${site.loader}<script>${init}</script>`);
  await expect.poll(() => lines.join()).toContain('integrity');
  await expect(page).toHaveTitle('A page');
  expect(await page.evaluate(() => window.widgent.state)).toBeUndefined();
});

test('An altered core is refused, and the calls learn why', async ({ page, site }) => {
  const body = Buffer.from(site.paths.get(corePath)!.body as Buffer);
  body[body.length - 1]! ^= 1;
  site.change(corePath, { body });
  const lines = await site.visit(page, `${site.loader}<script>window.started = ${init}</script>`);
  expect(await settled(page, 'started')).toEqual(['WidgentError', 'core_unavailable']);
  await expect.poll(() => lines.join('\n')).toContain('[widgent] core_unavailable');
});

for (const [name, types] of [
  ['a nonce', ''],
  ['Trusted Types', "; require-trusted-types-for 'script'; trusted-types 'none'"],
] as const) {
  test(`Under a strict policy with ${name} it works whole`, async ({ page, site }) => {
    const policy =
      `default-src 'none'; base-uri 'none'; object-src 'none'; connect-src ${site.host}; style-src 'none'; ` +
      `script-src 'nonce-n1' 'strict-dynamic' 'wasm-unsafe-eval'${types}`;
    const lines = await site.visit(
      page,
      `<script nonce="n1" src="${site.host}/widgent.js"></script><script nonce="n1">${init}</script>`,
      { 'Content-Security-Policy': policy },
    );
    await page.locator('button.l').click();
    await expect(page.locator('.panel .hello')).toHaveText('Hello');
    await expect(page.locator('.panel')).toHaveCSS('border-top-left-radius', '20px');
    expect(lines.filter((line) => !/data:,|TrustedScriptURL/.test(line))).toEqual([]);
  });
}

test('Where the policy forbids Wasm, the same core runs as JavaScript, and says so', async ({ page, site }) => {
  await site.visit(
    page,
    `${site.loader}<script>widgent.on('runtime', (told) => (window.told = told)); window.started = ${init}</script>`,
    { 'Content-Security-Policy': `script-src 'unsafe-inline' ${site.host}` },
  );
  expect(await settled(page, 'started')).toEqual({ ok: '' });
  expect(await page.evaluate('told')).toEqual({ core: 'js', reason: 'csp' });
  expect(site.loads()).toContain(twinPath);
});

test('What is written before the core has arrived stands there as waiting, and is sent once', async ({
  page,
  site,
}) => {
  let release = () => {};
  site.change(corePath, { after: new Promise<void>((resolve) => (release = resolve)) });
  await site.visit(page, `${site.loader}<script>${init}</script>`);
  await page.locator('button.l').click();
  const input = page.getByRole('textbox', { name: strings.message });
  await input.fill('Hello?');
  await input.press('Enter');
  await expect(page.locator('.m.user')).toContainText(strings.queued);
  expect(site.loads().filter((path) => path.startsWith('/v1/'))).toEqual([]);
  release();
  await expect.poll(() => site.loads().filter((path) => path === '/v1/products/acme/agent')).toHaveLength(1);
  await expect(page.locator('.m.user')).toHaveCount(1);
});

test('The token is nowhere in window, in the page or in storage', async ({ page, site }) => {
  site.answerSession({ identity: { state: 'verified', sub: 'ada', name: 'Ada', expires_in: 3000 } });
  const lines = await site.visit(
    page,
    `<script>${stub}${init}; widgent.identify('${token('ada')}')</script>${site.loader}`,
  );
  await page.locator('button.l').click();
  await expect(page.locator('.panel .who')).toContainText('Ada');
  await page.evaluate(() => document.querySelectorAll('script').forEach((script) => script.remove()));
  const found = await page.evaluate((secret) => {
    const seen = new Set<unknown>();
    const places: string[] = [];
    const walk = (value: unknown, path: string, depth: number) => {
      if (typeof value === 'string' && value.includes(secret)) places.push(path);
      if (!value || !/object|function/.test(typeof value) || seen.has(value) || depth > 5) return;
      seen.add(value);
      for (const key of Reflect.ownKeys(value)) {
        let inner: unknown;
        try {
          inner = (value as Record<PropertyKey, unknown>)[key];
        } catch {
          continue;
        }
        walk(inner, `${path}.${String(key)}`, depth + 1);
      }
    };
    walk(window, 'window', 0);
    walk({ ...localStorage }, 'localStorage', 0);
    walk({ ...sessionStorage }, 'sessionStorage', 0);
    const shadow = document.querySelector('widgent-root')!.shadowRoot!;
    walk(document.documentElement.outerHTML + shadow.innerHTML + location.href + document.cookie, 'page', 0);
    return places;
  }, token('ada').split('.')[1]!);
  expect(found).toEqual([]);
  expect(lines.join()).not.toContain(token('ada').split('.')[1]!);
});

test('Refused and ignored promises make no noise but one line', async ({ page, site }) => {
  const lines = await site.visit(
    page,
    `${site.loader}<script>window.noise = []; onunhandledrejection = (event) => noise.push(event.reason.code);
      widgent.init({ productId: 'acme', serviceKey: 'wvs_secret' }); widgent('nonsense')</script>`,
  );
  await expect.poll(() => lines.join('\n')).toContain('secret_in_browser');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('wvs_secret');
  expect(await page.evaluate('noise')).toEqual([]);
  await expect(page.locator('widgent-root')).toHaveCount(0);
});

test('Listeners hear what happens; one that throws stops nobody', async ({ page, site }) => {
  const lines = await site.visit(
    page,
    `${site.loader}<script>window.heard = [];
      widgent.on('ready', () => { throw new Error('mine') });
      for (const name of ['ready', 'open', 'close']) widgent('on', name, () => heard.push(name));
      ${init}.then(() => widgent.open()).then(() => widgent.close()).then(() => widgent.off('close'))
        .then(() => widgent.open()).then(() => widgent.close()).then(() => heard.push('end'))</script>`,
  );
  await expect.poll(() => page.evaluate('heard')).toEqual(['ready', 'open', 'close', 'open', 'end']);
  await expect.poll(() => lines).toEqual(['Error: mine']);
});

test('The greeting is there before a panel opens whose launcher the pointer is on, and is asked for once', async ({
  page,
  site,
}) => {
  await site.visit(page, `${site.loader}<script>window.started = ${init}</script>`);
  await settled(page, 'started');
  const sessions = () => site.asked.filter(({ method, path }) => method === 'POST' && path.endsWith('/session'));
  expect(sessions()).toEqual([]);
  await page.locator('button.l').hover();
  await expect(page.locator('.panel .hello')).toHaveText('Hello');
  await expect(page.locator('.panel')).toBeHidden();
  expect(await page.evaluate(() => window.widgent.state!.open)).toBe(false);
  await page.locator('button.l').click();
  await expect(page.locator('.panel')).toBeVisible();
  await page.waitForTimeout(300);
  expect(sessions()).toHaveLength(1);
});

test('After destroy nothing is left: no element, no global, no listener, no request', async ({ page, site }) => {
  await site.visit(page, `${site.loader}<script>window.started = ${init}; window.api = widgent</script>`);
  await settled(page, 'started');
  await page.evaluate(() => window.widgent.open());
  await expect(page.locator('.panel .hello')).toHaveText('Hello');
  await page.evaluate(() => window.widgent.destroy());
  const asked = site.asked.length;
  expect(await page.evaluate(() => ['widgent' in window, document.querySelectorAll('widgent-root').length])).toEqual([
    false,
    0,
  ]);
  expect(await settled(page, "api.identify('x')")).toEqual(['WidgentError', 'destroyed']);
  await page.evaluate(() => {
    dispatchEvent(new Event('offline'));
    dispatchEvent(new Event('online'));
    document.dispatchEvent(new Event('visibilitychange'));
    document.documentElement.append(document.createElement('i'));
  });
  await page.waitForTimeout(300);
  expect(site.asked).toHaveLength(asked);
  expect(await page.evaluate(() => document.querySelectorAll('widgent-root').length)).toBe(0);
});

test('Where storage is blocked the widget works from memory', async ({ page, site }) => {
  const lines = await site.visit(
    page,
    `<script>for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError') } });</script>
      ${site.loader}<script>${init}</script>`,
  );
  await page.locator('button.l').click();
  await expect(page.locator('.panel .hello')).toHaveText('Hello');
  expect(lines).toEqual([]);
});

test('Pages with old libraries on their prototypes do not confuse it', async ({ page, site }) => {
  const lines = await site.visit(
    page,
    `<script>
      const spoilt = { value: () => 'spoilt' };
      for (const type of [Object, Array, String]) Object.defineProperty(type.prototype, 'toJSON', spoilt);
      Array.from = () => []; delete Array.prototype.entries;
      Array.prototype.each = Object.prototype.clone = function () {};
    </script>${site.loader}<script>window.started = ${init}</script>`,
  );
  expect(await settled(page, 'started')).toEqual({ ok: '' });
  await page.locator('button.l').click();
  await expect(page.locator('.panel .hello')).toHaveText('Hello');
  expect(lines).toEqual([]);
});
