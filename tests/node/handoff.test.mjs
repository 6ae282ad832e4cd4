// A conversation that goes to people and comes back, through the real server, with a help desk that verifies by the
// library that customers use.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { findFreePort, newSecrets, startStack } from '../../scripts/stack.mjs';
import { converse, tokenOf } from './conversation.mjs';
import { HelpDesk } from './help_desk.mjs';

const desk = new HelpDesk();
const secrets = newSecrets();
let stack, folder, base, say, origin;

before(async () => {
  await desk.listen();
  folder = await mkdtemp(`${tmpdir()}/widgent-handoff-`);
  const ports = { widgent: await findFreePort(), express: await findFreePort(), fastapi: await findFreePort() };
  const change = (product) => {
    if (product.id === 'acme') desk.describe(product);
  };
  stack = await startStack({ ports, folder, secrets, change, log: () => {} });
  base = `http://localhost:${ports.widgent}`;
  origin = `http://localhost:${ports.express}`;
  say = converse({ ports, secrets });
});
after(async () => {
  await stack?.stop();
  desk.stop();
  await rm(folder, { recursive: true, force: true });
});

const ada = () => tokenOf(secrets, { sub: 'ada', name: 'Ada Lovelace' });
const ask = (path) =>
  fetch(`${base}/v1/products/acme/${path}`, {
    headers: { Authorization: `Bearer ${ada()}`, 'Widgent-Service-Key': 'pk_acme_demo', Origin: origin },
  });

test('A help desk that verifies with standardwebhooks takes a conversation, answers in it, and hands it back', async () => {
  const { threadId } = await say('hello');
  await say('I want to talk to a person', { threadId });
  const [requested] = desk.events;
  assert.equal(requested.type, 'handoff.requested');
  assert.equal(requested.thread_id, threadId);
  assert.equal(requested.user.sub, 'ada');
  assert.deepEqual(
    requested.transcript.map(({ role }) => role),
    ['user', 'assistant', 'user'],
  );

  const silent = await say('are you there?', { threadId });
  assert.equal(silent.text, '');
  assert.equal(silent.last.type, 'RUN_FINISHED');
  assert.equal(desk.events.at(-1).type, 'handoff.message');
  assert.equal(desk.events.at(-1).message.text, 'are you there?');

  const watched = await ask(`threads/${threadId}/events`);
  const stream = watched.body.pipeThrough(new TextDecoderStream()).getReader();
  const key = { 'Idempotency-Key': 'ticket-1' };
  const answer = { text: 'Yes, I am Maria.', name: 'Maria' };
  const first = await desk.act(base, `threads/${threadId}/messages`, answer, key);
  assert.equal(first.status, 201);
  let told = '';
  while (!told.includes('TEXT_MESSAGE_END')) told += (await stream.read()).value;
  assert.ok(told.includes('Yes, I am Maria.'));
  const again = await desk.act(base, `threads/${threadId}/messages`, answer, key);
  assert.deepEqual(await again.json(), await first.json());

  assert.equal((await desk.act(base, `threads/${threadId}/hand-back`)).status, 200);
  for (let piece = await stream.read(); !piece.done; piece = await stream.read()) told += piece.value;
  assert.ok(told.includes('RUN_FINISHED'));
  const { messages, people } = await (await ask(`threads/${threadId}/messages`)).json();
  assert.equal(people, undefined);
  assert.equal(messages.filter(({ content }) => content === answer.text).length, 1);
  assert.notEqual((await say('thanks', { threadId })).text, '');
  assert.deepEqual(desk.refusals, []);
});

test('A help desk that is closed leaves the visitor with the agent, who says so', async () => {
  desk.isOpen = false;
  const { text, threadId } = await say('I want to talk to a person');
  desk.isOpen = true;
  assert.match(text, /^I could not reach our people just now/);
  assert.equal((await say('thanks', { threadId })).text, 'You are welcome!');
});

test('A webhook under another secret is refused by the library', async () => {
  const { secret } = desk;
  desk.secret = new HelpDesk().secret;
  const { text } = await say('I want to talk to a person');
  desk.secret = secret;
  assert.match(text, /^I could not reach our people just now/);
  assert.deepEqual(desk.refusals.splice(0), ['No matching signature found']);
});
