// `npm run bench:agent`: what stands between a model's first word and the widget, and what a streamed run costs, beside
// a Fastify server doing the same. Model and visitors are this process, so that one clock tells all times.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { newSecrets } from '../../scripts/stack.mjs';
import { must, root } from '../../scripts/steps.mjs';
import { installPeers } from '../server/peers.mjs';
import { cpuOf } from '../server/measure.mjs';
import { loadCore, origin, startPeer, startWidgent, writeTokens } from '../server/stacks.mjs';
import { median, pairedRatios, quantile } from '../widget/figures.mjs';
import { pause, startModel, words } from './model.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    built: { type: 'boolean', default: false },
    out: { type: 'string', default: import.meta.dirname },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`npm run bench:agent -- [options]
  --rounds N   (15)
  --built      measure what build/ holds, without building
  --out DIR    where the report goes (bench/agent)`);
  process.exit(0);
}
const rounds = Number(options.rounds);
const alone = 15; // runs one after another in a round, for the times
const together = 200; // runs at once in a round, for the processor's time

installPeers();
if (!options.built) {
  await must('cmake', ['--preset', 'native']);
  await must('cmake', ['--build', '--preset', 'native', '--target', 'widgentd']);
}
execFileSync('taskset', ['-a', '-cp', String(loadCore), String(process.pid)], { stdio: 'ignore' });

const temporary = mkdtempSync(path.join(tmpdir(), 'widgent-bench-'));
const secret = newSecrets().ACME_VERIFY_SECRET;
const model = await startModel();
const stops = [model.stop];
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const titles = { widgent: 'Widgent', fastify: 'Fastify + fast-jwt', direct: 'the model itself' };
const series = {};
let asked = 0;

/** One run from question to end. Answers when the first word arrived, in ms since it had left the model. */
function ask(server, token) {
  const question = `q_${asked++}`;
  const messages = [{ id: `m_${question}`, role: 'user', content: `How do returns work, ${question}?` }];
  const input = { threadId: `th_${question}`, runId: `r_${question}`, protocolVersion: '1.0', messages };
  const headers = {
    ...{ 'Content-Type': 'application/json', Origin: origin, Authorization: `Bearer ${token}` },
    'Widgent-Service-Key': 'pk_acme_demo',
  };
  return new Promise((resolve, reject) => {
    const post = request(server.url + server.agent, { method: 'POST', headers, agent }, (response) => {
      let text = '';
      let arrived = 0;
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece;
        if (!arrived && text.includes('word0')) arrived = performance.now();
      });
      response.on('end', () => {
        if (response.statusCode !== 200 || !text.includes(`word${words - 1}`)) reject(new Error(text));
        else resolve(arrived - model.firstTokens.get(question));
      });
    });
    post.once('error', reject).end(JSON.stringify(input));
  });
}

try {
  const tokenFile = path.join(temporary, 'tokens');
  writeTokens(tokenFile, secret, 1000);
  const tokens = readFileSync(tokenFile, 'utf8').trimEnd().split('\n');
  const nextToken = () => tokens[asked % tokens.length];
  const peer = (port) => ({ program: process.execPath, args: [`${root}/bench/server/peers/agent.mjs`, port] });
  const env = { ORIGIN: origin, SECRET: secret, STORE: path.join(temporary, 'peer.db'), MODEL: model.url };
  const servers = {
    widgent: await startWidgent({ secret, dataDir: path.join(temporary, 'widgent'), model: model.url }),
    fastify: await startPeer('fastify', peer, { ...env, NODE_ENV: 'production' }),
    direct: { url: model.url, agent: '/chat/completions' },
  };
  stops.push(servers.widgent.stop, servers.fastify.stop);
  for (let round = -1; round < rounds; round++) {
    for (const name of Object.keys(servers).map((_, i, all) => all[(i + round + 1) % all.length])) {
      const server = servers[name];
      const times = [];
      for (let i = 0; i < alone; i++) times.push(await ask(server, nextToken()));
      const before = server.pid && cpuOf(server.pid);
      if (server.pid) await Promise.all(Array.from({ length: together }, () => ask(server, nextToken())));
      const cpu = server.pid && (cpuOf(server.pid) - before) / together;
      if (round < 0) continue; // warms up
      (series[`${name} first`] ??= [])[round] = median(times);
      if (server.pid) (series[`${name} cpu`] ??= [])[round] = cpu;
      console.log(
        `round ${round + 1} of ${rounds}: ${titles[name].padEnd(20)} first word after ${median(times).toFixed(2)} ms` +
          (server.pid ? `, ${(1000 * cpu).toFixed(0)} µs of CPU a run` : ''),
      );
    }
  }
} finally {
  agent.destroy();
  for (const stop of stops.reverse()) await stop();
  rmSync(temporary, { recursive: true, force: true });
}

const cell = (numbers, scale, digits) => {
  if (!numbers) return '–';
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => (scale * quantile(numbers, share)).toFixed(digits));
  return `${middle} <small>(${low}…${high})</small>`;
};
const rows = Object.entries(titles).map(
  ([name, title]) => `| ${title} | ${cell(series[`${name} first`], 1, 2)} | ${cell(series[`${name} cpu`], 1000, 0)} |`,
);
const cpuRatio = median(pairedRatios(series['fastify cpu'], series['widgent cpu']));
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
const report = `# What stands between a model and the widget

\`npm run bench:agent\`: ${rounds} rounds, commit ${commit}. A cell is the median and, in brackets, the quartiles.

| | first word at the visitor, ms after it left the model | CPU of a run, µs |
|---|--:|--:|
${rows.join('\n')}

Within a round, Fastify takes ${cpuRatio.toFixed(2)} times the processor time of Widgent.

The model is a server in the same process as the visitors, so that one clock tells both times; "the model itself" is
what that process alone takes. It says ${words} words, one each ${pause} ms. Both servers verify the token, store the
message before they ask, pass the words on as events of AG-UI and store the reply; Widgent also writes the run with its
events, offers tools by the user's rights, limits and counts. The times are medians of ${alone} runs one after another,
the processor's time is that of ${together} runs at once, as the kernel has charged it to the server's process, which is
bound to one core; model and visitors have the other.
`;
writeFileSync(path.join(options.out, 'report.md'), report);
console.log(`\n${report}`);
