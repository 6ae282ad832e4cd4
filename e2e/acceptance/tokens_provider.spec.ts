// The promise: with getToken a user stays the user, and never becomes anybody else's guest on the way.
import type { Page } from '@playwright/test';
import { strings } from '../../web/panel/strings.ts';
import { Shop, Widget } from '../shop.ts';
import type { Stack } from '../stack.ts';
import { now, people } from '../token.ts';
import { expect, test, type Host } from './host.ts';

type Give = (call: number) => string | null | Promise<string | null>;
interface Told {
  event: string;
  [key: string]: unknown;
}

const noted =
  'identity:change identity:expiring identity:expired identity:error identity:conflict message:sent message:received ' +
  'reply:delta tool:start tool:end unread';

/** A page that has given the widget a getToken, and notes every event. */
async function visit(host: Host, page: Page, give: Give) {
  let calls = 0;
  const tokens: (string | undefined)[] = []; // of the messages sent
  await page.exposeFunction('ask', async () => give(++calls));
  page.on('request', (request) => {
    if (request.url().endsWith('/agent')) tokens.push(request.headers().authorization);
  });
  host.add(
    '/',
    `<script src="${host.server}/widgent.js"></script>
    <script>
      window.events = [];
      for (const name of '${noted}'.split(' ')) widgent.on(name, (detail) => events.push({ event: name, ...detail }));
      widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo', getToken: () => ask() });
    </script>`,
  );
  await page.goto(host.site.page);
  const events = async (name: string) =>
    (await page.evaluate(() => (window as unknown as { events: Told[] }).events)).filter(({ event }) => event === name);
  return { page, widget: new Widget(page), events, tokens, calls: () => calls };
}

const life = (stack: Stack, seconds: number, person: (typeof people)['ada' | 'bob'] = people.ada) =>
  stack.sign({ ...person, exp: now() + seconds });

test('case 07: expiry with getToken: no anonymous turn', async ({ page, startHost }) => {
  const host = await startHost();
  const { stack } = host;
  const { tokens, widget, events, calls } = await visit(host, page, () => life(stack, 8));
  await widget.open();
  await widget.expectUser('Ada Lovelace');
  const until = Date.now() + 14_000;
  while (Date.now() < until) {
    expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
    await page.waitForTimeout(700);
  }
  expect(calls()).toBeGreaterThan(1);
  expect(calls()).toBeLessThan(6);
  expect(tokens.length).toBeGreaterThan(3);
  for (const token of tokens) expect(token).toMatch(/^Bearer /);
  expect(await events('identity:expired')).toEqual([]);
  expect((await events('identity:change')).map(({ state }) => state)).toEqual(['user']);
  expect((await events('identity:expiring')).length).toBeGreaterThan(0);
});

test('case 11: getToken returns the same expired token: at most 3 calls, stale_token', async ({ page, startHost }) => {
  const host = await startHost();
  const { stack } = host;
  const token = life(stack, -60);
  const { widget, events, calls } = await visit(host, page, () => token);
  await widget.open();
  await expect.poll(() => events('identity:error'), { timeout: 15_000 }).toHaveLength(1);
  expect(await events('identity:error')).toMatchObject([{ code: 'stale_token' }]);
  await widget.expectGuest();
  await page.waitForTimeout(4_000);
  expect(calls()).toBe(3);
  expect(await widget.ask('how long does shipping take')).not.toBe('');
  expect(calls()).toBe(3);
});

test('case 12: getToken returns B: switch', async ({ page, startHost }) => {
  const host = await startHost();
  const { stack } = host;
  const { tokens, widget } = await visit(host, page, (call) => life(stack, 8, call === 1 ? people.ada : people.bob));
  await widget.open();
  await widget.expectUser('Ada Lovelace');
  expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
  await expect(widget.identity).toContainText('Bob Hayes', { timeout: 15_000 });
  await expect(widget.replies).toHaveCount(0);
  expect(await widget.traces()).not.toContain('Ridge 2 tent');
  await widget.ask('where is my order A-1001');
  expect(tokens.at(-1)).not.toBe(tokens[0]);
});

