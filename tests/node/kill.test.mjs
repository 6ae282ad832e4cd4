// The server dies by SIGKILL fifty times while people talk to it, each time at another moment. What it had acknowledged
// is there afterwards, once, and the audit chain holds.
import jwt from 'jsonwebtoken';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFreePort, newSecrets, startServer } from '../../scripts/stack.mjs';
import { widgentd } from '../../scripts/steps.mjs';

const kills = 50;
const users = Array.from({ length: 20 }, (_, number) => `u_${number}`);
const moments = ['TOOL_CALL_RESULT', 'RUN_STARTED', 'TOOL_CALL_START', 'TEXT_MESSAGE_CONTENT', 'RUN_FINISHED'];
const origin = 'https://shop.example';
const secrets = newSecrets();
let folder, port, base, tool, config, server;
const toolCalls = []; // the ids of the calls that reached the shop
// When the server dies: as soon as the `left`th event of `type` has arrived.
let death = { type: '', left: 0, now() {} };

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/widgent-kill-`);
  tool = createServer(async (request, response) => {
    toolCalls.push(request.headers['webhook-id']);
    await sleep(Math.random() * 20);
    response.setHeader('Content-Type', 'application/json').end('{"id":"A-1001","status":"shipped"}');
  });
  await new Promise((resolve) => tool.listen(0, '127.0.0.1', resolve));
  port = await findFreePort();
  base = `http://127.0.0.1:${port}/v1/products/acme`;
  config = `${folder}/acme.json`;
  await writeFile(
    config,
    JSON.stringify({
      id: 'acme',
      name: 'Acme',
      origins: [origin],
      service_keys: [{ id: 'pk_acme' }],
      verification: { secrets: [{ kid: 'a', value: { env: 'ACME_VERIFY_SECRET' } }] },
      agent: { kind: 'builtin', name: 'Guide' },
      rate_limits: { per_user_per_min: 100_000, per_ip_per_min: 100_000 },
      egress: {
        allow_hosts: [`127.0.0.1:${tool.address().port}`],
        allow_private_cidrs: ['127.0.0.0/8'],
        https_only: false,
      },
      tools: [
        {
          name: 'get_order',
          description: 'Status of an order',
          kind: 'http',
          url: `http://127.0.0.1:${tool.address().port}/get_order`,
          secret: { env: 'ACME_TOOL_SECRET' },
          effect: 'read',
          idempotent: true,
          parameters: {
            type: 'object',
            required: ['order_id'],
            properties: { order_id: { type: 'string', pattern: '^A-[0-9]{1,8}$', maxLength: 10 } },
          },
          requires: { identified: true },
          examples: ['where is my order', 'track my order'],
          answer: 'Order {{result.id}} is {{result.status}}.',
        },
      ],
    }),
  );
});
after(async () => {
  await server?.stop();
  tool?.close();
  await rm(folder, { recursive: true, force: true });
});

const headersOf = (sub) => ({
  Origin: origin,
  'Widgent-Service-Key': 'pk_acme',
  Authorization: `Bearer ${jwt.sign({ sub }, secrets.ACME_VERIFY_SECRET, { expiresIn: '1h' })}`,
});

/** One message in one run. What the server said of it before it died is kept in `message`. */
async function say(message, headers) {
  const response = await fetch(`${base}/agent`, {
    method: 'POST',
    signal: AbortSignal.timeout(20_000),
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      threadId: message.thread,
      runId: message.run,
      messages: [{ id: message.id, role: 'user', content: message.text }],
      tools: [],
      context: [],
      state: {},
      forwardedProps: {},
    }),
  });
  assert.equal(response.status, 200, await (response.ok ? '' : response.text()));
  let rest = '';
  let told = 0;
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const frames = (rest + chunk).split('\n\n');
    rest = frames.pop();
    for (const frame of frames) {
      const line = frame.split('\n').find((text) => text.startsWith('data: '));
      if (!line) continue;
      const event = JSON.parse(line.slice(6));
      if (event.type === death.type && --death.left === 0) death.now();
      if (event.type === 'RUN_STARTED') message.acknowledged = true;
      if (event.type === 'TOOL_CALL_RESULT') message.told = Math.max(message.told, ++told);
      if (event.type === 'RUN_FINISHED') message.finished = true;
    }
  }
}

/** Talks until the server is gone. A message whose fate is unknown comes again, under the same ids, before the next. */
async function talk(user, said, isOver) {
  const headers = headersOf(user.sub);
  for (;;) {
    user.pending ??= {
      thread: user.thread,
      id: crypto.randomUUID(),
      run: `r_${crypto.randomUUID()}`,
      text: said.length % 2 ? 'where is my order A-1001' : 'thank you',
      sub: user.sub,
      acknowledged: false,
      told: 0, // results of its tool calls
    };
    const message = user.pending;
    if (!said.includes(message)) said.push(message);
    try {
      await say(message, headers);
      user.pending = undefined;
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      if (isOver()) return;
      await sleep(2);
    }
    if (isOver()) return;
  }
}

