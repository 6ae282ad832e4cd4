// The promise: the owner's people run a product from its dashboard, and what they do there holds at once.
import { readFile, writeFile } from 'node:fs/promises';
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
  await expect(tile('unanswered questions')).toHaveText('1unanswered questions');
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
  await add('https://new.example');
  await expect(board.card('Origins').getByRole('listitem')).toHaveCount(2);
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

test('What waits for a person is counted, keeps the focus while it is asked for again, and is decided', async ({
  page,
  context,
  dashboard,
}) => {
  const board = await dashboard((product) => {
    const refund = product.tools!.find(({ name }) => name === 'refund_order')!;
    refund.approval = { by: 'operator', message: 'Refund order {{args.order_id}}?' };
  });
  const shop = await Shop.visit(await context.newPage(), board.stack);
  await shop.signIn('Ada');
  await shop.widget.open();
  await board.signIn('#approvals');
  await expect(board.main).toContainText('Nothing waits');
  await shop.widget.send('please refund my damaged order A-1001');
  const reject = board.button('Reject');
  await expect(reject).toBeVisible();
  await expect(page.getByRole('link', { name: 'Approvals 1 waiting' })).toBeVisible();
  await expect(page).toHaveTitle(/^\(1\) Approvals/);
  await reject.focus();
  const asked = () => page.waitForResponse((response) => response.url().endsWith('/approvals'));
  await asked();
  await asked();
  await expect(reject).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(board.main).toContainText('Nothing waits');
  await expect(board.main.getByRole('heading', { level: 1 })).toBeFocused();
  await expect(page.getByRole('status')).toHaveText('Rejected: Refund order A-1001?');
  await expect(page.getByRole('link', { name: /waiting/ })).toHaveCount(0);
  await expect(shop.widget.replies.last()).toContainText('they said no');
});

test('The audit log is searched, paged, exported whole and verified; a record that was changed is named', async ({
  page,
  dashboard,
}) => {
  const board = await dashboard();
  const { stack, main } = board;
  const shop = await Shop.visit(page, stack);
  await shop.signIn('Ada');
  await shop.widget.open();
  await shop.widget.ask('where is my order A-1001');
  await identifyTimes(stack, 120, people.bob);
  const all = (await stack.rows<{ seq: number }>("SELECT seq FROM audit WHERE product = 'acme'")).length;
  expect(all).toBeGreaterThan(120);
  await board.signIn('#audit');
  const rows = () => main.getByRole('table').locator('tbody').getByRole('row');
  await expect(rows()).toHaveCount(100);
  await expect(rows().first()).toContainText(`${all}`);
  await board.button('Older').click();
  await expect(rows()).toHaveCount(all);

  await main.getByLabel('User').fill('ada');
  await main.getByLabel('Action').selectOption('tool');
  await board.button('Search').click();
  await expect(rows()).toHaveCount(2);
  for (const row of await rows().all()) await expect(row).toContainText('get_order');
  await main.getByLabel('Outcome').selectOption('attempt');
  await board.button('Search').click();
  await expect(rows()).toHaveCount(1);
  await board.button(/^Record/).click();
  await expect(main.getByLabel(/as JSON/)).toContainText('"operation": "get_order"');

  const download = async () => {
    const coming = page.waitForEvent('download');
    await board.button('Export NDJSON').click();
    return (await readFile(await (await coming).path(), 'utf8')).trim().split('\n');
  };
  expect(await download()).toHaveLength(1);
  await board.button('Clear').click();
  await expect(rows()).toHaveCount(100);
  const lines = await download();
  const seqs = lines.map((line) => JSON.parse(line).unmapped.widgent.seq);
  expect(seqs).toEqual(Array.from({ length: all }, (_, i) => i + 1));

  await board.button('Verify the chain').click();
  await expect(main).toContainText(`The chain holds: ${all} records`);
  const [head] = await stack.rows<{ hash: string }>(`SELECT hash FROM audit WHERE seq = ${all}`);
  await expect(main).toContainText(head!.hash);

  await stack.stopServer();
  const file = `${stack.folder}/data/widgent.db`;
  const bytes = await readFile(file);
  const at = bytes.indexOf('tool get_order for ada');
  expect(at).toBeGreaterThan(0);
  bytes[at] = 'T'.charCodeAt(0);
  await writeFile(file, bytes);
  await stack.startServer();
  const { out } = await stack.widgentd('audit', 'verify', '--product', 'acme');
  const broken = /record (\d+) is broken/.exec(out)![1];
  await board.button('Verify the chain').click();
  await expect(main).toContainText(`Record ${broken} is broken: its text was changed`);
});

test('A user is looked up from the log, exported and erased; the log keeps its records', async ({
  page,
  dashboard,
}) => {
  const board = await dashboard();
  const { stack, main, dialog } = board;
  const shop = await Shop.visit(page, stack);
  await shop.signIn('Ada');
  await shop.widget.open();
  await shop.widget.ask('how long does shipping take');
  await board.signIn('#audit');
  await main.getByRole('table').getByRole('link', { name: 'ada' }).first().click();
  await expect(page).toHaveURL(/#users\/ada$/);
  await expect(board.card('Conversations (1)')).toBeVisible();

  const coming = page.waitForEvent('download');
  await board.button('Export').click();
  const exported = JSON.parse(await readFile(await (await coming).path(), 'utf8'));
  expect(exported).toMatchObject({ sub: 'ada', threads: [{ messages: expect.anything() }] });
  expect(JSON.stringify(exported)).toContain('how long does shipping take');

  await board.button('Revoke tokens…').click();
  await dialog.getByRole('button', { name: 'Revoke tokens' }).click();
  await expect(main).toContainText('refused where made before');

  await board.button('Erase…').click();
  const act = dialog.getByRole('button', { name: 'Erase for good' });
  await expect(act).toBeDisabled();
  await dialog.getByLabel(/to confirm/).fill('ada');
  await act.click();
  await expect(board.card('Conversations')).toContainText('no conversations');
  expect(await stack.rows("SELECT id FROM threads WHERE product = 'acme'")).toEqual([]);
  const audit = await stack.widgentd('audit', 'show', '--product', 'acme', '--user', 'ada');
  expect(audit.out).toContain('identified ada');
  expect(audit.out).toMatch(/erase.*\(Maria\)/);
});

test('Unanswered questions are cleared after a question, and a complaint is found', async ({ page, dashboard }) => {
  const board = await dashboard();
  const shop = await Shop.visit(page, board.stack);
  await shop.widget.open();
  await shop.widget.ask('zzyzx quuxify the frobnicator');
  await shop.widget.ask('how long does shipping take');
  await shop.widget.replies.last().getByRole('button', { name: 'Good answer' }).click();
  await shop.widget.replies.first().getByRole('button', { name: 'Bad answer' }).click();
  await expect.poll(() => board.stack.rows('SELECT id FROM messages WHERE rating <> 0')).toHaveLength(2);
  await board.signIn('#questions');
  await expect(board.card('Feedback').getByRole('listitem')).toHaveCount(2);
  await board.main.getByLabel('Only what did not help').check();
  await expect(board.card('Feedback').getByRole('listitem')).toHaveCount(1);
  await expect(board.card('Feedback')).toContainText('Did not help');

  await expect(board.card('Unanswered')).toContainText('zzyzx');
  await board.button('Clear…').click();
  await board.dialog.getByRole('button', { name: 'Clear' }).click();
  await expect(board.card('Unanswered')).toContainText('Nothing here');
  expect(await board.stack.rows('SELECT question FROM unanswered')).toEqual([]);
});
