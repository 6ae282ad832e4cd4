// Keys of a running server: secrets are changed by the command line, and no connection is lost by it.
import jwt from 'jsonwebtoken';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFreePort, startProcess } from '../../scripts/stack.mjs';
import { widgentd } from '../../scripts/steps.mjs';

const run = promisify(execFile);
const origin = 'https://shop.example';
const lines = [];
let folder, dir, data, port, server, serviceKey, firstSecret, adminKey;

async function product(...args) {
  const { stdout } = await run(widgentd, ['product', ...args, '--dir', dir]);
  return stdout;
}
const secretIn = (text) => /wvs_[\w-]+/.exec(text)[0];
const kids = async () =>
  JSON.parse(await readFile(`${dir}/acme.json`, 'utf8')).verification.secrets.map(({ kid }) => kid);
const sign = (secret, sub, options = {}) => jwt.sign({ sub }, secret, { expiresIn: '10m', ...options });

// One connection, kept alive over all requests.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let sockets = 0;
function post(path, headers) {
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method: 'POST', agent, headers }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, ...JSON.parse(body) }));
    });
    sent.on('socket', (socket) => {
      if (!socket.counted) sockets++;
      socket.counted = true;
    });
    sent.on('error', reject).end();
  });
}
async function identify(token) {
  const headers = { Origin: origin, 'Widgent-Service-Key': serviceKey, Authorization: `Bearer ${token}` };
  const { status, code, identity } = await post('/v1/products/acme/session', headers);
  return status === 200 ? identity.sub : code;
}

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/widgent-keys-`);
  dir = `${folder}/products`;
  data = `${folder}/data`;
  const created = await product('create', 'acme', '--origin', origin);
  serviceKey = /pk_acme_[\w-]+/.exec(created)[0];
  firstSecret = secretIn(created);
  adminKey = /wsk_[\w-]{43}/.exec(await product('admin-key', 'acme'))[0];
  port = await findFreePort();
  server = await startProcess({
    name: 'widgent',
    program: widgentd,
    args: ['serve', '--config', dir, '--data', data, '--listen', `127.0.0.1:${port}`],
    env: {},
    url: `http://127.0.0.1:${port}/healthz`,
    log: (name, line) => lines.push(line),
  });
});
after(async () => {
  agent.destroy();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('case 22: a secret is rotated and revoked under a running server, from one request to the next', async () => {
  assert.equal(await identify(sign(firstSecret, 'ada')), 'ada');
  const secondSecret = secretIn(await product('rotate-secret', 'acme'));
  const [newer, older] = await kids();
  assert.equal(await identify(sign(secondSecret, 'ada')), 'ada');
  assert.equal(await identify(sign(secondSecret, 'ada', { keyid: newer })), 'ada');
  assert.equal(await identify(sign(firstSecret, 'ada')), 'ada');
  assert.equal(await identify(sign(firstSecret, 'ada', { keyid: older })), 'ada');

  await product('revoke-secret', 'acme', older);
  assert.equal(await identify(sign(firstSecret, 'ada', { keyid: older })), 'unknown_kid');
  assert.equal(await identify(sign(firstSecret, 'ada')), 'invalid_signature');
  assert.equal(await identify(sign(secondSecret, 'ada')), 'ada');
  const shown = await product('show', 'acme', '--data', data);
  assert.match(shown, new RegExp(`kid ${newer}, created 20.*, last used 20`));
  assert.match(shown, new RegExp(`kid ${older}, created 20.*, last used 20.*, ended 20`));
  assert.doesNotMatch(shown, /wvs_|wsk_/);
});

test('A secret is rotated and revoked over HTTP, and holds from the next request on', async () => {
  const oldSecret = secretIn(await product('rotate-secret', 'acme', '--overlap-hours', '0'));
  const [oldKid] = await kids();
  const path = '/v1/admin/products/acme/secrets';
  const key = { Authorization: `Bearer ${adminKey}` };
  const made = await post(path, key);
  assert.equal(made.status, 201);
  assert.equal((await kids())[0], made.kid);
  assert.equal(await identify(sign(made.secret, 'ada', { keyid: made.kid })), 'ada');
  assert.equal(await identify(sign(oldSecret, 'ada')), 'ada');
  const revoked = await post(`${path}/${oldKid}/revoke`, key);
  assert.deepEqual(
    revoked.secrets.map(({ kid, state }) => [kid, state]),
    [
      [made.kid, 'live'],
      [oldKid, 'ended'],
    ],
  );
  assert.equal(await identify(sign(oldSecret, 'ada')), 'invalid_signature');
  assert.equal(await identify(sign(made.secret, 'ada')), 'ada');
  const log = await run(widgentd, ['audit', 'show', '--data', data, '--action', 'product_change']);
  assert.match(log.stdout, new RegExp(`rotated to the secret ${made.kid}, by admin key [0-9a-f]{8}\n`));
  assert.match(log.stdout, new RegExp(`secret ${oldKid} revoked, by admin key [0-9a-f]{8}\n`));
  assert.match((await run(widgentd, ['audit', 'verify', '--data', data])).stdout, /acme.* hold/);
});

test('case 21: a user is revoked over HTTP and by the command line, and comes back with a newer token', async () => {
  const secret = secretIn(await product('rotate-secret', 'acme', '--overlap-hours', '0'));
  const sub = 'auth0|Zoë';
  const path = `/v1/admin/products/acme/users/${encodeURIComponent(sub)}/revoke`;
  const before = sign(secret, sub);
  assert.equal(await identify(before), sub);
  await sleep(1100); // iat counts whole seconds
  assert.equal((await post(path, { Authorization: 'Bearer wsk_wrong' })).code, 'admin_key_invalid');
  assert.equal(await identify(before), sub);
  assert.equal((await post(path, { Authorization: `Bearer ${adminKey}` })).sub, sub);
  assert.equal(await identify(before), 'revoked');
  assert.equal(await identify(sign(secret, 'bob')), 'bob');
  await sleep(1100);
  const again = sign(secret, sub);
  assert.equal(await identify(again), sub);
  await sleep(1100);
  await run(widgentd, ['user', 'revoke', 'acme', sub, '--data', data]);
  assert.equal(await identify(again), 'revoked');
});

test('A product file that does not hold changes nothing, and is named in the log; SIGHUP reads again', async () => {
  const secret = secretIn(await product('rotate-secret', 'acme', '--overlap-hours', '0'));
  assert.equal(await identify(sign(secret, 'ada')), 'ada');
  const good = await readFile(`${dir}/acme.json`);
  await writeFile(`${dir}/acme.json`, '{');
  server.child.kill('SIGHUP');
  await sleep(300);
  assert.equal(await identify(sign(secret, 'ada')), 'ada');
  assert.ok(lines.some((line) => /error .*acme\.json: This is not JSON/.test(line)));
  await writeFile(`${dir}/acme.json`, good);
  server.child.kill('SIGHUP');
  await sleep(300);
  assert.equal(await identify(sign(secret, 'ada')), 'ada');
});

test('All of it went over one connection, and the log of the server holds no key and no user', () => {
  assert.equal(sockets, 1);
  assert.doesNotMatch(lines.join('\n'), /wvs_|wsk_|auth0|eyJ/);
});
