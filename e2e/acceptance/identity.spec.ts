// Whose conversation it is, at each step that a page can take.
import { readFileSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';
import { strings } from '../../web/panel/strings.ts';
import { expect, test } from '../fixtures.ts';
import { Shop } from '../shop.ts';
import { now, people } from '../token.ts';

const tokens = (shop: Shop) => [...new Set(shop.requests.flatMap(({ token }) => (token ? [token] : [])))];

// The stub that the demo's page carries, up to its first call.
const stub = /<script>([^]*?)widgent\.init\(/.exec(readFileSync(`${root}/demo/shop/index.html`, 'utf8'))![1]!;

test("case 01: identify queued before the script, then B: only B's token leaves the browser", async ({
  page,
  stack,
}) => {
  const [ada, bob] = [stack.sign(people.ada), stack.sign(people.bob)];
  await page.addInitScript(`${stub} window.calls = [widgent('identify', '${ada}'), widgent.identify('${bob}')]`);
  const sent: string[] = [];
  page.on('request', (request) => sent.push(JSON.stringify([request.url(), request.headers(), request.postData()])));
  const shop = await Shop.visit(page, stack);
  const settled = await page.evaluate(() =>
    (window as unknown as { calls: Promise<unknown>[] }).calls.reduce(
      async (before: Promise<unknown[]>, call) => [
        ...(await before),
        await call.then(
          (value) => (value as { sub: string }).sub,
          (error) => error.code,
        ),
      ],
      Promise.resolve([]),
    ),
  );
  expect(settled).toEqual(['superseded', 'bob']);
  await shop.widget.open();
  await shop.widget.expectUser('Bob Hayes');
  await shop.widget.ask('who am I');
  expect(tokens(shop)).toEqual([`Bearer ${bob}`]);
  const ofAda = ada.split('.')[1]!;
  expect(sent.length).toBeGreaterThan(5);
  for (const request of sent) expect(request).not.toContain(ofAda);
  // The first word to the server is Bob's: no guest came before him.
  expect(shop.asked('/session')[0]).toMatchObject({ token: `Bearer ${bob}` });
});

test('case 02: init alone creates no server row', async ({ page, startStack }) => {
  const stack = await startStack();
  const tables = await stack.rows<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
  const count = async () => {
    const counts = tables.map(({ name }) => `SELECT '${name}' AS name, count(*) AS rows FROM ${name}`);
    const filled = await stack.rows<{ name: string; rows: number }>(counts.join(' UNION ALL '));
    return filled.filter(({ rows }) => rows > 0).map(({ name }) => name);
  };
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['threads', 'messages', 'audit']));
  const shop = await Shop.visit(page, stack);
  await page.waitForFunction(() => window.widgent.state?.ready);
  await page.waitForTimeout(500);
  expect(shop.requests).toEqual([]);
  expect(await count()).toEqual([]);
  // Nor does a guest who looks, only one who writes.
  await shop.widget.open();
  await expect(shop.widget.panel).toContainText('Hi! Ask me about shipping');
  expect(await count()).toEqual([]);
  await shop.widget.ask('how long does shipping take');
  expect(await count()).toEqual(expect.arrayContaining(['threads', 'messages']));
});

