// An AG-UI agent of a site's own behind Widgent: a small one, built on the schemas of @ag-ui/core. What it is sent must
// be valid, what it may do is decided by the server before it.
import { EventSchemas, RunAgentInputSchema } from '@ag-ui/core/schemas';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import test, { after, before, beforeEach } from 'node:test';
import { promisify } from 'node:util';
import { findFreePort, newSecrets, startStack } from '../../scripts/stack.mjs';
import { widgentd } from '../../scripts/steps.mjs';
import { converse } from './conversation.mjs';

const secrets = { ...newSecrets(), ACME_AGENT_KEY: 'the_key_of_the_agent' };
const lines = [];
const inputs = [];
let agent, stack, folder, ports, say;

/** What the agent does next, told the input: events without their ids, or something to do with the response itself. */
let think;

const speak = (text) => {
  const messageId = crypto.randomUUID();
  return [
    { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
    ...text.split(/(?<= )/).map((delta) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta })),
    { type: 'TEXT_MESSAGE_END', messageId },
  ];
};
const ask = (toolCallName, args, toolCallId = crypto.randomUUID()) => [
  { type: 'TOOL_CALL_START', toolCallId, toolCallName },
  { type: 'TOOL_CALL_ARGS', toolCallId, delta: JSON.stringify(args).slice(0, 5) },
  { type: 'TOOL_CALL_ARGS', toolCallId, delta: JSON.stringify(args).slice(5) },
  { type: 'TOOL_CALL_END', toolCallId },
];
const resultsIn = (input) => input.messages.filter(({ role }) => role === 'tool').map(({ content }) => content);

/** Asks for a tool first, and speaks about its results then. */
const askThenSpeak = (events) => (input) =>
  resultsIn(input).length ? speak(`It says ${resultsIn(input).join(' and ')}`) : events;

