// The promise: a token that the site did not sign is refused, and whoever built the page is told why.
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';

test('case 15: a forged token is refused with 401, the code and a hint; the visitor goes on as a guest', async ({
  shop,
  page,
}) => {
  const { widget } = shop;
  await shop.signIn('Ada');
  await widget.open();
  await widget.ask('where is my order A-1001');

  const answer = page.waitForResponse((response) => response.url().endsWith('/session') && response.status() !== 200);
  await shop.press('Forged token');
  expect((await answer).status()).toBe(401);

  await expect(page.locator('#log')).toContainText('refused: invalid_signature');
  await expect(widget.notice).toContainText(strings.notices.identity_refused!);
  await widget.expectGuest();
  await expect(widget.replies).toHaveCount(0);
  const said = shop.console.filter((line) => line.startsWith('[widgent] invalid_signature: '));
  expect(said).toHaveLength(1);
  expect(said[0]!.length).toBeGreaterThan('[widgent] invalid_signature: '.length + 20);
  expect(await widget.ask('where is my order A-1001')).toMatch(/sign in/i);
});
