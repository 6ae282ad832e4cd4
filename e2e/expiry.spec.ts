// The promise: when a token ends the widget goes on as a guest, says so, and the user's context is gone until they
// sign in again. Whether it has ended, no clock of the visitor's says.
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';
import type { Stack } from './stack.ts';
import { now, people } from './token.ts';

// The same user again, with a token that ends soon: nothing that takes its time has to come before the end.
const lifetimeSeconds = 4;
const endsSoon = (stack: Stack) => stack.sign({ ...people.ada, exp: now() + lifetimeSeconds });

test('case 09: same sub again restores', async ({ page, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack, 'express', `?ttl=${lifetimeSeconds}`);
  const { widget } = shop;
  await widget.open();
  await shop.signIn('Ada');
  expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
  await widget.input.fill('a draft that stays');
  await shop.press('60-second token');

  await expect(widget.notice).toContainText(strings.notices.identity_expired!, { timeout: 20_000 });
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

for (const [name, days] of [
  ['fast', 1],
  ['slow', -1],
] as const)
  test(`case 14: wall clock off by a day: same behaviour, where it is ${name}`, async ({ page, stack }) => {
    await page.addInitScript((days) => {
      const off = days * 24 * 3600 * 1000;
      const RealDate = Date;
      window.Date = class extends RealDate {
        constructor(...given: []) {
          super(...((given.length ? given : [RealDate.now() + off]) as []));
        }
        static override now() {
          return RealDate.now() + off;
        }
      } as DateConstructor;
    }, days);
    const shop = await Shop.visit(page, stack);
    expect(Math.abs((await page.evaluate(() => new Date().getTime())) - Date.now())).toBeGreaterThan(86_000_000);
    const { widget } = shop;
    await widget.open();
    expect(await shop.identify(stack.sign(people.ada))).toMatchObject({ sub: 'ada' });
    await widget.expectUser('Ada Lovelace');
    expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
    await widget.expectUser('Ada Lovelace');

    const { expiresIn, lived } = await page.evaluate(async (token) => {
      const expired = new Promise<void>((resolve) => window.widgent.on('identity:expired', () => resolve()));
      const { expiresIn = 0 } = await window.widgent.identify(token);
      const began = performance.now();
      await expired;
      return { expiresIn, lived: (performance.now() - began) / 1000 };
    }, endsSoon(stack));
    expect(expiresIn).toBeLessThanOrEqual(lifetimeSeconds);
    expect(lived).toBeGreaterThan(expiresIn - 2);
    expect(lived).toBeLessThan(expiresIn + 3);
    await widget.expectGuest();
  });
