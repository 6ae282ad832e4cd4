// The promise: when a token ends the widget goes on as a guest, says so, and the user's context is gone until they
// sign in again.
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';

test('A token ends, the widget goes on as a guest; signed in again, the thread is back', async ({ page, stack }) => {
  const shop = await Shop.visit(page, stack, 'express', '?ttl=10');
  const { widget } = shop;
  await shop.signIn('Ada');
  await shop.press('60-second token');
  await expect(page.locator('#log')).toContainText(/for \d+ s/);
  await widget.open();
  expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
  await widget.input.fill('a draft that stays');

  await expect(widget.notice).toContainText(strings.notice('identity_expired'), { timeout: 20_000 });
  await widget.expectGuest();
  await expect(widget.replies).toHaveCount(0);
  await expect(widget.questions).toHaveCount(0);
  await expect(widget.input).toHaveValue('a draft that stays');

  const calls = stack.toolCalls('express').length;
  expect(await widget.ask('where is my order A-1001')).toMatch(/sign in/i);
  expect(stack.toolCalls('express')).toHaveLength(calls);

  await shop.signIn('Ada');
  await widget.expectUser('Ada Lovelace');
  await expect(widget.replies.filter({ hasText: 'Ridge 2 tent' })).toHaveCount(1);
  expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
});

test("A visitor's wrong clock changes nothing", async ({ page, stack }) => {
  await page.addInitScript(() => {
    const day = 24 * 3600 * 1000;
    const now = Date.now.bind(Date);
    Date.now = () => now() + day;
  });
  const shop = await Shop.visit(page, stack);
  await shop.signIn('Ada');
  await shop.widget.open();
  await shop.widget.expectUser('Ada Lovelace');
  expect(await shop.widget.ask('where is my order A-1001')).toContain('A-1001');
});
