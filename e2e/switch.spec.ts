// The promise: identify() again changes who the widget talks to at once, and nothing of the one before is left.
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';
import { slow } from './slow.ts';
import { people } from './token.ts';

test('case 04: A to B mid-stream: no chunk of A afterwards, no text of A in DOM, shadow root, storage', async ({
  page,
  startStack,
}) => {
  const shop = await Shop.visit(page, await startStack(slow.change));
  const { widget } = shop;
  await shop.signIn('Ada');
  await widget.open();
  await widget.send('where is my order A-1001');
  await expect(widget.replies.last()).toContainText(slow.beginning);
  await widget.input.fill('and a draft of Ada');

  await shop.signIn('Bob');
  await widget.expectUser('Bob Hayes');
  const chunksOfAda = /A-1001|milestone|draft of Ada|Lovelace/;
  expect(await widget.traces()).not.toMatch(chunksOfAda);
  // A late piece of Ada's stream would come within this time.
  await page.waitForTimeout(1500);
  expect(await widget.traces()).not.toMatch(chunksOfAda);
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toMatch(/\bada\b/);

  const before = shop.requests.length;
  expect(await widget.ask('who am I')).toContain('Bob Hayes');
  for (const { body, token } of shop.requests.slice(before)) {
    expect(body).not.toMatch(chunksOfAda);
    expect(token).toBeTruthy();
  }
  expect(await widget.traces()).not.toMatch(chunksOfAda);
});

test("Back as Ada, her thread is there again with the reply that was cut off, and nothing of Bob's", async ({
  page,
  startStack,
}) => {
  const shop = await Shop.visit(page, await startStack(slow.change));
  const { widget } = shop;
  await shop.signIn('Ada');
  await widget.open();
  await widget.send('where is my order A-1001');
  await expect(widget.replies.last()).toContainText(slow.beginning);
  await shop.signIn('Bob');
  await widget.ask('hello, it is me');
  await shop.signIn('Ada');
  await expect(widget.questions.filter({ hasText: 'where is my order A-1001' })).toHaveCount(1);
  await expect(widget.replies.filter({ hasText: slow.beginning })).toHaveCount(1);
  await expect(widget.panel).not.toContainText('hello, it is me');
});

test('case 03: same-sub identify mid-stream keeps the stream', async ({ page, startStack }) => {
  const stack = await startStack(slow.change);
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  const [first, second] = [stack.sign(people.ada), stack.sign(people.ada)];
  await shop.identify(first);
  await widget.open();
  await widget.send('where is my order A-1001');
  await expect(widget.replies.last()).toContainText(slow.beginning);
  expect(await shop.identify(second)).toMatchObject({ sub: 'ada' });
  await expect(widget.replies.last()).not.toContainText(slow.end);
  await expect(widget.replies.last()).toContainText(slow.end, { timeout: 30_000 });
  await expect(widget.replies).toHaveCount(1);
  await expect(widget.questions).toHaveCount(1);
  // One request has brought the whole reply; the next one carries the new token.
  expect(shop.requests.filter(({ url }) => /\/(agent|events)$/.test(url)).map(({ token }) => token)).toEqual([
    `Bearer ${first}`,
  ]);
  await widget.ask('who am I');
  expect(shop.asked('/agent').at(-1)!.token).toBe(`Bearer ${second}`);
});

test('Signing out clears the chat and leaves a guest without any order', async ({ shop }) => {
  const { widget } = shop;
  await shop.signIn('Ada');
  await widget.open();
  await widget.ask('where is my order A-1001');
  await shop.signOut();
  await widget.expectGuest();
  expect(await widget.traces()).not.toMatch(/A-1001|Lovelace/);
  expect(await widget.ask('where is my order A-1001')).toContain('sign in');
});
