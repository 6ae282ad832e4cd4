// Tokens and secrets stay where they belong.
import { expect, test } from '../fixtures.ts';
import { Shop } from '../shop.ts';
import { now, people } from '../token.ts';

/** Where `window` holds one of these texts: every own property of everything that can be reached from it. */
function findInWindow(secrets: string[]): { places: string[]; visited: number } {
  const places: string[] = [];
  const seen = new Set<unknown>();
  let level: [unknown, string][] = [[window, 'window']];
  const says = (text: unknown) => secrets.some((secret) => String(text).includes(secret));
  for (let depth = 0; depth < 8; depth++) {
    const next: [unknown, string][] = [];
    for (const [value, path] of level) {
      if (typeof value === 'string' && says(value)) places.push(path);
      if (typeof value === 'function' && says(Function.prototype.toString.call(value))) places.push(path);
      if (!value || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) continue;
      seen.add(value);
      const inner = value instanceof Map || value instanceof Set ? [...value].flat() : [];
      inner.forEach((item, i) => next.push([item, `${path}(${i})`]));
      const names = [...Reflect.ownKeys(value), ...(Object.getPrototypeOf(value) ? ['__proto__'] : [])];
      for (const name of names) {
        if (typeof name === 'string' && says(name)) places.push(`${path}.${name}`);
        try {
          next.push([Reflect.get(value, name), `${path}.${String(name)}`]);
        } catch {
          // A getter that wants another object.
        }
      }
    }
    level = next;
  }
  return { places, visited: seen.size };
}

test('case 39: the token string is nowhere in window, storage, console, URLs, server logs', async ({
  page,
  startStack,
}) => {
  const stack = await startStack();
  const urls: string[] = [];
  page.on('request', (request) => urls.push(request.url(), request.headers().referer ?? ''));
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await page.evaluate(() => {
    const heard = Object.assign(window, { heard: [] as unknown[] }).heard;
    for (const name of ['ready', 'open', 'identity:change', 'identity:expired', 'identity:error', 'error'] as const)
      void window.widgent.on(name, (detail) => heard.push(name, detail));
  });
  await widget.open();
  const ada = stack.sign(people.ada);
  const bob = stack.sign(people.bob);
  const forged = `${ada.slice(0, -6)}AAAAAA`;
  const expired = stack.sign({ ...people.ada, iat: now() - 3700, exp: now() - 100 });
  const secret = stack.secrets.ACME_VERIFY_SECRET!;
  const tokens = [ada, bob, forged, expired];
  expect(await shop.identify(ada)).toMatchObject({ sub: 'ada' });
  await widget.ask('where is my order A-1001');
  expect(await shop.identify(forged)).toMatchObject({ code: 'invalid_signature' });
  expect(await shop.identify(expired)).toMatchObject({ code: 'token_expired' });
  expect(await shop.identify(`${ada} `)).toMatchObject({ code: 'token_malformed' });
  expect(await shop.identify(secret)).toMatchObject({ code: expect.any(String) });
  expect(await shop.identify(bob)).toMatchObject({ sub: 'bob' });
  await widget.ask('where is my order A-2001');

  // The claims and the signature alone would do as well: neither half may be anywhere.
  const parts = [...tokens.flatMap((token) => token.split('.').slice(1)), secret];
  const { places, visited } = await page.evaluate(findInWindow, parts);
  expect(places).toEqual([]);
  expect(visited).toBeGreaterThan(5000);
  const inPage = await page.evaluate(async () => [
    performance.getEntries().map(({ name }) => name),
    [document.cookie, document.URL, document.referrer, history.state],
    JSON.stringify((window as unknown as { heard: unknown[] }).heard),
    (await indexedDB.databases()).map(({ name }) => name),
    await caches.keys(),
  ]);
  expect(JSON.stringify(inPage)).toContain('/session');
  await page.evaluate(() => window.widgent('diagnose').then((told) => console.log(JSON.stringify(told))));
  const everywhere = {
    page: JSON.stringify(inPage),
    'DOM and storage': await widget.traces(),
    console: shop.console.join('\n'),
    URLs: urls.join('\n'),
    logs: stack.lines.join('\n'),
    store: await stack.storedBytes(),
    audit: (await stack.widgentd('audit', 'show', '--json')).out,
  };
  expect(everywhere.console).toContain('invalid_signature');
  expect(everywhere.logs).toContain('widgent: ');
  expect(everywhere.store).toContain('invalid_signature');
  for (const [place, text] of Object.entries(everywhere))
    for (const part of parts) expect(text.includes(part), place).toBe(false);
  // They have left the page nowhere but in the one header.
  for (const { body } of shop.requests) for (const part of parts) expect(body.includes(part)).toBe(false);
});

test('case 40: wvs_ as serviceKey refused, by the widget on the spot', async ({ page, stack }) => {
  const shop = await Shop.visit(page, stack);
  await page.evaluate(() => window.widgent.destroy());
  await page.addScriptTag({ url: `${stack.url('widgent')}/widgent.js` });
  const secret = stack.secrets.ACME_VERIFY_SECRET!;
  const refused = await page.evaluate(
    (serviceKey) =>
      window.widgent.init({ productId: 'acme', serviceKey }).then(
        () => undefined,
        ({ code, hint }) => ({ code, hint }) as { code: string; hint: string },
      ),
    secret,
  );
  expect(refused).toMatchObject({ code: 'secret_in_browser', hint: expect.stringContaining('rotate') });
  const after = await page.evaluate(
    (token) =>
      Promise.race([
        window.widgent.identify(token).then(
          ({ sub }) => sub,
          ({ code }) => code as string,
        ),
        new Promise<string>((resolve) => setTimeout(() => resolve('waits'), 1000)),
      ]),
    stack.sign(people.ada),
  );
  expect(after).not.toBe('ada');
  await expect(page.locator('widgent-root')).toHaveCount(0);
  expect(shop.requests).toEqual([]);
  expect(shop.console.join('\n')).toContain('[widgent] secret_in_browser');
  expect(refused!.hint + shop.console.join('\n')).not.toContain(secret);
});

test('case 40: wvs_ as serviceKey refused, and flagged, by the server', async ({ startStack }) => {
  const stack = await startStack();
  const secret = stack.secrets.ACME_VERIFY_SECRET!;
  for (const key of [secret, `wvs_${'a'.repeat(43)}`]) {
    const response = await fetch(`${stack.url('widgent')}/v1/products/acme/session`, {
      method: 'POST',
      headers: { Origin: stack.url('express'), 'Widgent-Service-Key': key, 'Content-Type': 'application/json' },
      body: '{}',
    });
    const problem = await response.text();
    expect(response.status).toBe(403);
    expect(JSON.parse(problem)).toMatchObject({ code: 'secret_in_browser', hint: expect.stringContaining('rotate') });
    expect(problem).not.toContain(key);
  }
  const flagged = await stack.widgentd('audit', 'show', '--product', 'acme', '--action', 'refused');
  expect(flagged.out.match(/secret_in_browser/g)).toHaveLength(2);
  expect(flagged.out + stack.lines.join('\n') + (await stack.storedBytes())).not.toContain(secret);
});