async function readThread(thread, sub) {
  const response = await fetch(`${base}/threads/${thread}/messages`, { headers: headersOf(sub) });
  if (response.status === 404) return [];
  assert.equal(response.status, 200);
  return (await response.json()).messages;
}

const cli = (...args) => promisify(execFile)(widgentd, args, { env: secrets, maxBuffer: 1 << 28 });

/** Every acknowledged message of these is stored once, and no other twice. */
async function checkMessages(said) {
  const threads = new Map(said.map(({ thread, sub }) => [thread, sub]));
  for (const [thread, sub] of threads) {
    const stored = (await readThread(thread, sub)).filter(({ role }) => role === 'user').map(({ id }) => id);
    assert.equal(new Set(stored).size, stored.length, `doubled in ${thread}: ${stored}`);
    const of = said.filter((message) => message.thread === thread);
    for (const { id, acknowledged } of of) if (acknowledged) assert.ok(stored.includes(id), `${id} is lost`);
    const known = new Set(of.map(({ id }) => id));
    assert.deepEqual(
      stored.filter((id) => !known.has(id)),
      [],
    );
  }
}

/** The chain holds, each call that left has its attempt, and each result that was told has its record, once. */
async function checkAudit(said) {
  await cli('audit', 'verify', '--data', `${folder}/data`);
  const show = ['audit', 'show', '--data', `${folder}/data`, '--action', 'tool', '--limit', '1000000', '--json'];
  const { stdout } = await cli(...show);
  const records = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const isAttempt = ({ unmapped }) => unmapped.widgent.outcome === 'attempt';
  const calls = (list) => list.map(({ api }) => api.request.uid);
  const attempts = calls(records.filter(isAttempt));
  const results = calls(records.filter((record) => !isAttempt(record)));
  for (const ids of [attempts, results]) assert.equal(new Set(ids).size, ids.length, 'a call is recorded twice');
  assert.deepEqual(
    toolCalls.filter((id) => !attempts.includes(id)),
    [],
    'calls left without an attempt on record',
  );
  assert.deepEqual(
    results.filter((id) => !attempts.includes(id)),
    [],
    'results without an attempt',
  );
  for (const { run, told } of said) {
    const recorded = records.filter((record) => record.metadata.correlation_uid === run && !isAttempt(record));
    assert.ok(recorded.length >= told, `${told} results of ${run} were told, and ${recorded.length} are on record`);
  }
  return { attempts: attempts.length, results: results.length };
}

test(`Killed ${kills} times under load, nothing acknowledged is lost and nothing doubled`, async (t) => {
  const people = users.map((sub) => ({ sub }));
  const all = [];
  for (let kill = 0; kill < kills; ++kill) {
    // Every second time its connections have threads of their own.
    const env = { ...secrets, WIDGENT_THREADS: kill % 2 ? '2' : '0' };
    const files = { configs: [config], dataDir: `${folder}/data` };
    server = await startServer({ port, ...files, secrets: env, log: () => {} });
    let over = false;
    const said = [];
    for (const user of people) {
      // A thread of its own for each life, but for what the last one left open.
      if (!user.pending) user.thread = `th_${crypto.randomUUID()}`;
    }
    const stopped = new Promise((resolve) => {
      const now = () => {
        over = true;
        resolve(server.stop('SIGKILL'));
      };
      death = { type: moments[kill % moments.length], left: 1 + ((kill * 7) % 20), now };
    });
    const talks = people.map((user) => talk(user, said, () => over));
    await stopped;
    await Promise.all(talks);
    all.push(...said.filter((message) => !all.includes(message)));
    await cli('audit', 'verify', '--data', `${folder}/data`);
  }
  server = await startServer({ port, configs: [config], dataDir: `${folder}/data`, secrets, log: () => {} });
  for (const user of people) if (user.pending) await say(user.pending, headersOf(user.sub));
  await checkMessages(all);
  const records = await checkAudit(all);
  await server.stop();
  const acknowledged = all.filter((message) => message.acknowledged).length;
  const cut = all.filter((message) => message.acknowledged && !message.finished).length;
  t.diagnostic(`${all.length} messages, ${acknowledged} acknowledged, ${cut} cut off; ${JSON.stringify(records)}`);
  // Else the load, or the moment, was not what the title says.
  assert.ok(acknowledged > 5 * kills && cut > kills, `${acknowledged} acknowledged, ${cut} cut off`);
});
