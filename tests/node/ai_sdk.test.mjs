// A page built with the AI SDK: its stock transport and its chat, as useChat drives it, against the real server and
// shop.
import {
  AbstractChat,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  validateUIMessages,
} from 'ai';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, newSecrets, startStack } from '../../scripts/stack.mjs';
import { tokenOf } from './conversation.mjs';

const secrets = newSecrets();
const lines = [];
let stack, folder, ports;

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/widgent-ai-sdk-`);
  ports = { widgent: await findFreePort(), express: await findFreePort(), fastapi: await findFreePort() };
  stack = await startStack({ ports, folder, secrets, log: (_, line) => lines.push(line) });
});
after(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const ada = { sub: 'ada', name: 'Ada Lovelace', email: 'ada@acme.example' };
const refunds = () => lines.filter((line) => line.includes('refund_order') && line.includes(' for {'));

/** Where useChat keeps what it shows. */
class State {
  status = 'ready';
  error = undefined;
  messages = [];
  pushMessage = (message) => (this.messages = [...this.messages, message]);
  popMessage = () => (this.messages = this.messages.slice(0, -1));
  replaceMessage = (index, message) => (this.messages = this.messages.with(index, message));
  snapshot = (value) => structuredClone(value);
}

/** A chat of Ada's, of whoever `token` names, or of a guest where it is null. */
function open({ token = tokenOf(secrets, ada), ...more } = {}) {
  const heard = [];
  const transport = new DefaultChatTransport({
    api: `http://localhost:${ports.widgent}/v1/products/acme/chat`,
    headers: {
      Origin: `http://localhost:${ports.express}`,
      'Widgent-Service-Key': 'pk_acme_demo',
      'Widgent-Anonymous-Id': 'AAAAAAAAAAAAAAAAAAAAAA',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    fetch: async (...request) => {
      const response = await fetch(...request);
      heard.push({ status: response.status, version: response.headers.get('x-vercel-ai-ui-message-stream') });
      return response;
    },
  });
  const sendAutomaticallyWhen = lastAssistantMessageIsCompleteWithApprovalResponses;
  const chat = new AbstractChat({ transport, state: new State(), sendAutomaticallyWhen, ...more });
  return { chat, heard };
}

const said = (message) =>
  message.parts
    .filter(({ type }) => type === 'text')
    .map(({ text }) => text)
    .join('');
const toolIn = (message) => message.parts.find(({ type }) => type === 'dynamic-tool');

async function settled(chat, isSo) {
  for (let i = 0; i < 400 && !isSo(); ++i) await sleep(25);
  assert.ok(isSo(), JSON.stringify([chat.status, chat.messages.at(-1)]));
}

test('A reply streams into a useChat page, with its sources, and what it holds are valid UI messages', async () => {
  const { chat, heard } = open({ token: null });
  await chat.sendMessage({ text: 'how long does shipping take' });
  assert.equal(chat.status, 'ready');
  assert.deepEqual(heard, [{ status: 200, version: 'v1' }]);
  const reply = chat.lastMessage;
  assert.equal(reply.role, 'assistant');
  assert.match(said(reply), /two to four working days/);
  assert.equal(reply.metadata.widgent.identity.state, 'anonymous');
  const source = reply.parts.find(({ type }) => type === 'source-url');
  assert.equal(source.url, `http://localhost:${ports.express}/help/shipping#how-long-shipping-takes`);
  await validateUIMessages({ messages: chat.messages });
});

test('A tool is called for the user of the token, and its arguments and result stay on the server', async () => {
  const { chat } = open();
  await chat.sendMessage({ text: 'where is my order A-1001' });
  const reply = chat.lastMessage;
  assert.match(said(reply), /Ridge 2 tent/);
  assert.equal(reply.metadata.widgent.identity.sub, 'ada');
  const { toolName, state, input, output } = toolIn(reply);
  assert.deepEqual(
    { toolName, state, input, output },
    { toolName: 'get_order', state: 'output-available', input: {}, output: 'ok' },
  );
  assert.match(
    lines.findLast((line) => line.includes('get_order A-1001')),
    /for \{"sub":"ada"/,
  );
});

test('The next message goes on in the same conversation, which nobody else can enter', async () => {
  const { chat } = open();
  await chat.sendMessage({ text: 'where is my order' });
  await chat.sendMessage({ text: 'A-1001' });
  assert.match(said(chat.lastMessage), /Ridge 2 tent/);
  const other = open({ id: chat.id, token: tokenOf(secrets, { sub: 'bob' }) });
  await other.chat.sendMessage({ text: 'and now?' });
  assert.equal(other.chat.status, 'error');
  assert.match(other.chat.error.message, /thread_not_found/);
});

test('A refund waits for the approval in the page, and is made once it is given', async () => {
  const { chat } = open();
  await chat.sendMessage({ text: 'please refund my damaged order A-1001' });
  const asked = toolIn(chat.lastMessage);
  assert.equal(asked.state, 'approval-requested');
  const question = chat.lastMessage.parts.find(({ type }) => type === 'data-approval');
  assert.equal(question.data.message, 'Ask the shop to refund order A-1001 (damaged)?');
  assert.equal(refunds().length, 0);
  await chat.addToolApprovalResponse({ id: asked.approval.id, approved: true });
  await settled(chat, () => chat.status === 'ready' && toolIn(chat.lastMessage).state === 'output-available');
  assert.match(said(chat.lastMessage), /I have asked for a refund of order A-1001/);
  assert.equal(refunds().length, 1);
});

test('After a no nothing is done', async () => {
  const { chat } = open();
  const before = refunds().length;
  await chat.sendMessage({ text: 'please refund my damaged order A-1001' });
  await chat.addToolApprovalResponse({ id: toolIn(chat.lastMessage).approval.id, approved: false });
  await settled(chat, () => chat.status === 'ready' && toolIn(chat.lastMessage).state === 'output-denied');
  assert.match(said(chat.lastMessage), /Nothing was done/);
  assert.equal(refunds().length, before);
});

test('The same request sent again shows the same reply; a regeneration makes another', async () => {
  const { chat } = open();
  await chat.sendMessage({ text: 'how long does shipping take' });
  const [question] = chat.messages;
  const again = open({ id: chat.id });
  await again.chat.sendMessage(question);
  assert.equal(said(again.chat.lastMessage), said(chat.lastMessage));
  await chat.regenerate();
  assert.match(said(chat.lastMessage), /two to four working days/);
});

test('A refused token, and what is no message, are errors that say why', async () => {
  const { chat, heard } = open({ token: tokenOf({ ACME_VERIFY_SECRET: 'x'.repeat(40) }, ada) });
  await chat.sendMessage({ text: 'hello' });
  assert.equal(chat.status, 'error');
  assert.equal(heard[0].status, 401);
  assert.match(chat.error.message, /invalid_signature/);
  const empty = open();
  await empty.chat.sendMessage({ parts: [], role: 'user' });
  assert.match(empty.chat.error.message, /The last message has no text/);
});

test('The answer to a question that nobody has asked is an error of the stream', async () => {
  const { chat, heard } = open();
  await chat.sendMessage({ text: 'please refund my damaged order A-1001' });
  const { approval } = toolIn(chat.lastMessage);
  approval.id = 'int_unknown';
  await chat.addToolApprovalResponse({ id: 'int_unknown', approved: true });
  await settled(chat, () => chat.status === 'error');
  assert.equal(heard.at(-1).status, 200);
  assert.match(chat.error.message, /interrupt_unknown/);
});
