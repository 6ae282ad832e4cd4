// The agent behind an endpoint of Chat Completions, spoken by an implementation of others: the real server and the real
// shop, and a conversation as the widget would hold it.
import { LLMock } from '@copilotkit/aimock';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test, { after, before, beforeEach } from 'node:test';
import { findFreePort, newSecrets, startStack } from '../../scripts/stack.mjs';
import { converse } from './conversation.mjs';

const secrets = newSecrets();
const lines = [];
let endpoint, stack, folder, ports, say;

before(async () => {
  endpoint = new LLMock({ port: 0 });
  await endpoint.start();
  folder = await mkdtemp(`${tmpdir()}/widgent-openai-`);
  ports = { widgent: await findFreePort(), express: await findFreePort(), fastapi: await findFreePort() };
  const change = (product) => {
    product.agent = { kind: 'openai', base_url: `${endpoint.url}/v1`, model: 'gpt-4o-mini' };
  };
  stack = await startStack({ ports, folder, secrets, change, log: (_, line) => lines.push(line) });
  say = converse({ ports, secrets });
});
after(async () => {
  await stack?.stop();
  await endpoint?.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => endpoint.reset());

const order = (id) => ({ name: 'get_order', arguments: JSON.stringify({ order_id: id }) });

test('A reply of the endpoint is streamed to the visitor', async () => {
  endpoint.on({ userMessage: 'hello' }, { content: 'Hello Ada, how can I help you with your gear today?' });
  const { text, last } = await say('hello');
  assert.equal(text, 'Hello Ada, how can I help you with your gear today?');
  assert.equal(last.type, 'RUN_FINISHED');
});

test('Tools are called with the verified user, also several at once, and the model goes on from the results', async () => {
  endpoint.on({ userMessage: 'my orders', hasToolResult: false }, { toolCalls: [order('A-1001'), order('A-1002')] });
  endpoint.on({ userMessage: 'my orders', hasToolResult: true }, { content: 'Both are on their way.' });
  const { text, events } = await say('my orders');
  assert.equal(text, 'Both are on their way.');
  assert.equal(events.filter(({ type }) => type === 'TOOL_CALL_START').length, 2);
  const { body } = endpoint.getRequests().at(-1);
  const results = body.messages.filter(({ role }) => role === 'tool');
  assert.equal(results.length, 2);
  assert.match(results[0].content, /Ridge 2 tent/);
});

test('A tool that a guest may not use is not offered, and refused where the model calls it all the same', async () => {
  endpoint.on({ userMessage: 'my order', hasToolResult: false }, { toolCalls: [order('A-1001')] });
  endpoint.on({ userMessage: 'my order', hasToolResult: true }, { content: 'Please sign in first.' });
  const { events } = await say('my order', { token: null });
  assert.match(JSON.stringify(events), /identity_required/);
  const first = endpoint.getRequests()[0].body;
  assert.equal(first.tools, undefined);
});

test('A refund waits for a yes, and the model is told what came of it', async () => {
  const call = { name: 'refund_order', arguments: JSON.stringify({ order_id: 'A-1001', reason: 'damaged' }) };
  endpoint.on({ userMessage: 'refund', hasToolResult: false }, { toolCalls: [call] });
  endpoint.on({ userMessage: 'refund', hasToolResult: true }, { content: 'The refund is on its way.' });
  const asked = await say('refund A-1001, it is damaged');
  assert.equal(asked.last.outcome.type, 'interrupt');
  const [interrupt] = asked.last.outcome.interrupts;
  const resume = [{ interruptId: interrupt.id, status: 'resolved', payload: { approved: true } }];
  const { text } = await say('', { threadId: asked.threadId, resume });
  assert.equal(text, 'The refund is on its way.');
});

test('A rate limit passes, and the reply comes', async () => {
  endpoint.on(
    { userMessage: 'busy', sequenceIndex: 0 },
    { error: { message: 'slow down', type: 'rate_limit_error' }, status: 429 },
  );
  endpoint.on({ userMessage: 'busy', sequenceIndex: 1 }, { content: 'Here I am.' });
  assert.equal((await say('busy')).text, 'Here I am.');
});

test('A key that is refused is an error with a code for the visitor and a line for the owner', async () => {
  endpoint.on(
    { userMessage: 'locked' },
    { error: { message: 'Incorrect API key provided', type: 'invalid_request_error' }, status: 401 },
  );
  const { last } = await say('locked');
  assert.equal(last.type, 'RUN_ERROR');
  assert.equal(last.code, 'agent_unavailable');
  assert.ok(lines.some((line) => /agent product=acme .*Incorrect API key/.test(line)));
});

test('A reply that breaks off in the middle is an interrupted one', async () => {
  endpoint.on(
    { userMessage: 'long' },
    { content: 'word '.repeat(200) },
    { truncateAfterChunks: 6, chunkSize: 20, latency: 40 },
  );
  const { last, text } = await say('long');
  assert.equal(last.code, 'agent_truncated');
  assert.ok(text.length > 0 && text.length < 1000);
});

test('A malformed answer is an error with a code, and the next question is answered', async () => {
  endpoint.on({ userMessage: 'broken' }, { content: 'x' }, { chaos: { malformedRate: 1 } });
  assert.equal((await say('broken')).last.code, 'agent_unavailable');
  endpoint.on({ userMessage: 'again' }, { content: 'All well.' });
  assert.equal((await say('again')).text, 'All well.');
});

test('A slow endpoint is waited for', async () => {
  endpoint.on({ userMessage: 'slow' }, { content: 'At last.' }, { latency: 400 });
  assert.equal((await say('slow')).text, 'At last.');
});
