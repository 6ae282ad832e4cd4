// Widgent's server and the two demo shops as processes: for `npm start`, and for the tests.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { root, widgentd } from './steps.mjs';

export const defaultPorts = { widgent: 8787, express: 4001, fastapi: 4002 };

/** Fresh secrets of a product, as `widgentd product create` would give them. */
export function newSecrets() {
  return {
    ACME_VERIFY_SECRET: `wvs_${randomBytes(32).toString('base64url')}`,
    ACME_TOOL_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
  };
}

/** The demo's secrets, kept in `file`: those that are not there yet are made. */
export function keepSecrets(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const kept = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)));
  const secrets = { ...newSecrets(), ACME_ADMIN_KEY: `wsk_${randomBytes(32).toString('base64url')}`, ...kept };
  const text = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, text.join(''), { mode: 0o600 });
  return secrets;
}

/** True where nobody listens on the port. */
export function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

const found = new Set();

/** A port that nobody listens on, and that this process was not told of before: the system may name it twice. */
export async function findFreePort() {
  const port = await new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  if (found.has(port)) return findFreePort();
  found.add(port);
  return port;
}

/** A model behind an endpoint of Chat Completions, where the environment names one: else the builtin agent. */
function chooseAgent(product) {
  const { WIDGENT_OPENAI_BASE_URL: base_url, WIDGENT_OPENAI_MODEL: model, WIDGENT_OPENAI_API_KEY } = process.env;
  if (!base_url || !model) return;
  product.agent = { ...product.agent, kind: 'openai', base_url, model, fallback: 'builtin' };
  if (WIDGENT_OPENAI_API_KEY) product.agent.api_key = { env: 'WIDGENT_OPENAI_API_KEY' };
}

/**
 * The file of a demo product for these ports: a copy in `folder`. What the dashboard has changed in it stays, as long
 * as it would be made from the same.
 */
export function productConfig(name, ports, folder, change) {
  // In one go: one of these ports may begin with the digits of another.
  const moved = new Map(Object.entries(defaultPorts).map(([key, port]) => [String(port), ports[key]]));
  const text = readFileSync(`${root}/demo/${name}.json`, 'utf8').replace(
    /(?<=localhost:)\d+/g,
    (port) => moved.get(port) ?? port,
  );
  const product = JSON.parse(text);
  product.knowledge.dir = `${root}/demo/${product.knowledge.dir}`;
  chooseAgent(product);
  change?.(product);
  const copy = `${folder}/${name}.json`;
  const made = `${folder}/${name}.made`;
  const content = JSON.stringify(product, null, 2);
  if (existsSync(copy) && existsSync(made) && readFileSync(made, 'utf8') === content) return copy;
  for (const file of [copy, made]) writeFileSync(file, content);
  return copy;
}

async function answers(url, child) {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('ended at once');
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/**
 * Starts a process and waits until `url` answers. `log(name, line)` gets each line that it prints.
 * Answers {child, stop(signal)}; stop resolves when the process is gone.
 */
export async function startProcess({ name, program, args, env, url, log }) {
  let last = [];
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      last = [...last.slice(-1), line];
      log(name, line);
    });
  const gone = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  const stop = (signal = 'SIGTERM') => {
    child.kill(signal);
    return gone;
  };
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('did not answer within 30 s')), 30_000);
    child.once('error', reject);
  });
  try {
    await Promise.race([answers(url, child), late]);
  } catch (error) {
    await stop('SIGKILL');
    throw new Error(`${name} (${url}): ${error.message}${last.length ? `; its last words: ${last.join(' ')}` : ''}`);
  } finally {
    clearTimeout(timer);
  }
  return { child, gone, stop };
}

export function startServer({ port, configs, dataDir, secrets, log }) {
  return startProcess({
    name: 'widgent',
    program: widgentd,
    args: [
      'serve',
      ...configs.flatMap((file) => ['--config', file]),
      ...['--data', dataDir, '--listen', `127.0.0.1:${port}`, '--web', `${root}/build/web`],
    ],
    env: secrets,
    url: `http://127.0.0.1:${port}/healthz`,
    log,
  });
}

export function startShop(name, { port, widgentPort, secrets, log }) {
  const [program, script] =
    name === 'express' ? [process.execPath, 'demo/express/server.mjs'] : ['/usr/bin/python3', 'demo/fastapi/server.py'];
  return startProcess({
    name,
    program,
    args: [script],
    env: {
      ...secrets,
      PORT: String(port),
      WIDGENT_ORIGIN: `http://localhost:${widgentPort}`,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    url: `http://127.0.0.1:${port}/`,
    log,
  });
}

/** All three. `folder` is for the store and for the product files. */
export async function startStack({ ports, folder, secrets, log, change }) {
  mkdirSync(folder, { recursive: true });
  const configs = ['acme', 'acme-py'].map((name) => productConfig(name, ports, folder, change));
  const started = await Promise.allSettled([
    startServer({ port: ports.widgent, configs, dataDir: `${folder}/data`, secrets, log }),
    startShop('express', { port: ports.express, widgentPort: ports.widgent, secrets, log }),
    startShop('fastapi', { port: ports.fastapi, widgentPort: ports.widgent, secrets, log }),
  ]);
  const running = started.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
  const failure = started.find(({ status }) => status === 'rejected');
  if (failure) {
    await Promise.all(running.map(({ stop }) => stop()));
    throw failure.reason;
  }
  const [server, express, fastapi] = running;
  return { server, express, fastapi, configs, stop: () => Promise.all(running.map(({ stop }) => stop())) };
}
