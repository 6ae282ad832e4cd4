// Who may talk to a product: the matrix of origins, with pages that really stand at those addresses.
import { expect, test as base, type Frame, type Page } from '@playwright/test';
import { Stack } from '../stack.ts';
import { people } from '../token.ts';
import { customerPage, server, TlsHosts } from './tls.ts';

/** As an owner may write them. The stack knows this machine's own name besides. */
const registered = [
  'https://shop.example',
  'https://*.wild.example',
  'https://Bücher.example',
  'HTTPS://UPPER.example:443',
];

const test = base.extend<object, { hosts: TlsHosts; stack: Stack }>({
  hosts: [
    async ({}, use) => {
      const hosts = await TlsHosts.start();
      await use(hosts);
      hosts.stop();
    },
    { scope: 'worker' },
  ],
  stack: [
    async ({ hosts }, use) => {
      const stack = await Stack.start((product) => {
        product.origins = product.id === 'acme' ? [...registered, hosts.loopback] : [];
      }, []);
      hosts.passTo(stack.ports.widgent);
      await use(stack);
      await stack.stop();
    },
    { scope: 'worker' },
  ],
  launchOptions: [
    async ({ launchOptions, hosts }, use) => {
      const args = launchOptions.args!.filter((arg) => !arg.startsWith('--host-resolver-rules='));
      await use({ ...launchOptions, args: [...args, `--host-resolver-rules=${hosts.resolverRules}`] });
    },
    { scope: 'worker' },
  ],
  ignoreHTTPSErrors: true,
});

/** What the page's own script gets: the user, or the code; and what diagnose tells a page of that origin. */
const visit = async (page: Page | Frame, stack: Stack) => ({
  verdict: await page.evaluate(
    (token) =>
      window.widgent.identify(token).then(
        ({ sub }) => sub,
        ({ code }) => code as string,
      ),
    stack.sign(people.ada),
  ),
  told: await page.evaluate(async (address) => {
    const { origin, allowed, code } = await (await fetch(address)).json();
    return { origin, allowed, code };
  }, `${server}/v1/products/acme/diagnose`),
});

const matrix = [
  ['exact', 'https://shop.example', true],
  ['exact, with its default port', 'https://shop.example:443', true],
  ['www', 'https://www.shop.example', false],
  ['another port', 'https://shop.example:8443', false],
  ['another scheme', 'http://shop.example', false],
  ['of the wildcard', 'https://eu.wild.example', true],
  ['of the wildcard, deep', 'https://a.b.c.wild.example', true],
  ['of the wildcard, at another port', 'https://eu.wild.example:8443', false],
  ["the wildcard's apex", 'https://wild.example', false],
  ["beside the wildcard's name", 'https://notwild.example', false],
  ['international', 'https://bücher.example', true],
  ['in punycode', 'https://xn--bcher-kva.example', true],
  ['international, another one', 'https://bucher.example', false],
  ['with a trailing dot', 'https://shop.example.', false],
  ['typed in upper case', 'https://SHOP.EXAMPLE', true],
  ['registered in upper case', 'https://upper.example', true],
] as const;

for (const [name, address, allowed] of matrix)
  test(`case 23: the origin matrix: ${name}`, async ({ page, stack }) => {
    await page.goto(address);
    const origin = await page.evaluate(() => location.origin);
    expect(await visit(page, stack)).toEqual({
      verdict: allowed ? 'ada' : 'origin_not_allowed',
      told: { origin, allowed, ...(allowed ? {} : { code: 'origin_not_allowed' }) },
    });
  });

test('case 23: the origin matrix: loopback, under the one name that is registered', async ({ page, stack, hosts }) => {
  await page.goto(hosts.loopback);
  expect((await visit(page, stack)).verdict).toBe('ada');
  await page.goto(hosts.loopback.replace('localhost', '127.0.0.1'));
  expect((await visit(page, stack)).verdict).toBe('origin_not_allowed');
});

for (const kind of ['sandboxed', 'data:'] as const)
  test(`case 23: the origin matrix: null, from a ${kind} frame`, async ({ page, stack }) => {
    await page.goto('https://shop.example');
    await page.evaluate(
      ([kind, html]) => {
        const frame = document.createElement('iframe');
        if (kind === 'data:') frame.src = `data:text/html,${encodeURIComponent(html)}`;
        else frame.srcdoc = html;
        if (kind === 'sandboxed') frame.sandbox.add('allow-scripts');
        document.body.append(frame);
      },
      [kind, customerPage('acme')] as const,
    );
    await expect.poll(() => page.frames().length).toBe(2);
    const frame = page.frames()[1]!;
    await frame.waitForFunction(() => window.widgent);
    expect(await visit(frame, stack)).toEqual({
      verdict: 'origin_null',
      told: { origin: 'null', allowed: false, code: 'origin_null' },
    });
  });

