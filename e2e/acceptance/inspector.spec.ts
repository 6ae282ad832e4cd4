// The identity inspector: what `diagnose` and the overlay say of a page and its token; the token itself is in neither.
import { execFile } from 'node:child_process';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { root } from '../../scripts/steps.mjs';
import { expect, test } from '../fixtures.ts';
import { Shop } from '../shop.ts';
import type { Stack } from '../stack.ts';
import { isDevelopmentHost } from '../../web/inspector/input.ts';
import { PageServer } from '../panel/served.ts';
import { now, people, signParts, signToken } from '../token.ts';

/** What init got, with `debug` added: the shop's page itself is as a customer writes it. */
async function visitWithDebug(page: Page, stack: Stack): Promise<Shop> {
  await page.addInitScript(() => {
    const calls: unknown[] = [];
    let take = (call: unknown[]) => void calls.push(call);
    const stub = (...args: unknown[]) => {
      if (args[0] === 'init') args[1] = { ...(args[1] as object), debug: true };
      return new Promise((resolve, reject) => take([args, resolve, reject]));
    };
    const q = (next: typeof take) => {
      take = next;
      (calls.splice(0) as unknown[][]).forEach((call) => next(call));
    };
    const names = ['init', 'identify', 'logout', 'open', 'close', 'on', 'off', 'destroy', 'diagnose'];
    const methods = names.map((name) => [name, stub.bind(null, name)]);
    Object.assign(window, { widgent: Object.assign(stub, Object.fromEntries(methods), { q }) });
  });
  return Shop.visit(page, stack);
}

class Overlay {
  readonly host: Locator;
  readonly panel: Locator;
  readonly pill: Locator;
  readonly finding: Locator;
  readonly claims: Locator;

  constructor(page: Page) {
    this.host = page.locator('widgent-inspector');
    this.panel = this.host.locator('.panel');
    this.pill = this.host.locator('.pill');
    this.finding = this.host.getByRole('status');
    this.claims = this.host.getByRole('table', { name: 'Claims' });
  }

  fact(name: string): Locator {
    return this.host.locator('dt', { hasText: name }).locator('+ dd');
  }
}

const diagnose = (page: Page) => page.evaluate(() => window.widgent('diagnose'));

const expired = () => ({ ...people.ada, iat: now() - 3700, exp: now() - 100 });
const header = JSON.stringify({ alg: 'HS256', typ: 'JWT' });
const guessed = 'a secret that somebody guessed, of enough length';

test('diagnose tells a guest, a user, an expired, a forged and a mistaken token apart', async ({
  shop,
  stack,
  page,
}) => {
  const origin = stack.url('express');
  const guest = await diagnose(page);
  expect(guest).toMatchObject({ origin, allowed: true, matched: origin, runtime: { core: 'wasm' } });
  expect(guest.identity).toEqual({ state: 'guest', verdict: 'none' });
  expect(guest).not.toHaveProperty('claims');
  expect(Math.abs(guest.skewSeconds!)).toBeLessThan(5);

  await shop.identify(stack.sign(people.ada));
  const user = await diagnose(page);
  expect(user).toMatchObject({ allowed: true, kid: 'demo', claims: people.ada });
  const { sub, name, email } = people.ada;
  expect(user.identity).toMatchObject({ state: 'user', verdict: 'valid', sub, name, email });
  expect(user.identity.expiresIn).toBeGreaterThan(3500);
  expect(user.identity).not.toHaveProperty('hint');
  expect(user.transitions.at(-1)).toMatchObject({ to: 'user' });
  expect(Math.abs(user.transitions.at(-1)!.at - Date.now())).toBeLessThan(60_000);

  await shop.identify(stack.sign(expired()));
  const ended = await diagnose(page);
  expect(ended.identity).toMatchObject({ state: 'guest', verdict: 'expired', code: 'token_expired' });
  expect(ended.identity.hint).toContain('getToken');
  expect(ended.identity).not.toHaveProperty('sub');

  // The server still takes it for some seconds, the widget does not.
  await shop.identify(stack.sign({ ...people.ada, iat: now() - 3605, exp: now() - 5 }));
  const leeway = await diagnose(page);
  expect(leeway.identity).toMatchObject({ verdict: 'expired', code: 'token_expired', expiresIn: 0 });
  expect(leeway.identity.hint).toContain('exp');

  await shop.identify(signToken(guessed, people.ada));
  const forged = await diagnose(page);
  expect(forged.identity).toMatchObject({ state: 'guest', verdict: 'refused', code: 'invalid_signature' });
  expect(forged.claims).toMatchObject(people.ada);

  await shop.identify(stack.sign({ ...people.ada, exp: Date.now() + 3_600_000 }));
  const milliseconds = await diagnose(page);
  expect(milliseconds.identity).toMatchObject({ verdict: 'refused', code: 'exp_in_milliseconds' });
  expect(milliseconds.identity.hint).toContain('Math.floor(Date.now() / 1000)');

  await shop.identify(stack.sign({ ...people.ada, sub: 42 }));
  const numeric = await diagnose(page);
  expect(numeric.identity).toMatchObject({ verdict: 'valid', sub: '42' });
  expect(numeric.identity.hint).toContain('String(user.id)');

  await page.evaluate(() => window.widgent('logout'));
  expect((await diagnose(page)).identity).toEqual({ state: 'guest', verdict: 'none' });
});

