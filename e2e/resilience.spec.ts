// The promise: a server that dies and a network that goes away lose nothing and double nothing.
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';
import { slow } from './slow.ts';

test('The server is killed while a reply streams and started again: the message is there once', async ({
  page,
  startStack,
}) => {
  const stack = await startStack(slow.change);
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await shop.signIn('Ada');
  await widget.open();
  await widget.send('where is my order A-1001');
  await expect(widget.replies.last()).toContainText(slow.beginning);
  await stack.crashServer();
  await expect(widget.panel).toContainText(/Reconnecting/);
  await stack.startServer();

  // Either the reply completes, or it says that it was interrupted and offers Retry.
  const retry = widget.panel.getByRole('button', { name: strings.retry });
  const complete = widget.replies.filter({ hasText: slow.end });
  await expect(retry.or(complete).first()).toBeVisible({ timeout: 30_000 });
  await expect(widget.questions).toHaveCount(1);
  if (await retry.isVisible()) {
    await retry.click();
    await expect(complete).toBeVisible({ timeout: 30_000 });
    await expect(widget.questions).toHaveCount(1);
  }

  await page.reload();
  await expect(page.locator('#log')).toContainText('identified as ada');
  await widget.open();
  await expect(widget.questions).toHaveCount(1);
});

test('What is typed while offline is sent once when the network is back', async ({ page, context, startStack }) => {
  const stack = await startStack(); // it counts calls
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await shop.signIn('Bob');
  await widget.open();
  await context.setOffline(true);
  await widget.send('where is my order A-2001');
  await expect(widget.questions.last()).toContainText(strings.queued);
  await context.setOffline(false);
  await expect(widget.replies.last()).toContainText('A-2001');
  await expect(widget.questions).toHaveCount(1);
  expect(stack.toolCalls('express').filter((line) => line.includes('get_order A-2001 for {"sub":"bob"'))).toHaveLength(
    1,
  );
});
