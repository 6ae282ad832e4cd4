// What a real model does with the demo's tools, where the environment names an endpoint for it:
// WIDGENT_LIVE_OPENAI_BASE_URL, and where it needs them WIDGENT_LIVE_OPENAI_MODEL and WIDGENT_LIVE_OPENAI_API_KEY.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { findFreePort, newSecrets, startStack } from '../../scripts/stack.mjs';
import { converse } from './conversation.mjs';

const { WIDGENT_LIVE_OPENAI_BASE_URL: base_url, WIDGENT_LIVE_OPENAI_MODEL: model = 'gpt-4o-mini' } = process.env;
const { WIDGENT_LIVE_OPENAI_API_KEY: key } = process.env;
const options = { skip: base_url ? false : 'WIDGENT_LIVE_OPENAI_BASE_URL is not set', timeout: 120_000 };
const secrets = newSecrets();
let stack, folder, say;

before(async () => {
  if (!base_url) return;
  folder = await mkdtemp(`${tmpdir()}/widgent-live-`);
  const ports = { widgent: await findFreePort(), express: await findFreePort(), fastapi: await findFreePort() };
  const change = (product) => {
    product.agent = {
      kind: 'openai',
      base_url,
      model,
      ...(key && { api_key: { env: 'WIDGENT_LIVE_OPENAI_API_KEY' } }),
    };
  };
  stack = await startStack({ ports, folder, secrets, change, log: () => {} });
  say = converse({ ports, secrets });
});
after(async () => {
  await stack?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const calls = (events) =>
  events.filter(({ type }) => type === 'TOOL_CALL_START').map(({ toolCallName }) => toolCallName);

test('Live: a reply is streamed', options, async () => {
  const { text, last } = await say('Say hello in one short sentence.');
  assert.ok(text.length > 0);
  assert.equal(last.type, 'RUN_FINISHED');
});

test('Live: an order is looked up by the tool', options, async () => {
  const { text, events } = await say('Where is my order A-1001?');
  assert.deepEqual(calls(events), ['get_order']);
  assert.match(text, /A-1001/);
});

test('Live: two orders are looked up, in one turn or in two', options, async () => {
  const { events } = await say('Tell me the state of both of my orders, A-1001 and A-1002.');
  assert.deepEqual(calls(events), ['get_order', 'get_order']);
});

test('Live: a guest’s question calls no tool', options, async () => {
  const { events } = await say('Where is my order A-1001?', { token: null });
  assert.ok(events.every(({ type, metadata }) => type !== 'TOOL_CALL_RESULT' || metadata?.widgent?.denied));
});

test('Live: a refund asks for a yes, and is told of then', options, async () => {
  const asked = await say('Please refund my order A-1001. It arrived damaged. Do it now.');
  assert.equal(asked.last.outcome.type, 'interrupt');
  const [{ id }] = asked.last.outcome.interrupts;
  const resume = [{ interruptId: id, status: 'resolved', payload: { approved: true } }];
  const { text, last } = await say('', { threadId: asked.threadId, resume });
  assert.ok(text.length > 0);
  assert.equal(last.type, 'RUN_FINISHED');
});
