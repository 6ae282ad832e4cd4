// One measurement each: wrk against a row of a stack, what a process has cost, how much it holds.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { folder, loadCore, origin, pinned } from './stacks.mjs';

// In /proc the processor's time is counted in ticks of a hundredth of a second, whatever the kernel's own clock does.
const millisecondsPerTick = 10;

/** Processor time that the process has taken so far, in ms: of its own and of the kernel for it. */
export function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick;
}

/** Memory that is the process's own and resident, in bytes. */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return (
    1024 * [...text.matchAll(/^Private_\w+: +(\d+) kB/gm)].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0)
  );
}

function collect({ program, args }, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
    child.once('error', reject).once('close', (code) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${program} ended with ${code}: ${text}`));
    });
  });
}

let runs = 0;

/** wrk for so long: {rate: requests a second, cpu: microseconds of the server a request, p50, p99: ms}. */
export async function drive({ url, pid }, { method = 'POST', path, body = '', connections = 64 }, tokens, seconds) {
  const env = { METHOD: method, URL_PATH: path, BODY: body, TOKENS: tokens, ORIGIN: origin };
  env.RUN = `${process.pid.toString(36)}${(runs++).toString(36)}x`;
  const wrk = [
    '-t',
    '1',
    '-c',
    String(connections),
    '-d',
    String(seconds),
    '--timeout',
    '10s',
    '-s',
    `${folder}/load.lua`,
    url,
  ];
  const before = cpuOf(pid);
  const line = (await collect(pinned(loadCore, 'wrk', wrk), env)).trim().split('\n').at(-1);
  const cpu = cpuOf(pid) - before;
  const result = JSON.parse(line);
  if (result.failed || !result.requests) throw new Error(`${method} ${path}: ${line}`);
  const { requests, p50, p99 } = result;
  return { rate: requests / result.seconds, cpu: (1000 * cpu) / requests, p50, p99 };
}

/** Requests at a steady rate, whenever the earlier ones are answered: {rate, p50, p99}, from when each was due. */
export async function driveSteadily({ url }, { method = 'POST', path, body = '' }, tokens, rate, seconds) {
  const args = [`${folder}/steady.mjs`, method, url + path, body, tokens, String(rate), String(seconds)];
  return JSON.parse(await collect(pinned(loadCore, process.execPath, args)));
}

/** What each of so many idle viewers costs the server, in bytes. */
export async function measureViewers({ url, pid, events }, token, count) {
  const headers = { Origin: origin, Authorization: `Bearer ${token}`, 'Widgent-Service-Key': 'pk_acme_demo' };
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const view = () =>
    new Promise((resolve, reject) => {
      const ask = request(url + events, { headers, agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`a viewer got ${response.statusCode}`));
        else response.once('data', resolve);
      });
      ask.once('error', reject).end();
    });
  // What the first ones bring about once and for all is not theirs.
  for (let i = 0; i < 50; i++) await view();
  const before = memoryOf(pid);
  for (let i = 0; i < count; i += 100) await Promise.all(Array.from({ length: 100 }, view));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const bytes = (memoryOf(pid) - before) / count;
  const total = memoryOf(pid);
  agent.destroy();
  return { bytes, total, count };
}

/** How long the command takes, in ms. It has to print so many lines. */
export function timeOf(program, args, lines) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  const time = performance.now() - start;
  if (status !== 0 || stdout.split('\n').length - 1 !== lines)
    throw new Error(`${program} ${args.join(' ')}: ${stderr || `no ${lines} lines: ${stdout}`}`);
  return time;
}
