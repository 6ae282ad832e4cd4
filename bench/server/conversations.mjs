// Many conversations: the same requests to a server that holds few and to one that holds a million.
import path from 'node:path';
import { drive } from './measure.mjs';
import { fillStore, startWidgent } from './stacks.mjs';

const perUser = 5;
const rounds = 5;

/** Each has a question, a reply and the run that gave it. Those of one user lie far apart. */
function fill(database, count) {
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < @count - 1)`;
  // The driver hands numbers over as floating ones, and BigInts as integers.
  const run = (sql, rows, values) => database.prepare(`${numbers} ${sql}`).run({ count: BigInt(rows), ...values });
  run(
    `INSERT INTO threads (key, product, id, owner_kind, owner_id, created_at, active_at, title)
     SELECT i + 1, 'acme', 'th_' || (i * 7919 % @users) || '_' || (i / @users), 0, 'u_' || (i * 7919 % @users),
            1767225600000 + i, 1767225600000 + i, 'How do returns work?' FROM n`,
    count,
    { users: BigInt(count / perUser) },
  );
  run(
    `INSERT INTO messages (thread, id, run, role, status, text, metadata, at)
     SELECT i / 2 + 1, 'm_' || i, 'r_' || (i / 2), i % 2, 0,
            CASE i % 2 WHEN 0 THEN 'How do returns work?' ELSE @reply END, '', 1767225600000 + i FROM n`,
    2 * count,
    { reply: 'You can return most things within 30 days. '.repeat(5) },
  );
  run(
    `INSERT INTO runs (thread, id, input_sha256, message, status, events, started_at)
     SELECT i + 1, 'r_' || i, '', 'm_' || (2 * i), 1, @events, 1767225600000 + i FROM n`,
    count,
    { events: `data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"m_1","delta":"You can "}\n\n`.repeat(12) },
  );
}

/** {large, small, requests: {name: {small: µs of CPU, large: µs}}, start: {small: ms, large: ms}}: arrays by round. */
export async function measureConversations({ temporary, secret, tokens }, large, say) {
  const small = 5_000;
  const base = '/v1/products/acme';
  const requests = {
    'the list of a user': { method: 'GET', path: `${base}/threads` },
    'the messages of one': { method: 'GET', path: `${base}/threads/th_{n}_3/messages` },
    'a run in a new one': { path: `${base}/agent`, body: 'run', connections: 800 },
  };
  const measured = Object.fromEntries(Object.keys(requests).map((name) => [name, { small: [], large: [] }]));
  const start = {};
  const servers = {};
  try {
    for (const [size, count] of Object.entries({ small, large })) {
      const dataDir = path.join(temporary, `conversations-${size}`);
      say(`writing ${count} conversations ...`);
      await fillStore(dataDir, (database) => fill(database, count));
      const since = performance.now();
      servers[size] = await startWidgent({ secret, dataDir });
      start[size] = performance.now() - since;
    }
    for (let round = 0; round < rounds; round++)
      for (const [name, request] of Object.entries(requests))
        for (const size of round % 2 ? ['large', 'small'] : ['small', 'large'])
          measured[name][size].push((await drive(servers[size], request, tokens, 2)).cpu);
  } finally {
    for (const server of Object.values(servers)) await server.stop();
  }
  for (const [name, sizes] of Object.entries(measured))
    say(
      `${name}: ${sizes.small.at(-1).toFixed(1)} µs of CPU with ${small}, ${sizes.large.at(-1).toFixed(1)} with ${large}`,
    );
  return { large, small, requests: measured, start };
}