test("case 05: A's queued offline messages are not sent as B", async ({ page, context, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await shop.identify(stack.sign(people.ada));
  await widget.open();
  await widget.expectUser('Ada Lovelace');
  await page.evaluate(() => {
    const dropped: unknown[] = Object.assign(window, { dropped: [] as unknown[] }).dropped;
    void window.widgent.on('message:dropped', ({ reason }) => dropped.push(reason));
  });
  await context.setOffline(true);
  await widget.send('a secret of Ada, and her order A-1001');
  await widget.send('her second thought');
  await expect(widget.questions.last()).toContainText(strings.queued);
  const asBob = shop.identify(stack.sign(people.bob));
  await expect(widget.questions).toHaveCount(0);
  expect(await widget.traces()).not.toMatch(/secret of Ada|second thought/);
  await context.setOffline(false);
  expect(await asBob).toMatchObject({ sub: 'bob' });
  await widget.expectUser('Bob Hayes');
  expect(await widget.ask('who am I')).toContain('Bob');
  expect(await page.evaluate('dropped')).toEqual(['identity_changed', 'identity_changed']);
  expect(shop.asked('/agent')).toHaveLength(1);
  expect(JSON.stringify(shop.requests)).not.toMatch(/secret of Ada|second thought/);
  const stored = await stack.rows<{ text: string }>('SELECT text FROM messages WHERE role = 0');
  expect(stored).toEqual([{ text: 'who am I' }]);
  expect(await stack.storedBytes()).not.toMatch(/secret of Ada|second thought/);
});

test('case 06: two identifies racing, answers out of order', async ({ page, stack }) => {
  const shop = await Shop.visit(page, stack);
  const [ada, bob] = [stack.sign(people.ada), stack.sign(people.bob)];
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let isHeld = false;
  await page.route('**/session', async (route) => {
    if (route.request().headers().authorization !== `Bearer ${ada}`) return route.continue();
    const response = await route.fetch(); // the server has seen Ada; her answer comes last
    isHeld = true;
    await held;
    await route.fulfill({ response }).catch(() => {});
  });
  await shop.widget.open();
  await shop.widget.expectGuest();
  const first = shop.identify(ada);
  await expect.poll(() => isHeld).toBe(true);
  const second = shop.identify(bob);
  expect(await second).toMatchObject({ sub: 'bob' });
  expect(await first).toMatchObject({ code: 'superseded' });
  release();
  await page.waitForTimeout(500);
  await shop.widget.expectUser('Bob Hayes');
  expect(await page.evaluate(() => window.widgent.state!.identity)).toMatchObject({ state: 'user', sub: 'bob' });
  expect(await shop.widget.ask('who am I')).toContain('Bob');
  expect(shop.asked('/agent').map(({ token }) => token)).toEqual([`Bearer ${bob}`]);
  expect(await shop.widget.traces()).not.toContain('Lovelace');
});

test("case 08: expiry without getToken: the next message is a guest's", async ({ page, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await widget.open();
  await shop.identify(stack.sign(people.ada));
  expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
  await widget.input.fill('where is my order A-1001 again');
  expect(await shop.identify(stack.sign({ ...people.ada, exp: now() + 4 }))).toMatchObject({ sub: 'ada' });
  await expect(widget.notice).toContainText(strings.notices.identity_expired!, { timeout: 15_000 });
  await widget.expectGuest();
  await expect(widget.questions).toHaveCount(0);
  await widget.input.press('Enter'); // the draft has stayed
  await expect(widget.replies.last()).toContainText(/sign in/i);

  const [asAda, asGuest] = shop.asked('/agent');
  expect(asAda!.token).toBeTruthy();
  expect(asGuest!.token).toBeUndefined();
  expect(asGuest!.guest).toBeTruthy();
  expect(JSON.parse(asGuest!.body).threadId).not.toBe(JSON.parse(asAda!.body).threadId);
  const owners = await stack.rows(
    'SELECT owner_kind AS kind, owner_id AS id, text FROM messages JOIN threads ON threads.key = thread WHERE role = 0 ORDER BY messages.key',
  );
  expect(owners).toEqual([
    { kind: expect.anything(), id: 'ada', text: 'where is my order A-1001' },
    { kind: expect.anything(), id: asGuest!.guest, text: 'where is my order A-1001 again' },
  ]);
  expect(stack.toolCalls('express')).toHaveLength(1);
});

test('case 20: logout offline', async ({ page, context, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await widget.open();
  await shop.identify(stack.sign(people.ada));
  const guest = shop.requests.at(-1)!.guest;
  await widget.ask('where is my order A-1001');
  await context.setOffline(true);
  await widget.send('one more of Ada');
  await widget.input.fill('a draft of Ada');
  await page.evaluate(() => window.widgent('logout'));
  await widget.expectGuest();
  const ofAda = /A-1001|of Ada|Lovelace|arrives on Thursday/;
  expect(await widget.traces()).not.toMatch(ofAda);
  await expect(widget.input).toHaveValue('');

  const before = shop.requests.length;
  await context.setOffline(false);
  expect(await widget.ask('how long does shipping take')).toContain('working days');
  const later = shop.requests.slice(before).filter(({ url }) => !url.endsWith('/diagnose'));
  expect(later.length).toBeGreaterThan(0);
  for (const { token, body, guest: rotated } of later) {
    expect(token).toBeUndefined();
    expect(rotated).not.toBe(guest);
    expect(body).not.toMatch(ofAda);
  }
  expect(await widget.traces()).not.toMatch(ofAda);
  expect(JSON.stringify(await stack.rows('SELECT text FROM messages'))).not.toContain('one more of Ada');
  await page.reload();
  await widget.open();
  await widget.expectGuest();
  expect(await widget.traces()).not.toMatch(ofAda);
});