test('diagnose writes nothing on the server, but that a forged token was refused once more', async ({
  page,
  startStack,
}) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  await shop.identify(stack.sign(people.ada));
  const rows = () => stack.rows<object>('SELECT * FROM audit');
  const before = await rows();
  await diagnose(page);
  await diagnose(page);
  expect(shop.requests.filter(({ body }) => body.includes('inspect'))).toHaveLength(2);
  expect(await rows()).toEqual(before);

  await shop.identify(signToken(guessed, people.ada));
  const refused = () => stack.rows<object>("SELECT * FROM audit WHERE action = 'refused'");
  expect(await refused()).toHaveLength(1);
  await diagnose(page);
  expect(await refused()).toHaveLength(2);
  expect(await rows()).toHaveLength(before.length + 2);
});

test('case 24: diagnose is readable cross-origin', async ({ page, startStack }) => {
  const stack = await startStack((product) => {
    product.origins = ['https://shop.example'];
  });
  const shop = await Shop.visit(page, stack);
  const origin = stack.url('express');
  expect(new URL(origin).origin).not.toBe(new URL(stack.url('widgent')).origin);
  const told = await diagnose(page);
  expect(told).toMatchObject({ origin, allowed: false, code: 'origin_not_allowed' });
  expect(told.hint).toContain(`"${origin}"`);
  expect(told).not.toHaveProperty('matched');
  expect(told.identity.verdict).toBe('unknown');
  expect(typeof told.skewSeconds).toBe('number');
  // The browser has no opaque error to show, as nothing was asked that is refused.
  expect(shop.console.filter((line) => /CORS/.test(line))).toEqual([]);
});

test('case 24: from a page without an origin, diagnose says so', async ({ page, startStack }) => {
  const stack = await startStack();
  await Shop.visit(page, stack);
  const told = await page.evaluate(
    async (url) => {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-scripts');
      frame.srcdoc = `<script>fetch('${url}').then((r) => r.json()).then((d) => parent.postMessage(d, '*'))</script>`;
      const answer = new Promise((resolve) => addEventListener('message', ({ data }) => resolve(data), { once: true }));
      document.body.append(frame);
      return answer;
    },
    `${stack.url('widgent')}/v1/products/acme/diagnose`,
  );
  expect(told).toMatchObject({ origin: 'null', allowed: false, code: 'origin_null' });
});

