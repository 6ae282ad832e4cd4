// The promise: when a token ends the widget goes on as a guest, says so, and the user's context is gone until they
// sign in again. Whether it has ended, no clock of the visitor's says.
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';
import { now, people } from './token.ts';

const lifetimeSeconds = 8;

test('case 09: same sub again restores', async ({ page, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await widget.open();
  await shop.identify(stack.sign({ ...people.ada, exp: now() + lifetimeSeconds }));
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

  expect(await shop.identify(stack.sign(people.ada))).toMatchObject({ sub: 'ada' });
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
    const began = performance.now();
    const verdict = await shop.identify(stack.sign({ ...people.ada, exp: now() + lifetimeSeconds }));
    expect(verdict.sub).toBe('ada');
    expect(verdict.expiresIn).toBeGreaterThan(lifetimeSeconds - 4);
    expect(verdict.expiresIn).toBeLessThanOrEqual(lifetimeSeconds);
    await widget.expectUser('Ada Lovelace');
    expect(await widget.ask('where is my order A-1001')).toContain('A-1001');
    await widget.expectUser('Ada Lovelace');
    await expect(widget.notice).toContainText(strings.notice('identity_expired'), { timeout: 20_000 });
    await widget.expectGuest();
    const lived = (performance.now() - began) / 1000;
    expect(lived).toBeGreaterThan(lifetimeSeconds - 4);
    expect(lived).toBeLessThan(lifetimeSeconds + 6);
  });
