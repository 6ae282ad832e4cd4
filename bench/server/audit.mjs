// Searching the audit log: the same question to a small and to a large one, by the command line as an owner asks it.
import path from 'node:path';
import { root } from '../../scripts/steps.mjs';
import { median } from '../widget/figures.mjs';
import { timeOf } from './measure.mjs';
import { fillStore } from './stacks.mjs';

const program = `${root}/build/native/widgentd`;
const rowsPerUser = 50;
const rounds = 15;
const limit = 50;

/** A store with so many rows of calls. Their hashes are none: searching does not look at them. */
async function fill(dataDir, rows) {
  const record = JSON.stringify({
    ...{ activity_id: 2, category_uid: 6, class_uid: 6003, type_uid: 600302, severity_id: 1, time: 1767225600123 },
    ...{ duration: 84, status_id: 1, status_code: '200', message: 'tool get_order', api: { operation: 'get_order' } },
    metadata: { version: '1.8.0', profiles: ['ai_operation', 'security_control', 'trace'] },
    actor: { user: { uid: 'u_42', email_addr: 'ana@example.com', type_id: 1 }, session: { uid: 'th_01' } },
    unmapped: { widgent: { identity: 'verified', kid: '2026-11', args_sha256: '0'.repeat(64) } },
  });
  const sql = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @rows)
    INSERT INTO audit (product, seq, at, user, action, outcome, record, prev_hash, hash)
    SELECT 'acme', i, 1767225600000 + i * 100, 'u_' || (i % @users),
           CASE i % 10 WHEN 0 THEN 'identify' ELSE 'tool' END,
           CASE i % 7 WHEN 0 THEN 'denied' ELSE 'success' END, @record, '', '' FROM n`;
  await fillStore(dataDir, (database) =>
    database.prepare(sql).run({ rows: BigInt(rows), users: BigInt(rows / rowsPerUser), record }),
  );
}

/** {rows, small, questions: {name: {small: ms, large: ms}}}, the median of the command's whole time. */
export async function measureAudit(temporary, rows, say) {
  const small = 10_000;
  const folders = { small: path.join(temporary, 'audit-small'), large: path.join(temporary, 'audit-large') };
  await fill(folders.small, small);
  say(`writing ${rows} audit rows ...`);
  await fill(folders.large, rows);
  const questions = {
    'by user': ['--user', 'u_42'],
    'by time': ['--since', '2026-01-01T00:01:00Z'],
    'by outcome and action': ['--action', 'tool', '--outcome', 'denied'],
  };
  const measured = Object.fromEntries(Object.keys(questions).map((name) => [name, { small: [], large: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(questions)) {
      for (const size of ['small', 'large']) {
        const common = [
          'audit',
          'show',
          '--data',
          folders[size],
          '--product',
          'acme',
          '--limit',
          String(limit),
          '--json',
        ];
        measured[name][size].push(timeOf(program, [...common, ...args], limit));
      }
    }
  }
  for (const [name, sizes] of Object.entries(measured)) {
    for (const size of Object.keys(sizes)) sizes[size] = median(sizes[size]);
    say(`audit ${name}: ${sizes.small.toFixed(1)} ms of ${small}, ${sizes.large.toFixed(1)} ms of ${rows}`);
  }
  return { rows, small, questions: measured };
}
