// What the server does when the machine, the network or a neighbour fails: a clear answer, and on it goes.
import jwt from 'jsonwebtoken';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import test, { after, afterEach, before } from 'node:test';
import { findFreePort, newSecrets, startServer } from '../../scripts/stack.mjs';
import { widgentd } from '../../scripts/steps.mjs';

const secrets = newSecrets();
const origin = 'https://shop.example';
let folder,
  port,
  base,
  server,
  deaf,
  count = 0;
let log = [];

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/widgent-trouble-`);
  port = await findFreePort();
  base = `http://127.0.0.1:${port}/v1/products/acme`;
  // Takes connections and says nothing.
  deaf = createServer(() => {});
  await new Promise((resolve) => deaf.listen(0, '127.0.0.1', resolve));
});
afterEach(() => server?.stop());
after(async () => {
  deaf?.close();
  await rm(folder, { recursive: true, force: true });
});

const tool = (name, url, example) => ({
  name,
  description: example,
  kind: 'http',
  url,
  secret: { env: 'ACME_TOOL_SECRET' },
  effect: 'read',
  idempotent: true,
  timeout_ms: 1000,
  retries: 0,
  parameters: { type: 'object', properties: {} },
  requires: { identified: true },
  examples: [example],
});

function writeConfig(agent = { kind: 'builtin', name: 'Guide' }) {
  const deafHost = `127.0.0.1:${deaf.address().port}`;
  const product = {
    id: 'acme',
    name: 'Acme',
    origins: [origin],
    service_keys: [{ id: 'pk_acme' }],
    verification: { secrets: [{ kid: 'a', value: { env: 'ACME_VERIFY_SECRET' } }] },
    agent,
    egress: { allow_hosts: ['gone.invalid', deafHost], allow_private_cidrs: ['127.0.0.0/8'], https_only: false },
    tools: [
      tool('ask_gone', 'http://gone.invalid/ask', 'what is my balance'),
      tool('ask_deaf', `http://${deafHost}/ask`, 'where is my parcel'),
    ],
  };
  const config = `${folder}/acme.json`;
  writeFileSync(config, JSON.stringify(product));
  return config;
}

async function start(agent) {
  log = [];
  server = await startServer({
    port,
    configs: [writeConfig(agent)],
    dataDir: `${folder}/data${++count}`,
    secrets,
    log: (_, line) => log.push(line),
  });
  return server;
}

const sign = () => jwt.sign({ sub: 'ada' }, secrets.ACME_VERIFY_SECRET, { expiresIn: '30m' });
const headersOf = (token) => ({
  Origin: origin,
  'Content-Type': 'application/json',
  'Widgent-Service-Key': 'pk_acme',
  Authorization: `Bearer ${token}`,
});

const whoAmI = async (token) => {
  const response = await fetch(`${base}/session`, { method: 'POST', headers: headersOf(token), body: '{}' });
  return { status: response.status, ...(await response.json()) };
};

/** One message; the problem that refused it, or the events of its stream. */
async function say(content, { token = sign(), ids = {} } = {}) {
  const response = await fetch(`${base}/agent`, {
    method: 'POST',
    headers: headersOf(token),
    body: JSON.stringify({
      threadId: ids.thread ?? `th_${crypto.randomUUID()}`,
      runId: ids.run ?? `r_${crypto.randomUUID()}`,
      messages: [{ id: ids.message ?? crypto.randomUUID(), role: 'user', content }],
      tools: [],
      context: [],
      state: {},
      forwardedProps: {},
    }),
  });
  const text = await response.text();
  if (response.status !== 200) return { status: response.status, headers: response.headers, problem: JSON.parse(text) };
  const events = [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1]));
  const deltas = events.filter(({ type }) => type === 'TEXT_MESSAGE_CONTENT').map(({ delta }) => delta);
  return { status: 200, events, text: deltas.join(''), last: events.at(-1) };
}

test('On a full disk a message is refused with 503, and accepted once there is room, under the same ids', async () => {
  const { child } = await start();
  assert.equal((await say('hello')).last.type, 'RUN_FINISHED');
  execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=0:unlimited']);
  const ids = { thread: 'th_full', run: 'r_full', message: 'u_full' };
  const { status, headers, problem } = await say('hello', { ids });
  assert.equal(status, 503);
  assert.equal(problem.code, 'backend_down');
  assert.ok(problem.detail && problem.hint);
  assert.ok(Number(headers.get('retry-after')) > 0);
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);

  execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
  assert.equal((await say('hello', { ids })).last.type, 'RUN_FINISHED');
  assert.equal((await say('hello', { ids })).last.type, 'RUN_FINISHED');
  const thread = await fetch(`${base}/threads/th_full/messages`, {
    headers: headersOf(sign()),
  });
  const { messages } = await thread.json();
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant'],
  );
  assert.ok(log.some((line) => line.includes('store refused')));
});

test('A store that cannot be written is named at the start, with what to do', async () => {
  const data = `${folder}/locked`;
  mkdirSync(data);
  chmodSync(data, 0o555);
  chmodSync(folder, 0o755);
  // Root may write anywhere.
  const user = process.getuid() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups'] : ['env'];
  const serve = [widgentd, 'serve', '--data', data, '--config', writeConfig()];
  const { status, stderr } = spawnSync(user[0], [...user.slice(1), ...serve, '--listen', '127.0.0.1:0'], {
    encoding: 'utf8',
    env: { ...process.env, ...secrets },
    timeout: 20_000,
  });
  assert.notEqual(status, 0);
  assert.match(stderr, /cannot be written/);
  assert.match(stderr, /Hint: .*--data/);
});

test('Where a tool has no address any more, or never answers, the visitor is told, and the next question is answered', async () => {
  await start();
  for (const question of ['what is my balance', 'where is my parcel']) {
    const { events, text, last } = await say(question);
    assert.ok(
      events.some(({ type }) => type === 'TOOL_CALL_RESULT'),
      question,
    );
    assert.equal(last.type, 'RUN_FINISHED');
    assert.ok(text.length > 10, `nothing said to "${question}"`);
    assert.doesNotMatch(text, /gone\.invalid|curl|resolve|127\.0\.0\.1/i);
  }
  assert.equal((await say('hello')).last.type, 'RUN_FINISHED');
});

test('While a model never answers, others are served, and its run can be cancelled', async () => {
  await start({ kind: 'openai', base_url: `http://127.0.0.1:${deaf.address().port}/v1`, model: 'm' });
  const ids = { thread: 'th_deaf', run: 'r_deaf' };
  const token = sign();
  const waiting = say('hello', { ids, token });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const began = performance.now();
  assert.equal((await whoAmI(token)).identity.state, 'verified');
  assert.ok(performance.now() - began < 5000);
  const cancel = await fetch(`${base}/threads/th_deaf/runs/r_deaf/cancel`, {
    method: 'POST',
    headers: headersOf(token),
  });
  assert.equal(cancel.status, 202);
  const { last } = await waiting;
  assert.equal(last.outcome.type, 'cancelled');
});
