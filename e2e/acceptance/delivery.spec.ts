// One message, once, to its owner alone: what a network that fails and a visitor who is curious can try.
import { expect, test } from '../fixtures.ts';
import { Shop } from '../shop.ts';
import { people } from '../token.ts';

const question = 'where is my order A-1001';

/** Sends as the page's own script could, with what it likes in the request. */
const ask = (shop: Shop, method: string, path: string, headers: Record<string, string>, body?: object) =>
  shop.page.evaluate(
    async ([address, method, headers, body]) => {
      const response = await fetch(address, { method, headers, ...(body ? { body } : {}) });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('Content-Type') ?? '');
      return {
        status: response.status,
        text,
        code: isJson ? (JSON.parse(text).code as string | undefined) : undefined,
      };
    },
    [
      `${shop.stack.url('widgent')}/v1/products/acme${path}`,
      method,
      { 'Widgent-Service-Key': 'pk_acme_demo', ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
      body ? JSON.stringify(body) : '',
    ] as const,
  );

const runInput = (threadId: string, runId: string, messageId: string, content: string) => ({
  ...{ threadId, runId, protocolVersion: '1.0', tools: [], context: [], state: {}, forwardedProps: {} },
  messages: [{ id: messageId, role: 'user', content }],
});

for (const [what, lose] of [
  ['before its first byte', false],
  ['twice', true],
] as const)
  test(`case 31: lost acknowledgement: one message, one model call, where the answer is lost ${what}`, async ({
    page,
    startStack,
  }) => {
    const stack = await startStack();
    const shop = await Shop.visit(page, stack);
    const { widget } = shop;
    await shop.identify(stack.sign(people.ada));
    await widget.open();
    let lost = 0;
    await page.route('**/agent', async (route) => {
      if (lost > (lose ? 1 : 0)) return route.continue();
      lost++;
      await route.fetch(); // the server has answered whole, and nothing of it arrives
      await route.abort('connectionreset');
    });
    expect(await widget.ask(question)).toContain('A-1001');
    await expect(widget.questions).toHaveCount(1);
    await expect(widget.replies).toHaveCount(1);

    const sent = shop.asked('/agent').map(({ body }) => body);
    expect(sent).toHaveLength(lose ? 3 : 2);
    expect(new Set(sent).size).toBe(1);
    expect(await stack.rows('SELECT text FROM messages WHERE role = 0')).toEqual([{ text: question }]);
    expect(await stack.rows('SELECT count(*) AS runs FROM runs')).toEqual([{ runs: 1 }]);
    expect(stack.toolCalls('express')).toHaveLength(1);
    await page.reload();
    await shop.identify(stack.sign(people.ada));
    await widget.open();
    await expect(widget.questions).toHaveCount(1);
    await expect(widget.replies).toHaveCount(1);
  });

test('case 32: same id, other body: 422', async ({ page, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const headers = { Authorization: `Bearer ${stack.sign(people.ada)}` };
  const post = (body: object) => ask(shop, 'POST', '/agent', headers, body);
  const first = await post(runInput('t_1', 'r_1', 'u_1', question));
  expect(first).toMatchObject({ status: 200, text: expect.stringContaining('RUN_FINISHED') });

  const mismatch = { status: 422, code: 'idempotency_mismatch' };
  expect(await post(runInput('t_1', 'r_1', 'u_1', 'where is my order A-1002'))).toMatchObject(mismatch);
  expect(await post(runInput('t_1', 'r_1', 'u_2', question))).toMatchObject(mismatch);
  expect(await post(runInput('t_1', 'r_2', 'u_1', 'another text'))).toMatchObject(mismatch);
  // The same again is the same answer.
  expect(await post(runInput('t_1', 'r_1', 'u_1', question))).toEqual(first);

  expect(await stack.rows('SELECT text FROM messages WHERE role = 0')).toEqual([{ text: question }]);
  expect(await stack.rows('SELECT id FROM runs')).toEqual([{ id: 'r_1' }]);
  expect(stack.toolCalls('express')).toHaveLength(1);
});

test("case 33: every thread route with another user's id: 404", async ({ page, startStack }) => {
  const stack = await startStack();
  const shop = await Shop.visit(page, stack);
  const guest = { 'Widgent-Anonymous-Id': 'AAAAAAAAAAAAAAAAAAAAAA' };
  const as = (person: object) => ({ Authorization: `Bearer ${stack.sign(person as Record<string, unknown>)}` });
  const owners = { t_ada: as(people.ada), t_guest: guest };
  for (const [thread, headers] of Object.entries(owners))
    await ask(shop, 'POST', '/agent', headers, runInput(thread, 'r_1', 'u_1', question));
  const rows = () => stack.rows('SELECT t.id, t.owner_id, m.text FROM threads t JOIN messages m ON m.thread = t.key');
  const before = await rows();
  expect(before).toHaveLength(4);

  const routes = (thread: string) =>
    [
      ['GET', `/threads/${thread}/messages`],
      ['GET', `/threads/${thread}/events`],
      ['GET', `/threads/${thread}/events?join=1`],
      ['GET', `/threads/${thread}/events`, { 'Last-Event-ID': 'r_1:1' }],
      ['POST', `/threads/${thread}/runs/r_1/cancel`],
      ['DELETE', `/threads/${thread}`],
      ['POST', '/agent', {}, runInput(thread, 'r_2', 'u_2', 'let me in')],
      ['POST', '/agent', {}, runInput(thread, 'r_1', 'u_1', question)],
    ] as const;
  const strangers = {
    Bob: as(people.bob),
    'a guest': { 'Widgent-Anonymous-Id': 'BBBBBBBBBBBBBBBBBBBBBB' },
    "a guest with Ada's name for an id": { 'Widgent-Anonymous-Id': 'ada'.padEnd(16, 'a') },
    'Bob with the id of the guest': { ...as(people.bob), ...guest },
    'a user named like the guest': as({ sub: guest['Widgent-Anonymous-Id'] }),
    'an Ada in capitals': as({ sub: 'ADA' }),
  };
  for (const thread of Object.keys(owners)) {
    for (const [who, stranger] of Object.entries(strangers)) {
      for (const [method, path, more, body] of routes(thread)) {
        const answer = await ask(shop, method, path, { ...stranger, ...more }, body);
        expect(answer, `${who}: ${method} ${path}`).toMatchObject({ status: 404, code: 'thread_not_found' });
        // No word tells it from a thread that is not there, but the ids of the request itself.
        expect(answer.text).not.toMatch(/A-1001|Ridge|owner/);
      }
    }
  }
  expect(await rows()).toEqual(before);
  // Their owners are let in.
  for (const [thread, headers] of Object.entries(owners))
    expect(await ask(shop, 'GET', `/threads/${thread}/messages`, headers)).toMatchObject({ status: 200 });
});
