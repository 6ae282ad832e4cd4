// The promise: the agent knows who is signed in, and a site's tools get that user and nobody else.
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';

for (const backend of ['express', 'fastapi'] as const) {
  test.describe(`The shop in ${backend}`, () => {
    test('Ada is greeted by name and gets her own order, by a tool that received her claims', async ({
      page,
      stack,
    }) => {
      const shop = await Shop.visit(page, stack, backend);
      const { widget } = shop;
      await shop.signIn('Ada');
      await widget.open();
      await expect(widget.panel).toContainText('Hi Ada Lovelace');
      await widget.expectUser('Ada Lovelace');

      expect(await widget.ask('where is my order A-1001')).toContain('Order A-1001 (Ridge 2 tent) is shipped.');
      const told = stack
        .toolCalls(backend)
        .filter((line) => line.includes('get_order A-1001'))
        .at(-1)!;
      const user = JSON.parse(told.slice(told.indexOf('{')));
      expect(user).toMatchObject({
        sub: 'ada',
        email: 'ada@acme.example',
        name: 'Ada Lovelace',
        metadata: { plan: 'pro' },
        verified: true,
      });
    });
  });
}

test("Bob's order is refused to Ada by the shop's own tool", async ({ shop, stack }) => {
  await shop.signIn('Ada');
  await shop.widget.open();
  const reply = await shop.widget.ask('where is my order A-2001');
  expect(reply).toContain('That order belongs to another customer.');
  expect(reply).not.toContain('backpack');
  expect(stack.toolCalls('express').at(-1)).toContain('get_order A-2001 for {"sub":"ada"');
});

test('A refund is asked for with the reason, once, after a yes', async ({ shop, stack }) => {
  await shop.signIn('Bob');
  await shop.widget.open();
  await shop.widget.send('please refund my order A-2002, it came late');
  const card = shop.widget.panel.locator('.approval');
  await expect(card).toContainText('refund order A-2002 (late)?');
  expect(stack.toolCalls('express').filter((line) => line.includes('refund_order A-2002'))).toHaveLength(0);
  await card.getByRole('button', { name: strings.approve }).click();
  await expect(shop.widget.replies.last()).toContainText('refund of order A-2002');
  expect(stack.toolCalls('express').filter((line) => line.includes('refund_order A-2002'))).toHaveLength(1);
});

test('A guest gets answers from the help pages, and no order', async ({ shop, stack }) => {
  await shop.widget.open();
  await shop.widget.expectGuest();
  expect(await shop.widget.ask('how long does shipping take')).toContain('two to four working days');
  await expect(shop.widget.replies.last().getByRole('link').first()).toHaveAttribute(
    'href',
    `${stack.url('express')}/help/shipping#how-long-shipping-takes`,
  );
  const calls = stack.toolCalls('express').length;
  expect(await shop.widget.ask('where is my order A-1001')).toContain('sign in');
  expect(stack.toolCalls('express')).toHaveLength(calls);
});

test('Half an emoji, as some input methods leave it, is sent as the sign for what cannot be read', async ({ shop }) => {
  const { widget } = shop;
  await widget.open();
  await widget.input.evaluate((field: HTMLTextAreaElement) => {
    field.value = 'where is \ud83d my order?';
    field.dispatchEvent(new InputEvent('input'));
  });
  await widget.input.press('Enter');
  await expect(widget.questions).toHaveText(/where is \ufffd my order\?/);
  await expect(widget.replies).toHaveCount(1);
});
