// The report as Markdown: each row of the goals, Widgent's figure beside the others', and what the figures mean.
import { median, pairedRatios, quantile } from '../widget/figures.mjs';

const micro = (value) => (value === undefined ? '–' : value < 100 ? value.toFixed(1) : value.toFixed(0));
const thousands = (value) => (value === undefined ? '–' : Math.round(value).toLocaleString('en'));

const rowTitles = {
  fixed: 'fixed answer',
  verified: 'identified request verified and answered',
  durable: 'the same, its record synced before the answer',
  streamed: 'run streamed by the built-in agent, 21 deltas',
};

const met = (holds) => (holds ? 'met' : '**missed**');

/** What the goals ask of Widgent: [what, figure as text, goal as text, met or not]. */
export function goalsOf({ series, steady, viewers, starts, audit, conversations, titles }) {
  const ratio = (a, b) => median(pairedRatios(series[a] ?? [], series[b] ?? []));
  const lines = [];
  const atLeast = (what, value, goal) => lines.push([what, value.toFixed(2), `≥ ${goal}`, met(value >= goal)]);
  const atMost = (what, value, goal, unit = '') =>
    lines.push([what, `${value.toFixed(value < 10 ? 2 : 1)}${unit}`, `≤ ${goal}${unit}`, met(value <= goal)]);
  atLeast(
    'verified, requests a second to those of the fixed answer',
    ratio('verified widgent rate', 'fixed widgent rate'),
    0.85,
  );
  for (const [name, goal] of [
    ['fast-jwt', 10],
    ['fastapi', 15],
    ['express', 20],
  ])
    atLeast(
      `verified, CPU of ${titles[name]} to Widgent's`,
      ratio(`verified ${name} cpu`, 'verified widgent cpu'),
      goal,
    );
  atLeast('durable, requests a second to those without', ratio('durable widgent rate', 'verified widgent rate'), 0.4);
  atLeast(
    'durable, requests a second to those of a raw log',
    ratio('durable widgent rate', 'durable raw-log rate'),
    0.7,
  );
  atLeast("durable, CPU of batched Fastify to Widgent's", ratio('durable fast-jwt cpu', 'durable widgent cpu'), 3);
  atLeast("streamed, CPU of Fastify to Widgent's", ratio('streamed fast-jwt cpu', 'streamed widgent cpu'), 5);
  atMost('memory of an idle viewer', viewers.widgent.bytes / 1000, 2.5, ' kB');
  atMost(
    `all of the server with ${thousands(viewers.widgent.count)} viewers`,
    viewers.widgent.total / 2 ** 20,
    60,
    ' MiB',
  );
  for (const [row, { rate, p50, p99 }] of Object.entries(steady))
    if (row !== 'fixed') atMost(`${row}, p99 to p50 at a steady ${thousands(rate)} a second`, p99 / p50, 3);
  atMost('durable, p99 at that rate', steady.durable.p99, 8, ' ms');
  for (const [name, { small, large }] of Object.entries(conversations?.requests ?? {}))
    atMost(
      `${name}, CPU with ${thousands(conversations.large)} conversations to ${thousands(conversations.small)}`,
      median(pairedRatios(large, small)),
      2,
    );
  for (const [name, { small, large }] of Object.entries(audit?.questions ?? {}))
    atMost(`audit search ${name}, ${thousands(audit.rows)} rows to ${thousands(audit.small)}`, large / small, 2);
  atMost('start to ready, with an existing store', median(starts), 100, ' ms');
  return lines;
}

const how = ({
  fixed,
}) => `One server process on one core, \`wrk\` with 64 connections (800 for runs) on the other; every row of every
stack has its turn in each round, and the order rotates. **CPU** is the time that the kernel has charged to the server's
process, divided by the requests that were answered: other programs on the machine lengthen it far less than they lower
the requests a second. A cell is the median and, in brackets, the quartiles of the rounds; ratios are taken within a
round.

- The request is what Chromium sends to another origin: about 1.3 kB of headers with a token of 330 bytes, and the body
  of a run. Each stack checks the origin, verifies signature and claims, reads the body and answers with the identity as
  JSON. What a peer does besides is \`peers/\`, the least that a careful author would write: no products, no service
  keys, no revocation, no limits, no request ids, no metrics, all of which Widgent's figures include.
- **Fixed answer** is \`GET /healthz\` with the same headers.
- **Durable**: Widgent identifies, one audit record with its link in the hash chain; the peer writes a message and an
  audit row with better-sqlite3, one transaction per turn of the event loop. Both with \`synchronous=FULL\`.
- **Streamed**: message, run, reply and its events are stored; the peer stores message, audit row and reply. Both pause
  50 ms between two deltas of two words.
- **Memory of a viewer** is what 10,000 idle followers of one stream add to the private memory of the process.
- **The raw log** is \`raw_log.cc\`: Widgent's HTTP stack, which appends each body to a file of fixed size and syncs
  once a turn. It verifies nothing and finds nothing again.
- **Steady** is an open loop: what falls behind counts. The load comes from JavaScript, whose own pauses are in every
  tail: of the fixed answer p99 is ${(fixed.p99 / fixed.p50).toFixed(1)} times p50 there.
- **Conversations** have a question, a reply and the run's stored stream each; 1,000 users ask by turns.
- **Audit search** is the whole command (\`widgentd audit show --limit 50\`), from its start to its end.
- Widgent runs with \`--log-level warning\`, since no peer logs its requests.`;

export function report(data) {
  const { series, titles, rounds, seconds, commit, minutes, viewers } = data;
  const names = Object.keys(titles);
  const lines = [
    '# What the server costs',
    '',
    `\`npm run bench:server\`: ${rounds} rounds of ${seconds} s a row and stack, ${minutes} minutes, commit ${commit}.`,
    '',
    '| | figure | goal | |',
    '|---|--:|--:|---|',
    ...goalsOf(data).map((cells) => `| ${cells.join(' | ')} |`),
    '',
    '![The same as a plot](report.svg)',
  ];
  for (const [key, title, format] of [
    ['cpu', 'CPU a request, µs', micro],
    ['rate', 'Requests a second', thousands],
    ['p99', 'p99 at full load, ms', micro],
  ]) {
    lines.push('', `## ${title}`, '', `| | ${names.map((name) => titles[name]).join(' | ')} |`);
    lines.push(`|---|${names.map(() => '--:').join('|')}|`);
    for (const [row, rowTitle] of Object.entries(rowTitles)) {
      const cells = names.map((name) => {
        const numbers = series[`${row} ${name} ${key}`];
        if (!numbers) return '–';
        const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => format(quantile(numbers, share)));
        return `${middle} <small>(${low}…${high})</small>`;
      });
      lines.push(`| ${rowTitle} | ${cells.join(' | ')} |`);
    }
  }
  lines.push('', '## Memory of an idle viewer', '', '| | kB each | all, MiB |', '|---|--:|--:|');
  for (const [name, { bytes, total }] of Object.entries(viewers))
    lines.push(`| ${titles[name]} | ${(bytes / 1000).toFixed(1)} | ${(total / 2 ** 20).toFixed(0)} |`);
  lines.push('', '## How', '', how(data.steady), '');
  return lines.join('\n');
}
