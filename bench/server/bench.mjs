// `npm run bench:server`: what Widgent's server costs, beside others that do the same. Writes report.md, report.svg and
// report.json anew.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { must, root } from '../../scripts/steps.mjs';
import { newSecrets } from '../../scripts/stack.mjs';
import { measureAudit } from './audit.mjs';
import { measureConversations } from './conversations.mjs';
import { drive, driveSteadily, measureViewers } from './measure.mjs';
import { installPeers } from './peers.mjs';
import { plot } from './plot.mjs';
import { report } from './report.mjs';
import { folder, stacks, startViewed, startWidgent, writeTokens } from './stacks.mjs';

const help = `npm run bench:server -- [options]
  --rounds N       rounds of every row (7)
  --seconds N      of load for each row of a stack in a round (3)
  --viewers N      idle viewers (10000)
  --audit-rows N   rows of the large audit log that is searched (10000000, some 10 GB in the temporary folder; 0: none)
  --conversations N  conversations that a server holds (1000000, some 3 GB there; 0: none)
  --built          measure what build/ holds, without building
  --out DIR        where the report goes (bench/server)`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    viewers: { type: 'string', default: '10000' },
    'audit-rows': { type: 'string', default: '10000000' },
    conversations: { type: 'string', default: '1000000' },
    built: { type: 'boolean', default: false },
    out: { type: 'string', default: folder },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(help);
  process.exit(0);
}

const since = Date.now();
const say = (text) => console.log(`${String(Math.round((Date.now() - since) / 1000)).padStart(5)} s  ${text}`);

installPeers();
if (!options.built) {
  await must('cmake', ['--preset', 'native']);
  await must('cmake', ['--build', '--preset', 'native', '--target', 'widgentd', 'raw_log']);
}

/** The rows: of which stacks, and the request. */
const rows = {
  fixed: { of: ['widgent', 'fast-jwt', 'express', 'fastapi'], request: () => ({ method: 'GET', path: '/healthz' }) },
  verified: {
    of: ['widgent', 'fast-jwt', 'jose', 'express', 'fastapi'],
    request: (stack) => ({ path: stack.session, body: 'session' }),
  },
  durable: { of: ['widgent', 'fast-jwt', 'raw-log'], request: (stack) => ({ path: stack.message, body: 'identify' }) },
  streamed: { of: ['widgent', 'fast-jwt'], request: (stack) => ({ path: stack.agent, body: 'run', connections: 800 }) },
};

const temporary = mkdtempSync(path.join(tmpdir(), 'widgent-bench-'));
const tokens = path.join(temporary, 'tokens');
const secret = newSecrets().ACME_VERIFY_SECRET;
const stops = [];
const data = { rounds: Number(options.rounds), seconds: Number(options.seconds), series: {} };
try {
  const running = {};
  for (const [name, stack] of Object.entries(stacks)) {
    running[name] = await stack.start({ secret, temporary }, name);
    stops.push(running[name].stop);
  }
  writeTokens(tokens, secret, 1000);
  for (const [name, server] of Object.entries(running))
    await drive(server, rows.verified.request(server), tokens, 1).catch((error) => {
      throw new Error(`${stacks[name].title}: ${error.message}`);
    });

  for (let round = 0; round < data.rounds; round++) {
    for (const [row, { of, request }] of Object.entries(rows)) {
      // An identification is on record once for each token.
      writeTokens(tokens, secret, row === 'durable' ? 150_000 : 1000);
      for (const name of of.map((_, i) => of[(i + round) % of.length])) {
        const figures = await drive(
          running[name],
          request(running[name]),
          tokens,
          data.seconds * (row === 'streamed' ? 2 : 1),
        );
        for (const [key, value] of Object.entries(figures))
          (data.series[`${row} ${name} ${key}`] ??= [])[round] = value;
        say(
          `round ${round + 1} of ${data.rounds}: ${row.padEnd(9)} ${stacks[name].title.padEnd(22)} ` +
            `${figures.cpu.toFixed(1)} µs of CPU, ${figures.rate.toFixed(0)}/s, p99 ${figures.p99.toFixed(2)} ms`,
        );
      }
    }
  }

  data.steady = {};
  for (const [row, request] of Object.entries({
    fixed: { method: 'GET', path: '/healthz' },
    verified: { path: running.widgent.session, body: 'inspect' },
    durable: { path: running.widgent.session, body: 'identify' },
  })) {
    writeTokens(tokens, secret, 150_000);
    const peak = Math.max(...data.series[`${row} widgent rate`]);
    // A generator in JavaScript keeps its own time up to here.
    const rate = Math.round(Math.min(peak / 2, 8000));
    data.steady[row] = { peak, ...(await driveSteadily(running.widgent, request, tokens, rate, 8)) };
    say(
      `steady ${rate}/s, ${row}: p50 ${data.steady[row].p50.toFixed(2)} ms, p99 ${data.steady[row].p99.toFixed(2)} ms`,
    );
  }

  const viewed = await startViewed({ secret, temporary, tokens });
  stops.push(viewed.stop);
  const [token] = readFileSync(tokens, 'utf8').split('\n', 1);
  data.viewers = {};
  for (const name of ['widgent', 'fast-jwt', 'express', 'fastapi']) {
    const server = name === 'widgent' ? viewed : running[name];
    data.viewers[name] = await measureViewers(server, token, Number(options.viewers));
    say(`${options.viewers} viewers, ${stacks[name].title}: ${(data.viewers[name].bytes / 1000).toFixed(1)} kB each`);
  }

  data.starts = [];
  for (let i = 0; i <= 15; i++) {
    const start = performance.now();
    const server = await startWidgent({ secret, dataDir: path.join(temporary, 'started') });
    // The first one makes the store.
    if (i > 0) data.starts.push(performance.now() - start);
    await server.stop();
  }
  if (Number(options.conversations)) {
    writeTokens(tokens, secret, 1000);
    const where = { temporary, secret, tokens };
    data.conversations = await measureConversations(where, Number(options.conversations), say);
  }
  if (Number(options['audit-rows'])) data.audit = await measureAudit(temporary, Number(options['audit-rows']), say);
} finally {
  for (const stop of stops.reverse()) await stop();
  rmSync(temporary, { recursive: true, force: true });
}
data.commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
data.minutes = Math.round((Date.now() - since) / 60_000);
data.titles = Object.fromEntries(Object.entries(stacks).map(([name, { title }]) => [name, title]));
writeFileSync(path.join(options.out, 'report.json'), JSON.stringify(data, null, 1) + '\n');
writeFileSync(path.join(options.out, 'report.svg'), plot(data));
const text = report(data);
writeFileSync(path.join(options.out, 'report.md'), text);
console.log(`\n${text}`);
