// The servers under measurement as processes, each bound to the first core, and the tokens that all of them accept.
import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { findFreePort, newSecrets, productConfig, startProcess } from '../../scripts/stack.mjs';
import { root } from '../../scripts/steps.mjs';

export const folder = import.meta.dirname;
export const origin = 'https://shop.example';
export const serverCore = 0;
export const loadCore = 1;

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Tokens of as many users, each a line of a file. */
export function writeTokens(file, secret, count) {
  const header = encode({ alg: 'HS256', typ: 'JWT', kid: 'demo' });
  const iat = Math.floor(Date.now() / 1000);
  const lines = Array.from({ length: count }, (_, i) => {
    const jti = randomBytes(8).toString('hex');
    const user = { sub: `u_${i}`, email: 'ana@example.com', name: 'Ana', metadata: { plan: 'pro', since: 2019 } };
    const text = `${header}.${encode({ ...user, iat, exp: iat + 3600, jti })}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}\n`;
  });
  writeFileSync(file, lines.join(''));
}

/** A model that begins to speak and never ends: whoever follows its run waits. */
async function startEndlessModel() {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"One moment. "}}]}\n\n');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}/v1`, stop };
}

export const pinned = (core, program, args) => ({ program: 'taskset', args: ['-c', String(core), program, ...args] });

/** A server of bench/server/peers: `command(port)` is {program, args}. */
export async function startPeer(name, command, env) {
  const port = await findFreePort();
  const { program, args } = command(String(port));
  const url = `http://127.0.0.1:${port}`;
  const options = { name, ...pinned(serverCore, program, args), env, url: `${url}/healthz`, log: () => {} };
  const { child, stop } = await startProcess(options);
  return { url, pid: child.pid, stop, session: '/session', message: '/message', agent: '/agent', events: '/events' };
}

/** Widgent's server; `model` is the base URL of an endpoint, else the built-in agent answers. */
export async function startWidgent({ secret, dataDir, model, log = () => {} }) {
  const port = await findFreePort();
  mkdirSync(dataDir, { recursive: true });
  const config = productConfig('acme', { widgent: port, express: 1, fastapi: 2 }, dataDir, (product) => {
    product.origins = [origin];
    product.tools = [];
    product.knowledge = { dir: path.join(folder, 'knowledge') };
    const many = 100_000;
    product.rate_limits = { per_user_per_min: many, per_ip_per_min: many, concurrent_runs_per_user: 100 };
    if (!model) return;
    product.agent = { kind: 'openai', name: 'Acme Guide', base_url: model, model: 'bench' };
    product.egress = { ...product.egress, allow_hosts: ['127.0.0.1'] };
  });
  const program = `${root}/build/native/widgentd`;
  const args = ['serve', '--config', config, '--data', dataDir, '--listen', `127.0.0.1:${port}`];
  // None of the peers logs its requests, nor limits the connections of an address.
  args.push('--log-level', 'warning', '--trusted-proxy', '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const { child, stop } = await startProcess({
    ...{ name: 'widgent', ...pinned(serverCore, program, args), url: `${url}/healthz`, log },
    env: { ACME_VERIFY_SECRET: secret, ACME_TOOL_SECRET: `whsec_${randomBytes(32).toString('base64')}` },
  });
  const base = '/v1/products/acme';
  const routes = { session: `${base}/session`, message: `${base}/session`, agent: `${base}/agent` };
  return { url, pid: child.pid, stop, ...routes, events: `${base}/threads/th_viewed/events` };
}

/** A store of Widgent in `dataDir`, into which `fill` writes by better-sqlite3. */
export async function fillStore(dataDir, fill) {
  const server = await startWidgent({ secret: newSecrets().ACME_VERIFY_SECRET, dataDir });
  await server.stop();
  const Database = createRequire(path.join(folder, 'package.json'))('better-sqlite3');
  const database = new Database(path.join(dataDir, 'widgent.db'));
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.pragma('cache_size = -2000000');
  fill(database);
  database.pragma('journal_mode = WAL');
  database.close();
}

const peer = (script, ...more) => ({
  start: ({ secret, temporary }, name) =>
    startPeer(name, (port) => ({ program: process.execPath, args: [`${folder}/peers/${script}`, port, ...more] }), {
      ...{ ORIGIN: origin, SECRET: secret, NODE_ENV: 'production' },
      STORE: path.join(temporary, `${name}.db`),
    }),
});

/** By name: its title, and `start({secret, temporary}, name)`, which answers {url, pid, stop} and the paths. */
export const stacks = {
  widgent: {
    title: 'Widgent',
    start: ({ secret, temporary }) => startWidgent({ secret, dataDir: path.join(temporary, 'widgent') }),
  },
  'fast-jwt': { title: 'Fastify + fast-jwt', ...peer('fastify.mjs', 'fast-jwt') },
  jose: { title: 'Fastify + jose', ...peer('fastify.mjs', 'jose') },
  express: { title: 'Express + jsonwebtoken', ...peer('express.mjs') },
  fastapi: {
    title: 'FastAPI + PyJWT',
    start: ({ secret }, name) => {
      const args = ['-m', 'uvicorn', '--app-dir', `${folder}/peers`, '--no-access-log', '--log-level', 'warning'];
      const command = (port) => ({ program: '/usr/bin/python3', args: [...args, '--port', port, 'fastapi_app:app'] });
      return startPeer(name, command, { ORIGIN: origin, SECRET: secret, PYTHONDONTWRITEBYTECODE: '1' });
    },
  },
  'raw-log': {
    title: 'raw log',
    start: ({ temporary }, name) => {
      const command = (port) => ({
        program: `${root}/build/native/raw_log`,
        args: [port, path.join(temporary, 'raw.log')],
      });
      return startPeer(name, command, {});
    },
  },
};

/** Widgent with a run that never ends, for viewers to follow. */
export async function startViewed({ secret, temporary, tokens }) {
  const model = await startEndlessModel();
  const server = await startWidgent({ secret, dataDir: path.join(temporary, 'viewed'), model: model.url });
  const [token] = readFileSync(tokens, 'utf8').split('\n', 1);
  const headers = {
    ...{ 'Content-Type': 'application/json', Origin: origin, Authorization: `Bearer ${token}` },
    'Widgent-Service-Key': 'pk_acme_demo',
  };
  const messages = [{ id: 'm_1', role: 'user', content: 'Hello?' }];
  const body = JSON.stringify({ threadId: 'th_viewed', runId: 'r_viewed', protocolVersion: '1.0', messages });
  const answer = await fetch(server.url + server.agent, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`the run that is to be followed: ${answer.status} ${await answer.text()}`);
  await answer.body.cancel();
  return { ...server, stop: async () => [await server.stop(), await model.stop()] };
}
