// The promise: identify() again changes who the widget talks to at once, and nothing of the one before is left.
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';
import { slow } from './slow.ts';

test('Switching to Bob in the middle of a reply leaves nothing of Ada', async ({ page, startStack }) => {
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

test('The same user again keeps the running reply', async ({ page, startStack }) => {
  const shop = await Shop.visit(page, await startStack(slow.change));
  const { widget } = shop;
  await shop.signIn('Ada');
  await widget.open();
  await widget.send('where is my order A-1001');
  await expect(widget.replies.last()).toContainText(slow.beginning);
  await shop.signIn('Ada');
  await expect(widget.replies.last()).toContainText(slow.end, { timeout: 30_000 });
  await expect(widget.replies).toHaveCount(1);
});

test('Signing out clears the chat and leaves a guest without any order', async ({ shop }) => {
  const { widget } = shop;
  await shop.signIn('Ada');
  await widget.open();
  await widget.ask('where is my order A-1001');
  await shop.press('Sign out');
  await widget.expectGuest();
  expect(await widget.traces()).not.toMatch(/A-1001|Lovelace/);
  expect(await widget.ask('where is my order A-1001')).toContain('sign in');
});
