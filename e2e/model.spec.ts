// The promise: with a model behind an endpoint that two environment variables name, the demo's journey is the same,
// under the same policy, and the audit log tells what was asked, agreed to and done.
import { LLMock } from '@copilotkit/aimock';
import { strings } from '../web/panel/strings.ts';
import { expect, test } from './fixtures.ts';
import { Shop } from './shop.ts';

interface ToolRecord {
  api?: { operation: string };
  unmapped: { widgent: { outcome: string; approval: { id: string; by: string } | null } };
}

const call = (name: string, args: object) => ({ name, arguments: JSON.stringify(args) });

test.describe('With a model behind an endpoint', () => {
  const endpoint = new LLMock({ port: 0 });
  const variables = ['WIDGENT_OPENAI_BASE_URL', 'WIDGENT_OPENAI_MODEL'] as const;
  const before = variables.map((name) => process.env[name]);

  test.beforeAll(async () => {
    await endpoint.start();
    [process.env.WIDGENT_OPENAI_BASE_URL, process.env.WIDGENT_OPENAI_MODEL] = [`${endpoint.url}/v1`, 'gpt-4o-mini'];
  });
  test.afterAll(async () => {
    variables.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    });
    await endpoint.stop();
  });
  test.beforeEach(() => endpoint.reset());

  test('Ada asks for her order and a refund, agrees in the widget, and the log has attempt, approval and result', async ({
    page,
    startStack,
  }) => {
    const order = call('get_order', { order_id: 'A-1001' });
    endpoint.on({ userMessage: 'where is', hasToolResult: false }, { toolCalls: [order] });
    endpoint.on({ userMessage: 'where is', hasToolResult: true }, { content: 'Your **Ridge 2 tent** has shipped.' });
    const refund = call('refund_order', { order_id: 'A-1001', reason: 'damaged' });
    endpoint.on({ userMessage: 'refund', hasToolResult: false }, { toolCalls: [refund] });
    endpoint.on({ userMessage: 'refund', hasToolResult: true }, { content: 'The refund is asked for.' });

    const stack = await startStack();
    const shop = await Shop.visit(page, stack);
    const { widget } = shop;
    await shop.signIn('Ada');
    await widget.open();
    await widget.expectUser('Ada Lovelace');
    expect(await widget.ask('where is my order A-1001')).toContain('Your Ridge 2 tent has shipped.');
    expect(stack.toolCalls('express').at(-1)).toContain('get_order A-1001 for {"sub":"ada"');

    const refunds = () => stack.toolCalls('express').filter((line) => line.includes('refund_order'));
    await widget.send('please refund it, it is damaged');
    const card = widget.panel.locator('.approval');
    await expect(card).toContainText('Ask the shop to refund order A-1001 (damaged)?');
    expect(refunds()).toHaveLength(0);
    await card.getByRole('button', { name: strings.approve, exact: true }).click();
    await expect(widget.replies.last()).toContainText('The refund is asked for.');
    expect(refunds()).toHaveLength(1);
    expect(refunds()[0]).toContain('refund_order A-1001 for {"sub":"ada"');

    const shown = await stack.widgentd('audit', 'show', '--product', 'acme', '--user', 'ada', '--json');
    const records = shown.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ToolRecord)
      .filter(({ api }) => api?.operation === 'refund_order')
      .map(({ unmapped }) => unmapped.widgent);
    expect(records.map(({ outcome }) => outcome)).toEqual(['approved', 'attempt', 'success']);
    expect(records.every(({ approval }) => approval?.by === 'user' && approval.id === records[0]!.approval!.id)).toBe(
      true,
    );
    expect((await stack.widgentd('audit', 'verify', '--product', 'acme')).code).toBe(0);
  });

  test('A guest is told to sign in: the model is offered no tool, and none is called', async ({ page, startStack }) => {
    endpoint.on({ userMessage: 'where is', hasToolResult: false }, { content: 'Please sign in, then I can look.' });
    const stack = await startStack();
    const shop = await Shop.visit(page, stack);
    await shop.widget.open();
    expect(await shop.widget.ask('where is my order A-1001')).toBe('Please sign in, then I can look.');
    expect(endpoint.getRequests().every(({ body }) => !body || !('tools' in body))).toBe(true);
    expect(stack.toolCalls('express')).toHaveLength(0);
  });
});