test('Where the server is gone, diagnose says that and not that the token is wrong', async ({ page, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  await shop.identify(stack.sign(people.ada));
  await diagnose(page);
  await stack.stopServer();
  const told = await diagnose(page);
  expect(told).toMatchObject({ code: 'unreachable', origin: null, skewSeconds: null });
  expect(told.hint).toContain('connect-src');
  expect(told.identity.verdict).toBe('unknown');
});

test('The inspector and `token check` say the same of the same tokens', async ({ shop, stack, page }) => {
  const sign = (claims: object) => stack.sign({ ...people.ada, ...claims });
  const tokens: Record<string, string> = {
    valid: sign({}),
    'a numeric sub': sign({ sub: 42 }),
    'three seconds of life': sign({ exp: now() + 3 }),
    expired: sign(expired()),
    forged: signToken(guessed, people.ada),
    'no exp': sign({ exp: undefined }),
    'exp as text': sign({ exp: '1h' }),
    'exp in milliseconds': sign({ exp: Date.now() + 3_600_000 }),
    'a day of life': sign({ exp: now() + 86_400 }),
    'no sub': sign({ sub: undefined }),
    'sub of a control character': sign({ sub: 'a\u0001' }),
    'another audience': sign({ aud: 'shop-2' }),
    'iat in the future': sign({ iat: now() + 10_800, exp: now() + 12_000 }),
    'too much metadata': sign({ metadata: { text: 'x'.repeat(5000) } }),
    'alg none': signParts('', JSON.stringify({ alg: 'none' }), JSON.stringify(people.ada)),
    'an unknown kid': stack.sign(people.ada, { kid: 'other' }),
    'white space behind': `${sign({})} `,
    'white space before': ` ${sign({})}`,
    'an answer instead of its token': '[object Object]',
    'Bearer in front': `Bearer ${sign({})}`,
    undefined: 'undefined',
    'an umlaut': 'tökén',
    'more than 8 KiB': sign({ text: 'x'.repeat(9000) }),
    'far more': 'x'.repeat(40_000),
    'claims twice': signParts(stack.secrets.ACME_VERIFY_SECRET!, header, '{"sub":"a","sub":"b"}'),
  };
  const names = Object.keys(tokens);
  const said: Record<string, unknown> = {};
  for (const name of names) {
    await shop.identify(tokens[name]!);
    const { identity } = await diagnose(page);
    const verdict = { valid: 'user', expired: 'anonymous', refused: 'refused' }[identity.verdict as string];
    said[name] = { verdict, code: identity.code, hint: identity.hint };
  }
  const out = await new Promise<string>((resolve) => {
    const args = ['token', 'check', '--json', '--config', `${stack.folder}/acme.json`];
    const options = { env: { ...process.env, ...stack.secrets } };
    const child = execFile(`${root}/build/native/widgentd`, args, options, (_, stdout) => resolve(stdout));
    child.stdin!.end(names.map((name) => tokens[name]).join('\n'));
  });
  const checked = out.trim().split('\n');
  expect(checked).toHaveLength(names.length);
  const expected = checked.map((line, i) => {
    const { verdict, code, reason, hint } = JSON.parse(line) as Record<string, string>;
    return [names[i], { verdict, code: code ?? reason, hint }];
  });
  expect(said).toEqual(Object.fromEntries(expected));
});

test('The overlay follows the identity, and shows code and hint of a refused token', async ({ page, stack }) => {
  const shop = await visitWithDebug(page, stack);
  const overlay = new Overlay(page);
  await expect(overlay.finding).toContainText('Guest');
  await expect(overlay.fact('Token')).toHaveText('none');

  await shop.identify(stack.sign(people.ada));
  await expect(overlay.finding).toContainText('Verified');
  await expect(overlay.finding).toContainText('Ada Lovelace · ada · ada@acme.example');
  await expect(overlay.fact('Token')).toHaveText(/^\*{4} \(\d+ characters\)$/);
  await expect(overlay.fact('Secret (kid)')).toHaveText('demo');
  await expect(overlay.fact('Matched')).toHaveText(stack.url('express'));
  await expect(overlay.fact('Clock')).toContainText('server');
  await expect(overlay.fact('Runtime')).toHaveText(/^(WebAssembly|JavaScript)/);
  await expect(overlay.fact('Expires in')).toHaveText(/^(59 min \d+ s|1 h 0 min)$/);
  const before = await overlay.fact('Expires in').textContent();
  await expect(overlay.fact('Expires in')).not.toHaveText(before!);
  await expect(overlay.claims).toContainText('"ada@acme.example"');
  await expect(overlay.host.getByRole('table', { name: 'Identity transitions' })).toContainText('→ user');

  await shop.identify(stack.sign({ ...people.ada, exp: Date.now() + 3_600_000 }));
  await expect(overlay.finding.locator('.code')).toHaveText('exp_in_milliseconds');
  await expect(overlay.finding).toContainText('exp counts seconds, not milliseconds');
  await expect(overlay.claims.locator('.fault')).toContainText('milliseconds, not seconds');
  const about = overlay.finding.getByRole('link');
  expect((await fetch((await about.getAttribute('href'))!)).status).toBe(200);
});

test('The overlay is worked by keyboard, collapses on Escape, and stays so on the next page', async ({
  page,
  stack,
}) => {
  await visitWithDebug(page, stack);
  const overlay = new Overlay(page);
  await expect(overlay.panel).toBeVisible();
  await overlay.panel.getByRole('button', { name: 'Refresh' }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(overlay.host.locator('.body')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(overlay.panel).toBeHidden();
  await expect(overlay.pill).toBeFocused();
  await expect(overlay.pill).toHaveText(/Widgent: Guest/);
  await page.reload();
  await expect(overlay.pill).toHaveText(/Widgent: Guest/);
  await expect(overlay.panel).toBeHidden();
  await overlay.pill.press('Enter');
  await expect(overlay.panel).toBeVisible();
  await page.evaluate(() => window.widgent('destroy'));
  await expect(overlay.host).toHaveCount(0);
});

for (const [name, width, colorScheme, dir] of [
  ['small phone', 320, 'light', 'rtl'],
  ['desktop', 1280, 'dark', 'ltr'],
] as const) {
  test(`The overlay is accessible, fits and leaves the launcher free, ${colorScheme} on a ${name}`, async ({
    page,
    stack,
  }) => {
    await page.setViewportSize({ width, height: 700 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const shop = await visitWithDebug(page, stack);
    await page.evaluate((text) => (document.documentElement.dir = text), dir);
    const overlay = new Overlay(page);
    if (width < 560) await overlay.pill.click();
    await shop.identify(stack.sign({ ...people.ada, sub: 42, text: 'x'.repeat(300), exp: now() + 60 }));
    await expect(overlay.finding).toContainText('Verified, with a remark');
    for (const open of [true, false]) {
      const { violations, passes } = await new AxeBuilder({ page }).include('widgent-inspector').analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(passes.length).toBeGreaterThan(open ? 8 : 3);
      const [mine, launcher] = await Promise.all([
        (open ? overlay.panel : overlay.pill).boundingBox(),
        shop.widget.root.locator('button.l').boundingBox(),
      ]);
      expect(mine!.x).toBeGreaterThanOrEqual(0);
      expect(mine!.x + mine!.width).toBeLessThanOrEqual(width);
      expect(mine!.y).toBeGreaterThanOrEqual(0);
      const apart =
        mine!.y + mine!.height <= launcher!.y ||
        mine!.x + mine!.width <= launcher!.x ||
        launcher!.x + launcher!.width <= mine!.x;
      expect(apart).toBe(true);
      const overflow = await overlay.host.locator('.body').evaluate((body) => body.scrollWidth - body.clientWidth);
      expect(overflow).toBe(0);
      if (open) await overlay.panel.getByRole('button', { name: 'Collapse' }).click();
    }
  });
}

test('case 39: the inspector shows no token, and leaves none in window, storage, console or URLs', async ({
  page,
  startStack,
}) => {
  const stack = await startStack();
  const urls: string[] = [];
  page.on('request', (request) => urls.push(request.url()));
  const shop = await visitWithDebug(page, stack);
  const overlay = new Overlay(page);
  const tokens = {
    Verified: stack.sign(people.ada),
    'Token expired': stack.sign(expired()),
    'Token refused': signToken(guessed, people.bob),
  };
  const places: string[] = [];
  for (const [title, token] of Object.entries(tokens)) {
    await shop.identify(token);
    await expect(overlay.finding).toContainText(title);
    places.push(JSON.stringify(await diagnose(page)));
    places.push(await overlay.host.evaluate((host) => host.shadowRoot!.innerHTML), await shop.widget.traces());
    places.push(
      await page.evaluate(() =>
        JSON.stringify(Object.getOwnPropertyNames(window).map((name) => [name, String(Reflect.get(window, name))])),
      ),
    );
  }
  places.push(...shop.console, ...urls, ...stack.lines);
  expect(places.join('')).toContain('Ada Lovelace');
  for (const token of Object.values(tokens))
    for (const part of [token, ...token.split('.').slice(1)])
      for (const place of places) expect(place).not.toContain(part);
});

test('A strict policy of the page hinders nothing: no style and no script of the overlay is inline', async ({
  page,
  startStack,
}) => {
  const pages = await new PageServer().start();
  const stack = await startStack((product) => product.origins.push(pages.page));
  const server = stack.url('widgent');
  pages.paths.set('/', {
    headers: {
      'Content-Security-Policy':
        `default-src 'none'; script-src 'nonce-n1' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'none'; ` +
        `img-src data:; connect-src ${server}`,
    },
    body: `<!doctype html><html lang="en"><title>A strict page</title><link rel="icon" href="data:,">
      <script nonce="n1" src="${server}/widgent.js"></script>
      <script nonce="n1">widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo', debug: true })</script>`,
  });
  const blocked: string[] = [];
  page.on(
    'console',
    (message) => void (/Content.Security.Policy/.test(message.text()) && blocked.push(message.text())),
  );
  await page.goto(`${pages.page}/`);
  const { finding, panel } = new Overlay(page);
  await expect(finding).toContainText('Guest');
  await expect(panel).toHaveCSS('position', 'static');
  await expect(panel).toHaveCSS('border-top-left-radius', '12px');
  expect(blocked).toEqual([]);
  pages.stop();
});

test('Development hosts are those that no public site can have', () => {
  const hosts = ['localhost', '127.0.0.1', '127.8.8.8', '[::1]', 'shop.localhost', 'shop.test', 'a.b.local', 'A.TEST'];
  expect(hosts.filter((host) => !isDevelopmentHost(host))).toEqual([]);
  const others = ['shop.example', 'localhost.example', '127.0.0.1.example', '128.0.0.1', 'test', '.test', 'latest', ''];
  expect(others.filter(isDevelopmentHost)).toEqual([]);
});
