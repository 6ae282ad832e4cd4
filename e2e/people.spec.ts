// The promise: a visitor who wants a person gets one in the same chat, and what only the shop's people may allow waits
// for them.
import { HelpDesk } from '../tests/node/help_desk.mjs';
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';
import type { Stack } from './stack.ts';
import { people } from './token.ts';

test.describe('A help desk', () => {
  let desk: HelpDesk, stack: Stack, shop: Shop;

  test.beforeEach(async ({ page, startStack }) => {
    desk = await new HelpDesk().listen();
    stack = await startStack((product) => {
      if (product.id === 'acme') desk.describe(product);
    });
    shop = await Shop.visit(page, stack);
    await shop.signIn('Ada');
    await shop.widget.open();
  });
  test.afterEach(() => desk.stop());

  const answer = (text: string) =>
    desk.act(stack.url('widgent'), `threads/${desk.events[0]!.thread_id}/messages`, { text, name: 'Maria' });
  const last = () => shop.widget.replies.last();

  test('takes a conversation over: its people answer in the chat, live and by name, until they hand it back', async ({
    page,
  }) => {
    const { widget } = shop;
    expect(await widget.ask('I want to talk to a person')).toContain('A person will answer you here.');
    expect(desk.events[0]).toMatchObject({ type: 'handoff.requested', user: { sub: 'ada' } });

    await answer('Hello Ada, what can I do for you?');
    await expect(last()).toContainText('Hello Ada, what can I do for you?');
    await expect(last().locator('.person')).toHaveText('Maria');
    await expect(last().getByRole('button', { name: strings.up })).toHaveCount(0);

    const replies = await widget.replies.count();
    await widget.send('my tent leaks');
    await expect.poll(() => desk.events.at(-1)?.message?.text).toBe('my tent leaks');
    await expect(widget.questions.last()).toHaveClass(/\bsent\b/);
    expect(await widget.replies.count()).toBe(replies);

    await page.reload();
    await shop.signIn('Ada');
    await widget.open();
    await expect(last().locator('.person')).toHaveText('Maria');
    await expect(widget.questions.last()).toHaveClass(/\bsent\b/);
    await answer('We send you another one.');
    await expect(last()).toContainText('We send you another one.');

    await desk.act(stack.url('widgent'), `threads/${desk.events[0]!.thread_id}/hand-back`);
    expect(await widget.ask('thanks')).toContain('You are welcome');
  });

  test('answers after a crash of the server, which the widget sits out', async () => {
    const { widget } = shop;
    await widget.ask('I want to talk to a person');
    await stack.crashServer();
    await stack.startServer();
    await answer('I am still here.');
    await expect(last()).toContainText('I am still here.');
  });

  test('is not heard by whoever signs in next', async ({ page }) => {
    await shop.widget.ask('I want to talk to a person');
    await shop.identify(stack.sign(people.bob));
    await shop.widget.expectUser('Bob Hayes');
    await answer('A secret for Ada');
    expect(shop.asked('/events').length).toBeGreaterThan(0);
    await page.waitForTimeout(500);
    expect(await shop.widget.traces()).not.toContain('A secret for Ada');
  });

  test('that is closed leaves the visitor with the agent', async () => {
    desk.isOpen = false;
    expect(await shop.widget.ask('I want to talk to a person')).toContain('I could not reach our people');
    expect(await shop.widget.ask('thanks')).toContain('You are welcome');
  });
});