before(async () => {
  agent = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const input = RunAgentInputSchema.parse(JSON.parse(Buffer.concat(chunks)));
    inputs.push({ ...input, authorization: request.headers.authorization });
    const { threadId, runId } = input;
    const events = think(input, response);
    if (!events) return;
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const ended = events.some(({ type }) => type === 'RUN_ERROR' || type === 'RUN_FINISHED');
    const run = [{ type: 'RUN_STARTED', threadId, runId }, ...events];
    if (!ended) run.push({ type: 'RUN_FINISHED', threadId, runId });
    for (const event of run) response.write(`data: ${JSON.stringify(EventSchemas.parse(event))}\n\n`);
    response.end();
  });
  await new Promise((resolve) => agent.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${agent.address().port}/agent`;
  folder = await mkdtemp(`${tmpdir()}/widgent-ag-ui-`);
  ports = { widgent: await findFreePort(), express: await findFreePort(), fastapi: await findFreePort() };
  const change = (product) => {
    product.agent = {
      kind: 'ag-ui',
      url,
      api_key: { env: 'ACME_AGENT_KEY' },
      user_context: ['name', '/metadata/plan'],
    };
  };
  stack = await startStack({ ports, folder, secrets, change, log: (_, line) => lines.push(line) });
  say = converse({ ports, secrets });
});
after(async () => {
  await stack?.stop();
  agent?.closeAllConnections();
  agent?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  inputs.length = 0;
});

const audit = async () => {
  const args = ['audit', 'show', '--json', '--product', 'acme', '--limit', '1000', '--data', `${folder}/data`];
  const { stdout } = await promisify(execFile)(widgentd, args);
  return stdout.trim().split('\n').filter(Boolean).map(JSON.parse);
};
const actsOf = async (runId) =>
  (await audit())
    .filter(({ class_uid, metadata }) => class_uid === 6003 && metadata.correlation_uid === runId)
    .map(({ actor, api, unmapped }) => `${actor.user.uid ?? 'guest'} ${api.operation} ${unmapped.widgent.outcome}`);

test('What the agent says is streamed to the visitor', async () => {
  think = () => speak('Hello Ada, I am the agent of the shop.');
  const { text, last } = await say('hello');
  assert.equal(text, 'Hello Ada, I am the agent of the shop.');
  assert.equal(last.type, 'RUN_FINISHED');
});

test('The agent is sent the history as the server knows it, this user’s tools, and the claims that it may know', async () => {
  think = () => speak('Noted.');
  const { threadId } = await say('first');
  await say('second', { threadId });
  const [, input] = inputs;
  assert.deepEqual(
    input.messages.map(({ role, content }) => `${role}: ${content}`),
    ['user: first', 'assistant: Noted.', 'user: second'],
  );
  assert.deepEqual(
    input.tools.map(({ name }) => name),
    ['get_order', 'refund_order'],
  );
  assert.deepEqual(Object.keys(input.tools[0].parameters.properties), ['order_id']);
  assert.deepEqual(JSON.parse(input.context[0].value), {
    state: 'verified',
    name: 'Ada Lovelace',
    'metadata/plan': 'pro',
  });
  assert.equal(input.authorization, 'Bearer the_key_of_the_agent');
  assert.doesNotMatch(JSON.stringify(input), /ada@acme|eyJ/);
});

test('Its tool calls are executed by Widgent, as the verified user, and audited', async () => {
  think = askThenSpeak([
    ...ask('get_order', { order_id: 'A-1001', customer_id: 'bob' }),
    ...ask('get_order', { order_id: 'A-1002' }),
  ]);
  const { text, events, runId } = await say('my orders');
  assert.match(text, /Ridge 2 tent/);
  assert.equal(events.filter(({ type }) => type === 'TOOL_CALL_RESULT').length, 2);
  const acts = await actsOf(runId);
  assert.deepEqual(acts.sort(), [
    'ada get_order attempt',
    'ada get_order attempt',
    'ada get_order success',
    'ada get_order success',
  ]);
  const calls = inputs[1].messages.find(({ toolCalls }) => toolCalls).toolCalls;
  assert.equal(calls.length, 2);
});

test('A guest’s run offers no tools to it, and what it asks for all the same is denied', async () => {
  think = askThenSpeak(ask('get_order', { order_id: 'A-1001' }));
  const { text, runId } = await say('my orders', { token: null });
  assert.deepEqual(inputs[0].tools, []);
  assert.match(text, /identity_required/);
  assert.deepEqual(await actsOf(runId), ['guest get_order denied']);
});

test('A tool that it has made up is denied, and one whose result it tells itself is its own affair', async () => {
  think = askThenSpeak([...ask('drop_tables', {})]);
  const made = await say('please');
  assert.match(made.text, /not_offered/);
  assert.deepEqual(await actsOf(made.runId), ['ada drop_tables denied']);
  const id = crypto.randomUUID();
  think = () => [
    ...ask('look_up_weather', {}, id),
    { type: 'TOOL_CALL_RESULT', messageId: 'm1', toolCallId: id, content: 'sunny', role: 'tool' },
    ...speak('It is sunny.'),
  ];
  const own = await say('please');
  assert.equal(own.text, 'It is sunny.');
  assert.deepEqual(await actsOf(own.runId), []);
});

test('A refund that it asks for waits for the user’s yes, and it is told what came of it', async () => {
  think = askThenSpeak(ask('refund_order', { order_id: 'A-1001', reason: 'damaged' }));
  const asked = await say('refund A-1001');
  assert.equal(asked.last.outcome.type, 'interrupt');
  const [interrupt] = asked.last.outcome.interrupts;
  const resume = [{ interruptId: interrupt.id, status: 'resolved', payload: { approved: true } }];
  const { text, runId } = await say('', { threadId: asked.threadId, resume });
  assert.match(text, /It says/);
  assert.deepEqual(await actsOf(runId), [
    'ada refund_order approved',
    'ada refund_order attempt',
    'ada refund_order success',
  ]);
});

test('A question of its own, an error, a cut and silence are errors with a code, and none of them shows the key', async () => {
  const threadId = 't';
  const end = (outcome) => [{ type: 'RUN_FINISHED', threadId, runId: 'r', outcome }];
  const cases = {
    interrupt: () => end({ type: 'interrupt', interrupts: [{ id: 'i', reason: 'confirmation' }] }),
    error: () => [{ type: 'RUN_ERROR', message: `out of memory near ${secrets.ACME_AGENT_KEY}` }],
    silence: () => [],
    cut: (_, response) => void response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: {}\n\n'),
    refusal: (_, response) => void response.writeHead(401).end('no'),
  };
  for (const [name, does] of Object.entries(cases)) {
    think = does;
    const { last } = await say('hello');
    assert.equal(last.code, 'agent_unavailable', name);
  }
  think = () => [...speak('Well, '), { type: 'RUN_ERROR', message: 'gone' }];
  assert.equal((await say('hello')).last.code, 'agent_truncated');
  assert.ok(lines.some((line) => /agent product=acme .*out of memory/.test(line)));
  assert.ok(lines.every((line) => !line.includes(secrets.ACME_AGENT_KEY)));
});
