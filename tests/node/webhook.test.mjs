// A tool call's signature: the published vector, and a call that widgentd has sent, by the public library and by the
// Python of the demo shop.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { root } from '../../scripts/steps.mjs';

const secret = 'whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh';
const sentAt = 1767225600;
const headers = {
  'webhook-id': 'tcall_01JD0000000000000000000001',
  'webhook-timestamp': String(sentAt),
  'webhook-signature': 'v1,mBqP4In//RPQSX1CX2dBUB/Z1KJfbhyaomUe7MwktYc=',
};
const body = JSON.stringify({
  type: 'tool.call',
  id: headers['webhook-id'],
  timestamp: '2026-01-01T00:00:00Z',
  product_id: 'acme',
  tool: { name: 'get_order', call_id: 'call_1', arguments: { order_id: 'A-1001' } },
  user: { sub: 'u_42', email: 'ana@example.com', name: 'Ana', metadata: { plan: 'pro' }, verified: true },
  thread_id: 'th_1',
  run_id: 'run_1',
});

let folder, tool, received;

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/widgent-webhook-`);
  tool = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"shipped"}');
  });
  await new Promise((resolve) => tool.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${tool.address().port}`;
  const properties = { order_id: { type: 'string', pattern: '^A-[0-9]{1,8}$' } };
  const product = {
    id: 'acme',
    name: 'Acme',
    origins: ['https://shop.example'],
    service_keys: [{ id: 'pk_acme' }],
    verification: { secrets: [{ kid: 'k1', value: 'wvs_0123456789abcdef0123456789abcdef' }] },
    egress: { allow_hosts: [host], allow_private_cidrs: ['127.0.0.0/8'], https_only: false },
    tools: [
      {
        name: 'get_order',
        description: 'Status of an order',
        kind: 'http',
        url: `http://${host}/orders`,
        secret,
        effect: 'read',
        parameters: { type: 'object', additionalProperties: false, required: ['order_id'], properties },
        requires: { scopes: ['orders:read'] },
        bind: { customer_id: '/sub' },
      },
    ],
  };
  await writeFile(`${folder}/acme.json`, JSON.stringify(product));
});
after(async () => {
  tool?.close();
  await rm(folder, { recursive: true, force: true });
});

const ana = { sub: 'u_42', name: 'Ana «Ñ» 🙂', scope: 'orders:read' };

/** What `widgentd tool test` does, and what has arrived at the tool. */
async function tryTool(claims, args, ...more) {
  received = [];
  const given = ['--dir', folder, '--args', JSON.stringify(args), '--claims', JSON.stringify(claims), ...more];
  const program = `${root}/build/native/widgentd`;
  const ended = await promisify(execFile)(program, ['tool', 'test', 'acme', 'get_order', ...given]).catch((e) => e);
  return { code: ended.code ?? 0, text: ended.stdout, error: ended.stderr };
}

/** Whether demo/fastapi/webhook.py accepts it, asked at `now` (seconds). */
function verifyInPython(given, now) {
  const program = `
import json, sys
sys.path.insert(0, "${root}/demo/fastapi")
from webhook import verify_webhook
call = json.load(sys.stdin)
print(verify_webhook(call["secret"], call["headers"], call["body"].encode(), call["now"]))`;
  const input = JSON.stringify({ secret, headers, body, now, ...given });
  return execFileSync('/usr/bin/python3', ['-B', '-c', program], { input }).toString().trim() === 'True';
}

test('The public library signs the vector as the specification says', () => {
  const signature = new Webhook(secret).sign(headers['webhook-id'], new Date(sentAt * 1000), body);
  assert.equal(signature, headers['webhook-signature']);
});

test('The Python shop accepts the vector', () => assert.ok(verifyInPython({}, sentAt)));

test('The Python shop accepts one signature of several, while a secret is rotated', () => {
  const several = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` };
  assert.ok(verifyInPython({ headers: several }, sentAt));
});

test('The Python shop refuses another body, an old call, and a missing signature', () => {
  assert.ok(!verifyInPython({ body: body.replace('A-1001', 'A-1002') }, sentAt));
  assert.ok(!verifyInPython({}, sentAt + 301));
  assert.ok(!verifyInPython({ headers: { ...headers, 'webhook-signature': '' } }, sentAt));
});

test('A call that widgentd sends is verified by the public library and in Python, for the user whom it names', async () => {
  const { code, text } = await tryTool(ana, { order_id: 'A-1001' });
  assert.equal(code, 0);
  assert.match(text, /outcome +ok \{"status":"shipped"\}/);
  assert.equal(received.length, 1);
  const [call] = received;
  const verified = new Webhook(secret).verify(call.body, call.headers);
  assert.deepEqual(verified.tool.arguments, { order_id: 'A-1001', customer_id: 'u_42' });
  assert.equal(verified.user.name, ana.name);
  assert.ok(verifyInPython(call, Number(call.headers['webhook-timestamp'])));
  assert.throws(() => new Webhook(secret).verify(call.body.replace('A-1001', 'A-1002'), call.headers));
});

test('A dry run sends nothing, and shows the request with a signature that holds', async () => {
  const { code, text } = await tryTool(ana, { order_id: 'A-1001' }, '--dry-run');
  assert.equal(code, 0);
  assert.equal(received.length, 0);
  const shown = text.split('\n').map((line) => line.replace(/^ {2}/, ''));
  const headers = Object.fromEntries(shown.filter((line) => /^webhook-/.test(line)).map((line) => line.split(': ')));
  assert.equal(
    new Webhook(secret).verify(
      shown.find((line) => line.startsWith('{')),
      headers,
    ).type,
    'tool.call',
  );
  for (const hidden of [secret, secret.slice(6), 'wvs_']) assert.ok(!text.includes(hidden));
});

test('A call that the policy refuses reaches no tool, and says why', async () => {
  const refused = async (claims, args) => {
    const { code, text } = await tryTool(claims, args);
    assert.equal(code, 1);
    assert.equal(received.length, 0);
    return /outcome +(.*)/.exec(text)[1];
  };
  assert.match(await refused({ sub: 'u_42' }, { order_id: 'A-1001' }), /^denied: scope_missing/);
  assert.match(await refused(ana, { order_id: 'X' }), /^failed: arguments_invalid/);
  assert.match(await refused(ana, { order_id: 'A-1', more: 1 }), /^failed: arguments_invalid/);
  const { code, error } = await tryTool({ name: 'nobody' }, {});
  assert.equal(code, 1);
  assert.match(error, /A token of these claims is refused: /);
});