test.describe('A refund that the shop must agree to', () => {
  const wish = 'please refund my damaged order A-1001';
  const refunds = (stack: Stack) => stack.toolCalls('express').filter((line) => line.includes('refund_order'));
  let desk: HelpDesk, stack: Stack, shop: Shop;
  const card = () => shop.widget.panel.locator('.approval');

  test.beforeEach(async ({ page, startStack }) => {
    desk = await new HelpDesk().listen();
    stack = await startStack((product) => {
      if (product.id === 'acme') desk.describe(product);
      const refund = product.tools?.find(({ name }: { name: string }) => name === 'refund_order');
      if (refund?.approval) refund.approval = { by: 'operator', message: 'Refund order {{args.order_id}}?' };
    });
    shop = await Shop.visit(page, stack);
    await shop.signIn('Ada');
    await shop.widget.open();
    await shop.widget.send(wish);
    await expect(card()).toContainText(strings.approval.waiting);
  });

  test.afterEach(() => desk.stop());

  const questionId = async () =>
    JSON.parse((await stack.widgentd('approvals', 'list', 'acme', '--json')).out).approvals[0].id as string;

  test('waits calmly, goes on once it has, and is made once', async () => {
    await expect(card().getByRole('button')).toHaveCount(0);
    const step = shop.widget.panel.locator('div.step').filter({ hasText: 'Refunding your order…' });
    await expect(step).toHaveClass(/waiting/);
    await expect(step.locator('.spin')).toHaveCount(0);
    expect(refunds(stack)).toHaveLength(0);
    expect((await stack.widgentd('approvals', 'approve', 'acme', await questionId())).code).toBe(0);
    await expect(card()).toContainText(strings.approval.approved2);
    await expect(shop.widget.replies.last()).toContainText('I have asked for a refund of order A-1001');
    expect(refunds(stack)).toHaveLength(1);
  });

  test('is not made where the shop says no', async () => {
    await stack.widgentd('approvals', 'reject', 'acme', await questionId());
    await expect(card()).toContainText(strings.approval.rejected2);
    await expect(shop.widget.replies.last()).toContainText('they said no');
    expect(refunds(stack)).toHaveLength(0);
  });

  test('survives a reload of the page and a crash of the server', async ({ page }) => {
    await page.reload();
    await stack.crashServer();
    await stack.startServer();
    await shop.signIn('Ada');
    await shop.widget.open();
    await expect(card()).toContainText(strings.approval.waiting);
    await stack.widgentd('approvals', 'approve', 'acme', await questionId());
    await expect(shop.widget.replies.last()).toContainText('I have asked for a refund of order A-1001');
    expect(refunds(stack)).toHaveLength(1);
  });

  test('is not made for whoever signs in next', async ({ page }) => {
    await shop.identify(stack.sign(people.bob));
    await shop.widget.expectUser('Bob Hayes');
    await stack.widgentd('approvals', 'approve', 'acme', await questionId());
    await page.waitForTimeout(1500);
    expect(refunds(stack)).toHaveLength(0);
    await shop.identify(stack.sign(people.ada));
    await expect(shop.widget.replies.last()).toContainText('I have asked for a refund of order A-1001');
    expect(refunds(stack)).toHaveLength(1);
  });

  test('is agreed to on the dashboard, by name', async ({ context }) => {
    const dashboard = await context.newPage();
    const answered = await dashboard.goto(`${stack.url('widgent')}/dashboard`);
    expect(answered!.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
    const enter = async (key: string) => {
      await dashboard.getByLabel('Product').fill('acme');
      await dashboard.getByLabel('Admin key').fill(key);
      await dashboard.getByLabel('Your name').fill('Maria');
      await dashboard.getByRole('button', { name: 'Sign in' }).click();
    };
    await enter('wsk_wrong');
    await expect(dashboard.getByRole('status')).toContainText('No product of this name has this admin key');
    await enter(desk.adminKey);
    await dashboard.getByRole('link', { name: 'Approvals 1 waiting' }).click();
    const item = dashboard.getByRole('main').getByRole('listitem');
    await expect(item).toContainText('Refund order A-1001?');
    await expect(item).toContainText('"order_id": "A-1001"');
    await expect(item).toContainText('For ada');
    await item.getByRole('button', { name: 'Approve' }).click();
    await expect(item).toHaveCount(0);
    await expect(shop.widget.replies.last()).toContainText('I have asked for a refund of order A-1001');
    expect(refunds(stack)).toHaveLength(1);
    const audit = await stack.widgentd('audit', 'show', '--product', 'acme', '--json');
    expect(audit.out).toContain('(Maria)');
    const listed = await stack.widgentd('audit', 'show', '--product', 'acme', '--outcome', 'approved');
    expect(listed.out).toMatch(/, by admin key [0-9a-f]{8} \(Maria\)/);
    expect(await dashboard.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).toBe('{}');
  });
});
