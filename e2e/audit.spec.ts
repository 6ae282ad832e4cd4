// The promise: the audit log names who did what, and cannot be changed unseen.
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';

test('The audit log lists what Ada did, verifies, and names the record that was changed', async ({
  page,
  startStack,
}) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const { widget } = shop;
  await shop.signIn('Ada');
  await widget.open();
  await widget.ask('where is my order A-1001');
  await widget.ask('where is my order A-2001');
  await shop.signIn('Bob');
  await shop.press('Forged token');
  await expect(page.locator('#log')).toContainText('refused');
  await shop.signOut();

  const shown = await stack.widgentd('audit', 'show', '--product', 'acme', '--user', 'ada', '--json');
  expect(shown.code).toBe(0);
  const records = shown.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(records.map((record) => record.actor.user.uid))).toEqual(new Set(['ada']));
  const tools = records.filter((record) => record.class_uid === 6003);
  expect(tools.map((record) => record.api.operation)).toContain('get_order');
  expect(tools.some((record) => record.status_id === 1)).toBe(true);
  expect(tools.some((record) => record.status_id === 2)).toBe(true);
  expect(records.some((record) => record.class_uid === 3002)).toBe(true);
  const refused = await stack.widgentd('audit', 'show', '--product', 'acme', '--action', 'refused', '--json');
  expect(refused.out).toContain('invalid_signature');

  const holds = await stack.widgentd('audit', 'verify', '--product', 'acme');
  expect(holds).toMatchObject({ code: 0, out: expect.stringMatching(/acme: \d+ records hold/) });

  await stack.stopServer();
  await stack.spoilStore('tool get_order for ada');
  const broken = await stack.widgentd('audit', 'verify', '--product', 'acme');
  expect(broken).toMatchObject({ code: 1, out: expect.stringMatching(/acme: record \d+ is broken/) });
});
