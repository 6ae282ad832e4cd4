// `npm start`: builds what has changed, then runs the server and the two demo shops until Ctrl-C.
// `npm run dev` (--watch) also rebuilds and restarts when a source file changes.
import { createHash } from 'node:crypto';
import { mkdirSync, watch } from 'node:fs';
import { relative } from 'node:path';
import { build } from './build.mjs';
import { defaultPorts, isFree, keepSecrets, startStack } from './stack.mjs';
import { root } from './steps.mjs';

const folder = process.env.WIDGENT_DEMO ?? `${root}/.widgent`;
const variables = { widgent: 'WIDGENT_PORT', express: 'EXPRESS_PORT', fastapi: 'FASTAPI_PORT' };
const ports = Object.fromEntries(
  Object.entries(variables).map(([name, variable]) => [name, Number(process.env[variable] ?? defaultPorts[name])]),
);

const log = (name, line) => console.log(`${name.padEnd(8)}| ${line}`);

function printAddresses() {
  console.log(`
  Widgent is up.

    Shop in Express    http://localhost:${ports.express}
    Shop in FastAPI    http://localhost:${ports.fastapi}
    Dashboard          http://localhost:${ports.widgent}/dashboard/
                       product acme; its admin key is ACME_ADMIN_KEY in ${relative(root, folder)}/demo.env

  Try, in either shop:
    - Sign in as Ada, open the chat, and ask: where is my order A-1001
    - Ask for something that needs her yes: please refund my damaged order A-1001
    - Ask for an order of Bob's: where is my order A-2001
    - Sign in as Bob, and see that nothing of Ada's is left
    - Sign out, and ask: how long does shipping take
    - Try the 60-second token and the forged one, with the browser's console open

  Who did what:
    build/native/widgentd audit show --data ${relative(root, folder)}/data --product acme --user ada

  Ctrl-C stops all three; rm -r ${relative(root, folder)} begins anew.
`);
}

async function checkPorts() {
  for (const [name, port] of Object.entries(ports)) {
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new Error(`${variables[name]} must be a port number, and is "${process.env[variables[name]]}".`);
    if (!(await isFree(port)))
      throw new Error(`Port ${port} is in use. Stop what runs there, or: ${variables[name]}=${port + 100} npm start`);
  }
}

let stack;
let stopping = false;

async function start() {
  const { ACME_ADMIN_KEY, ...secrets } = keepSecrets(`${folder}/demo.env`);
  const admin_keys = [{ sha256: createHash('sha256').update(ACME_ADMIN_KEY).digest('hex') }];
  stack = await startStack({
    ports,
    folder,
    secrets,
    log,
    change: (product) => Object.assign(product, { admin_keys }),
  });
  for (const name of ['server', 'express', 'fastapi'])
    void stack[name].gone.then(() => stack && !stopping && log(name, 'has ended by itself; Ctrl-C and start again'));
}

async function stop() {
  const running = stack;
  stack = undefined;
  await running?.stop();
}

function watchSources() {
  let timer;
  const changed = (_, file) => {
    if (file && /~$|\.swp$|__pycache__/.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        await build();
        await stop();
        await start();
        console.log('Restarted.');
      } catch (error) {
        console.error(`${error.message}; waiting for the next change.`);
      }
    }, 200);
  };
  for (const name of ['src', 'web', 'demo']) watch(`${root}/${name}`, { recursive: true }, changed);
}

async function quit() {
  if (stopping) return;
  stopping = true;
  await stop();
  process.exit(0);
}

process.on('SIGINT', quit).on('SIGTERM', quit);
try {
  await checkPorts();
  mkdirSync(folder, { recursive: true });
  await build();
  await start();
  printAddresses();
  if (process.argv.includes('--watch')) watchSources();
} catch (error) {
  console.error(`\nThe demo could not start. ${error.message}`);
  await stop();
  process.exit(1);
}
