// The promise: the dashboard shows who did what, proves that nobody changed it, and settles what waits or is asked for.
import { readFile } from 'node:fs/promises';
import { expect, identifyTimes, test } from './dashboard.ts';
import { Shop } from './shop.ts';
import { people } from './token.ts';

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
  await identifyTimes(stack, 1010, people.bob);
  const all = (await stack.rows<{ seq: number }>("SELECT seq FROM audit WHERE product = 'acme'")).length;
  expect(all).toBeGreaterThan(1010);
  await board.signIn('#audit');
  const rows = () => main.getByRole('table').locator('tbody').getByRole('row');
  await expect(rows()).toHaveCount(100);
  await expect(rows().first()).toContainText(`${all}`);
  await board.button('Older').click();
  await expect(rows()).toHaveCount(200);
  await expect(rows().last()).toContainText(`${all - 199}`);

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

  await main.getByLabel('Since').fill('2099-01-01T00:00');
  await board.button('Search').click();
  await expect(main).toContainText('No records');
  await main.getByLabel('Until').fill('2098-01-01T00:00');
  expect(await main.getByLabel('Until').evaluate((field: HTMLInputElement) => field.validationMessage)).toContain(
    'before',
  );
  await main.getByLabel('Until').fill('');
  await main.getByLabel('Since').fill('');
  await board.button('Search').click();
  await expect(rows()).toHaveCount(1);

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
  await expect(main).toContainText(`The chain holds: ${all.toLocaleString('en')} records`);
  const [head] = await stack.rows<{ hash: string }>(`SELECT hash FROM audit WHERE seq = ${all}`);
  await expect(main).toContainText(head!.hash);

  await stack.stopServer();
  await stack.spoilStore('tool get_order for ada');
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
  await expect(dialog.getByLabel('Refuse the tokens of before now')).toBeChecked();
  const act = dialog.getByRole('button', { name: 'Erase for good' });
  await expect(act).toBeDisabled();
  await dialog.getByLabel(/to confirm/).fill('ada');
  await act.click();
  await expect(board.button('Erase…')).toBeFocused();
  await expect(board.card('Conversations')).toContainText('no conversations');
  expect(await stack.rows("SELECT id FROM threads WHERE product = 'acme'")).toEqual([]);
  const audit = await stack.widgentd('audit', 'show', '--product', 'acme', '--user', 'ada');
  expect(audit.out).toContain('identified ada');
  expect(audit.out).toMatch(/erase.*\(Maria\)/);
  expect(audit.out.match(/ revoke .*\(Maria\)/g)).toHaveLength(2);
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