test('case 13: laptop sleep: nothing is said as a guest by who wakes it', async ({ page, startHost }) => {
  const host = await startHost((product) => {
    product.verification.leeway_s = 0;
  });
  const { stack } = host;
  await page.clock.install();
  const { tokens, widget, events, calls } = await visit(host, page, () => life(stack, 5));
  await widget.open();
  await widget.expectUser('Ada Lovelace');
  // Asleep: no clock of the page moves and no timer fires, while the token ends.
  await page.clock.pauseAt(Date.now() + 100);
  await page.waitForTimeout(6_000);
  const before = calls();
  await page.clock.resume();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await widget.send('where is my order A-1001');
  await expect(widget.replies.filter({ hasText: 'A-1001' })).toHaveCount(1, { timeout: 15_000 });
  expect(calls()).toBeGreaterThan(before);
  for (const token of tokens) expect(token).toMatch(/^Bearer /);
  expect(await events('identity:expired')).toEqual([]);
});

async function openTab(host: Host, from: Page, token: string) {
  const tab = await visit(host, await from.context().newPage(), () => token);
  await tab.widget.open();
  return tab;
}

test("case 19: two tabs A and B isolated; logout in one tab clears the same user's other tab", async ({
  page,
  startHost,
}) => {
  const host = await startHost();
  const ada = await openTab(host, page, host.stack.sign(people.ada));
  await ada.widget.expectUser('Ada Lovelace');
  const bob = await openTab(host, page, host.stack.sign(people.bob));
  await bob.widget.expectUser('Bob Hayes');
  expect(await ada.widget.ask('where is my order A-1001')).toContain('A-1001');
  expect(await bob.widget.traces()).not.toContain('A-1001');
  await expect.poll(() => ada.events('identity:conflict')).toHaveLength(1);

  const second = await openTab(host, page, host.stack.sign(people.ada));
  await second.widget.expectUser('Ada Lovelace');
  await expect(second.widget.replies).toHaveCount(1);
  await second.widget.input.fill('half a thought');
  await ada.page.evaluate(() => window.widgent.logout());
  await second.widget.expectGuest();
  await expect(second.widget.input).toHaveValue('');
  await expect(second.widget.replies).toHaveCount(0);
  await bob.widget.expectUser('Bob Hayes');
});

test('null from getToken is a visitor who is not signed in, and a failure is told', async ({ page, startHost }) => {
  const host = await startHost();
  const { widget, events } = await visit(host, page, () => null);
  await widget.open();
  await widget.expectGuest();
  expect(await widget.ask('how long does shipping take')).not.toBe('');
  expect(await events('identity:error')).toEqual([]);
  const failed = await page.evaluate(() =>
    window
      .widgent('identify', () => Promise.reject(new Error('no network')))
      .then(String, ({ code, hint }) => ({ code, hint }) as unknown),
  );
  expect(failed).toMatchObject({ code: 'get_token_failed' });
});

test("a token that getToken gives after a logout is nobody's, not even for the inspector", async ({
  page,
  startHost,
}) => {
  const host = await startHost();
  let give = (_: string) => {};
  const late = new Promise<string>((resolve) => (give = resolve));
  const { widget, calls } = await visit(host, page, () => late);
  await widget.open();
  await expect.poll(calls).toBe(1);
  await page.evaluate(() => window.widgent.logout());
  give(host.stack.sign(people.ada));
  await page.waitForTimeout(300);
  const told = await page.evaluate(() => window.widgent.diagnose());
  expect(told.identity).toEqual({ state: 'guest', verdict: 'none' });
  expect(told).not.toHaveProperty('claims');
});

