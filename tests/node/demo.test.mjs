// `npm start`, as far as it goes once everything is built: three addresses that answer, and a clean end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { findFreePort } from '../../scripts/stack.mjs';
import { root } from '../../scripts/steps.mjs';

let folder, env;
const running = new Set();

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/widgent-demo-`);
  env = { WIDGENT_DEMO: folder };
  for (const name of ['WIDGENT_PORT', 'EXPRESS_PORT', 'FASTAPI_PORT']) env[name] = String(await findFreePort());
});
after(() => {
  for (const child of running) child.kill('SIGINT');
  return rm(folder, { recursive: true, force: true });
});

/** Starts the demo; `until` resolves with the output once it has been printed, or the demo has ended. */
function startDemo(until) {
  const child = spawn('node', ['scripts/demo.mjs'], { cwd: root, env: { ...process.env, ...env } });
  let text = '';
  running.add(child);
  const ended = new Promise((resolve) =>
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, text });
    }),
  );
  const printed = new Promise((resolve) => {
    const read = (piece) => {
      text += piece;
      if (text.includes(until)) resolve(text);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  return { child, ended, printed: Promise.race([printed, ended.then(() => text)]) };
}

test('The demo prints three addresses that answer, and ends with Ctrl-C', async () => {
  const { child, ended, printed } = startDemo('Ctrl-C stops');
  const text = await printed;
  for (const name of ['EXPRESS_PORT', 'FASTAPI_PORT']) {
    assert.match(text, new RegExp(`http://localhost:${env[name]}\n`));
    const page = await (await fetch(`http://localhost:${env[name]}/`)).text();
    assert.match(page, new RegExp(`src="http://localhost:${env.WIDGENT_PORT}/widgent.js"`));
    assert.equal((await fetch(`http://localhost:${env[name]}/help/shipping`)).status, 200);
  }
  assert.match(text, new RegExp(`http://localhost:${env.WIDGENT_PORT}/dashboard/\n`));
  assert.equal((await fetch(`http://localhost:${env.WIDGENT_PORT}/dashboard/`)).status, 200);
  const script = await fetch(`http://localhost:${env.WIDGENT_PORT}/widgent.js`);
  assert.match(script.headers.get('content-type'), /javascript/);
  child.kill('SIGINT');
  assert.equal((await ended).code, 0);
});

test('What the dashboard has changed in the demo is there after the next start', async () => {
  const origins = ['https://shop.example'];
  const ask = async (path = '', method = 'GET', body) => {
    const key = /^ACME_ADMIN_KEY=(.*)$/m.exec(await readFile(`${folder}/demo.env`, 'utf8'))[1];
    const response = await fetch(`http://localhost:${env.WIDGENT_PORT}/v1/admin/products/acme${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    assert.equal(response.status, 200);
    return response.json();
  };
  for (const start of ['first', 'second']) {
    const { child, ended, printed } = startDemo('Ctrl-C stops');
    await printed;
    if (start === 'first') await ask('/origins', 'PUT', { origins });
    assert.deepEqual((await ask()).origins, origins);
    child.kill('SIGINT');
    await ended;
  }
});

test('A port in use is named, with what to do', async () => {
  const blocker = createServer().listen(Number(env.FASTAPI_PORT), '127.0.0.1');
  const { ended } = startDemo('never');
  const { code, text } = await ended;
  blocker.close();
  assert.equal(code, 1);
  assert.match(text, new RegExp(`Port ${env.FASTAPI_PORT} is in use\\. .*FASTAPI_PORT=`));
});