test('case 23: the origin matrix: an empty list denies every page', async ({ page, stack, hosts }) => {
  for (const address of ['https://shop.example', hosts.loopback]) {
    await page.goto(`${address}/?product=acme-py`);
    expect((await visit(page, stack)).verdict).toBe('origin_not_allowed');
  }
});

// What no browser sends.
test('case 23: the origin matrix: missing, in other letters, doubled', async ({ stack }) => {
  const post = async (headers: Record<string, string>) => {
    const response = await fetch(`${stack.url('widgent')}/v1/products/acme/session`, {
      method: 'POST',
      headers: { 'Widgent-Service-Key': 'pk_acme_demo', 'Content-Type': 'application/json', ...headers },
      body: '{}',
    });
    return { status: response.status, code: ((await response.json()) as { code?: string }).code };
  };
  expect(await post({ Origin: 'https://shop.example' })).toEqual({ status: 200, code: undefined });
  expect(await post({})).toEqual({ status: 403, code: 'origin_missing' });
  for (const origin of [
    'https://SHOP.example',
    'HTTPS://shop.example',
    'https://shop.example/',
    'https://shop.example:443',
    'https://shop.example https://shop.example',
    'https://.wild.example',
    'https://evil.test/.wild.example',
    'https://evil.test#.wild.example',
    '*',
    '',
  ])
    expect(await post({ Origin: origin }), origin).toEqual({ status: 403, code: 'origin_not_allowed' });
});

test('case 24: diagnose is readable cross-origin', async ({ page, stack }) => {
  await page.goto('https://other.example');
  const { told } = await visit(page, stack);
  expect(told).toEqual({ origin: 'https://other.example', allowed: false, code: 'origin_not_allowed' });
  expect(await page.evaluate(() => window.widgent('diagnose'))).toMatchObject({
    origin: 'https://other.example',
    allowed: false,
    code: 'origin_not_allowed',
    hint: expect.stringContaining('https://other.example'),
  });
  // Everything else is shut to that page.
  const read = await page.evaluate(
    (address) =>
      fetch(address, { method: 'POST', body: '{}' }).then(
        () => 'readable',
        () => 'opaque',
      ),
    `${server}/v1/products/acme/session`,
  );
  expect(read).toBe('opaque');
});

test('case 25: preflight needs no auth and leaks nothing', async ({ page, stack }) => {
  const base = `${stack.url('widgent')}/v1/products/acme`;
  const preflight = async (path: string, origin: string, headers: Record<string, string> = {}) => {
    const response = await fetch(base + path, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type,widgent-service-key',
        ...headers,
      },
    });
    const shown = Object.fromEntries(
      [...response.headers].filter(([name]) => !/^(date|widgent-request-id)$/.test(name)),
    );
    return { status: response.status, headers: shown, body: await response.text() };
  };

  const allowed = await preflight('/session', 'https://shop.example');
  expect(allowed).toMatchObject({ status: 204, body: '' });
  expect(allowed.headers).toMatchObject({
    'access-control-allow-origin': 'https://shop.example',
    'access-control-max-age': '7200',
    vary: 'Origin',
  });
  expect(allowed.headers['access-control-allow-credentials']).toBeUndefined();
  // No word on which other origins, users or conversations there are, whoever asks.
  expect(JSON.stringify(allowed)).not.toMatch(/wild|upper|localhost|ada|pk_|wvs_|kid/i);
  const token = `Bearer ${stack.sign(people.ada)}`;
  const others = [
    preflight('/session', 'https://shop.example', { Authorization: token }),
    preflight('/session', 'https://shop.example', { Authorization: 'Bearer forged' }),
    preflight('/threads/t_of_nobody/messages', 'https://shop.example'),
  ];
  const ofWhatExists = page.goto('https://shop.example').then(async () => {
    await page.evaluate((text) => window.widgent.identify(text), stack.sign(people.ada));
    await page.locator('button.l').click();
    await page.getByRole('textbox').fill('hello');
    await page.getByRole('textbox').press('Enter');
    await expect(page.locator('.m.assistant.done')).toHaveCount(1);
    const [thread] = await stack.rows<{ id: string }>('SELECT id FROM threads');
    return preflight(`/threads/${thread!.id}/messages`, 'https://shop.example');
  });
  for (const other of await Promise.all([...others, ofWhatExists])) expect(other).toEqual(allowed);

  const refused = await preflight('/session', 'https://other.example');
  expect(refused.status).toBe(403);
  expect(Object.keys(refused.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  expect(refused.body).not.toMatch(/shop\.example|wild|upper/i);
});