test('the events tell the page what the panel shows', async ({ page, startHost }) => {
  const host = await startHost();
  const { stack } = host;
  const { widget, events } = await visit(host, page, () => stack.sign(people.ada));
  await widget.open();
  await widget.expectUser('Ada Lovelace');
  const reply = await widget.ask('where is my order A-1001');
  const deltas = await events('reply:delta');
  expect(
    deltas
      .map(({ delta }) => delta)
      .join('')
      .trim(),
  ).toBe(reply);
  expect(await events('message:sent')).toHaveLength(1);
  expect(await events('message:received')).toHaveLength(1);
  expect(await events('tool:start')).toMatchObject([{ name: 'get_order' }]);
  expect(await events('tool:end')).toMatchObject([{ name: 'get_order', ok: true }]);
});

test("the guest's conversation comes along once, and what an expired user said goes to that user alone", async ({
  page,
  startStack,
}) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await widget.open();
  await widget.ask('how long does shipping take');
  await shop.identify(stack.sign({ ...people.ada, exp: now() + 8 }));
  await expect(widget.questions.filter({ hasText: 'how long does shipping take' })).toHaveCount(1);
  expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
  await expect(widget.notice).toContainText(strings.notices.identity_expired!, { timeout: 20_000 });
  await widget.ask('do you sell yellow umbrellas');

  // case 10: another sub never gets the guest's turns.
  const other = await page.context().newPage();
  const bobs = await Shop.visit(other, stack);
  await bobs.widget.open();
  await bobs.identify(stack.sign(people.bob));
  await bobs.widget.expectUser('Bob Hayes');
  expect(await bobs.widget.traces()).not.toContain('yellow umbrellas');

  await shop.identify(stack.sign(people.ada));
  for (const text of ['how long does shipping take', 'where is my order A-1001', 'do you sell yellow umbrellas'])
    await expect(widget.questions.filter({ hasText: text })).toHaveCount(1);
});

test("case 10: another sub never gets A's guest turns", async ({ page, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await widget.open();
  await shop.identify(stack.sign({ ...people.ada, exp: now() + 5 }));
  await expect(widget.notice).toContainText(strings.notices.identity_expired!, { timeout: 20_000 });
  await widget.ask('do you sell yellow umbrellas');
  await shop.identify(stack.sign(people.bob));
  await widget.expectUser('Bob Hayes');
  await expect(widget.questions).toHaveCount(0);
  expect(await widget.traces()).not.toContain('yellow umbrellas');
  await page.reload();
  await shop.identify(stack.sign(people.bob));
  await shop.widget.open();
  await shop.widget.expectUser('Bob Hayes');
  await page.waitForTimeout(500);
  expect(await shop.widget.traces()).not.toContain('yellow umbrellas');
});

test('a product that asks first moves nothing without a yes', async ({ page, startStack }) => {
  const stack = await startStack((product) => {
    product.verification.merge = 'ask';
  });
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await widget.open();
  await widget.ask('how long does shipping take');
  await shop.identify(stack.sign(people.ada));
  await expect(widget.panel.getByText(strings.merge)).toBeVisible();
  await expect(widget.questions).toHaveCount(0);
  await widget.panel.getByRole('button', { name: strings.mergeYes }).click();
  await expect(widget.questions.filter({ hasText: 'how long does shipping take' })).toHaveCount(1);
  await expect(widget.panel.getByText(strings.merge)).toBeHidden();
});

test('a product that requires identity, or locks at the end, lets nobody write without it', async ({
  page,
  startStack,
}) => {
  const stack = await startStack((product) => {
    product.verification.identity = 'required';
  });
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  const locked = widget.panel.getByPlaceholder(strings.locked);
  await shop.page.waitForFunction(() => window.widgent.state?.ready);
  await widget.root.locator('button.l').click();
  await expect(locked).toBeDisabled();
  await shop.identify(stack.sign({ ...people.ada, exp: now() + 5 }));
  await expect(widget.input).toBeEnabled();
  expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
  await expect(locked).toBeDisabled({ timeout: 20_000 });
  await expect(widget.replies).toHaveCount(0);
});
