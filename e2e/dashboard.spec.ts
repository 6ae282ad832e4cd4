// The promise: the owner's people run a product from its dashboard, and what they do there holds at once.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, identifyTimes, openSession, test, type Dashboard } from './dashboard.ts';
import { Shop, Widget } from './shop.ts';
import { people, signToken } from './token.ts';

const secretPattern = /wvs_[\w-]{43}/;

/** Answers the new secret, which is shown still. */
async function rotate({ button, dialog }: Dashboard, overlap: string): Promise<string> {
  await button(/^Rotate/).click();
  await dialog.getByLabel('Older secrets go on for').selectOption(overlap);
  await dialog.getByRole('button', { name: 'Make a new secret' }).click();
  await expect(dialog).toContainText(secretPattern);
  return secretPattern.exec(await dialog.innerText())![0];
}

test('The overview tells what the product is, and counts what waits', async ({ page, dashboard }) => {
  const board = await dashboard((product) => (product.tools = []));
  const shop = await Shop.visit(page, board.stack);
  await shop.widget.open();
  await shop.widget.ask('zzyzx quuxify the frobnicator');
  await identifyTimes(board.stack, 3);
  await board.visit('#nowhere');
  await board.enter('wsk_wrong');
  await expect(page.getByRole('status')).toContainText('No product of this name has this admin key');
  await board.enter();
  await expect(page).toHaveURL(/#overview$/);
  await expect(board.main).toContainText('Acme Guide');
  const tile = (name: string) => board.main.getByRole('link', { name });
  await expect(tile('unanswered question')).toHaveText('1unanswered question');
  await expect(tile('waiting approvals')).toHaveText('0waiting approvals');
  const [found] = await board.stack.rows<{ n: number }>("SELECT count(*) AS n FROM audit WHERE product = 'acme'");
  expect(found!.n).toBeGreaterThanOrEqual(3);
  await expect(tile('audit records')).toHaveText(`${found!.n}audit records`);
  await expect(board.card('Get going')).toContainText('Describe a tool');
  const snippet = await board.main.getByLabel('Embed snippet').innerText();
  expect(snippet).toContain(`src="${board.stack.url('widgent')}/widgent.js"`);
  expect(snippet).toContain("widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo' });");
});

test('A page with the embed snippet has the widget, and knows who is signed in', async ({ page, dashboard }) => {
  let html = '';
  let token = '';
  const site = createServer((request, response) => {
    const [type, body] =
      request.method === 'POST' ? ['application/json', JSON.stringify({ token })] : ['text/html', html];
    response.writeHead(200, { 'Content-Type': type }).end(body);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(site.address() as AddressInfo).port}`;
  const board = await dashboard((product) => (product.origins = [origin]));
  await board.signIn();
  html = `<!doctype html><title>A page</title>${await board.main.getByLabel('Embed snippet').innerText()}`;
  token = board.stack.sign(people.ada);
  await page.goto(origin);
  const widget = new Widget(page);
  await widget.open();
  await widget.expectUser('Ada Lovelace');
  site.closeAllConnections();
  site.close();
});

test('A new secret is shown once, and signs tokens from then on; a revoked one no longer does', async ({
  page,
  dashboard,
}) => {
  const board = await dashboard();
  const { stack, dialog } = board;
  await board.signIn('#keys');
  await board.button(/^Rotate/).click();
  const make = dialog.getByRole('button', { name: 'Make a new secret' });
  await expect(make).not.toHaveClass('danger');
  await dialog.getByLabel('Older secrets go on for').selectOption('not at all: they end now');
  await expect(dialog.getByRole('alert').first()).toContainText('nobody can sign in until');
  await expect(make).toHaveClass('danger');
  await page.keyboard.press('Escape');
  const fresh = await rotate(board, 'a day');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(dialog).toContainText(fresh);
  await dialog.getByRole('button', { name: 'I have saved it' }).click();
  await expect(dialog).toHaveCount(0);
  expect(await page.content()).not.toContain(fresh);
  await expect(board.button(/^Rotate/)).toBeFocused();
  await expect(board.card('Verification Secrets').getByRole('row')).toHaveCount(3);

  expect((await openSession(stack, signToken(fresh, people.ada))).status).toBe(200);
  expect((await openSession(stack, stack.sign(people.ada))).status).toBe(200);

  await board.button('Revoke… demo').click();
  await expect(dialog).not.toContainText('the only live secret');
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await expect(board.button('Revoke… demo')).toHaveCount(0);
  await expect(board.main.getByRole('heading', { level: 1 })).toBeFocused();
  const refused = await openSession(stack, stack.sign(people.ada));
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([401, 'invalid_signature']);

  await board.button(/^Revoke/).click();
  await expect(dialog).toContainText('the only live secret');
  const act = dialog.getByRole('button', { name: 'Revoke' });
  await expect(act).toBeDisabled();
  await dialog.getByLabel(/to confirm/).fill('demo');
  await expect(act).toBeDisabled();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect((await openSession(stack, signToken(fresh, people.ada))).status).toBe(200);

  const audit = await stack.widgentd('audit', 'show', '--product', 'acme', '--action', 'product_change');
  expect(audit.out.match(/\(Maria\)/g)).toHaveLength(2);
});

test('A secret that has reached a browser is told of loudly, until it is replaced and revoked', async ({
  dashboard,
}) => {
  const board = await dashboard();
  const { stack, main, dialog } = board;
  const secret = stack.secrets.ACME_VERIFY_SECRET!;
  await openSession(stack, stack.sign(people.ada), stack.url('express'), secret);
  await board.signIn();
  await expect(main).toContainText('A Verification Secret has reached a browser (demo)');
  await main.getByRole('link', { name: 'Mend it now' }).click();
  const notice = main.locator('.notice.wrong');
  await expect(notice).toContainText(`Seen at ${stack.url('express')}`);
  await notice.getByRole('button', { name: 'Rotate…' }).click();
  await dialog.getByRole('button', { name: 'Make a new secret' }).click();
  await dialog.getByRole('button', { name: 'I have saved it' }).click();
  await notice.getByRole('button', { name: 'Revoke…' }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await expect(notice).toHaveCount(0);
  expect((await openSession(stack, stack.sign(people.ada))).status).toBe(401);
});

test('An origin that is added may show the widget, one that is removed may not, and the last one stays', async ({
  dashboard,
}) => {
  const board = await dashboard((product) => (product.origins = ['https://shop.example']));
  const { stack, dialog } = board;
  const status = async (origin: string) => (await openSession(stack, stack.sign(people.ada), origin)).status;
  expect(await status('https://new.example')).toBe(403);
  await board.signIn('#keys');
  await expect(board.button('Remove… https://shop.example')).toBeDisabled();
  const add = async (origin: string) => {
    await board.main.getByLabel('Another origin').fill(origin);
    await board.button('Add origin').click();
  };
  await add('shop');
  await expect(board.card('Origins').getByRole('alert')).toContainText('origin');
  await add('https://shop.example:443');
  await expect(board.card('Origins').getByRole('alert')).toHaveText('It is there already.');
  await add('https://NEW.example/');
  await expect(board.card('Origins').getByRole('listitem')).toHaveCount(2);
  await expect(board.main).toContainText('https://new.example');
  expect(await status('https://new.example')).toBe(200);

  await board.button('Remove… https://shop.example').click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await status('https://shop.example')).toBe(200);
  await board.button('Remove… https://shop.example').click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(board.card('Origins').getByRole('listitem')).toHaveCount(1);
  expect(await status('https://shop.example')).toBe(403);
});

test('A dry run says who is offered a tool and what it would be sent, and sends nothing', async ({ dashboard }) => {
  const board = await dashboard();
  await board.signIn('#tools');
  const tool = board.card('get_order');
  await expect(tool).toContainText('Signed-in users');
  await tool.getByText('Try it').click();
  const run = () => tool.getByRole('button', { name: 'Dry run' }).click();
  await expect(tool.getByLabel('Arguments', { exact: true })).toHaveValue('{\n  "order_id": "A-1"\n}');
  await tool.getByLabel('Arguments', { exact: true }).fill('{"order_id": "A-1001"}');
  await tool.getByLabel('Claims of the token').fill('{"sub": "ada"}');
  await run();
  await expect(tool).toContainText('Nothing was sent.');
  await expect(tool.getByLabel('The request')).toContainText('"order_id":"A-1001"');
  await expect(tool.getByLabel('The request')).toContainText('"customer_id":"ada"');
  await expect(tool).toContainText('ada (verified)');

  await tool.getByLabel('A guest').check();
  await expect(tool.getByLabel('Claims of the token')).toBeHidden();
  await run();
  await expect(tool).toContainText('withheld');
  await expect(tool.getByLabel('The request')).toHaveCount(0);

  const refund = board.card('refund_order');
  await refund.getByText('Try it').click();
  await refund.getByRole('button', { name: 'Dry run' }).click();
  await expect(refund).toContainText('The user would be asked');
  await refund.getByLabel('Go on as if the answer were yes').check();
  await refund.getByRole('button', { name: 'Dry run' }).click();
  await expect(refund.getByLabel('The request')).toContainText('"order_id":"A-1"');
  expect(board.stack.toolCalls('express')).toEqual([]);
  expect(await board.stack.rows('SELECT seq FROM audit')).toEqual([]);
});
