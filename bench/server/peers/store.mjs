// better-sqlite3 with one transaction per turn of the event loop, synced before anybody is answered.
import Database from 'better-sqlite3';

export function openStore(file) {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`CREATE TABLE messages (key INTEGER PRIMARY KEY, thread TEXT, id TEXT, role TEXT, text TEXT, at INTEGER,
                   UNIQUE (thread, id));
                 CREATE TABLE audit (key INTEGER PRIMARY KEY, user TEXT, at INTEGER, record TEXT);
                 CREATE INDEX audit_by_user ON audit (user, at)`);
  const message = database.prepare(
    'INSERT OR IGNORE INTO messages (thread, id, role, text, at) VALUES (?, ?, ?, ?, ?)',
  );
  const audit = database.prepare('INSERT INTO audit (user, at, record) VALUES (?, ?, ?)');
  let waiting = [];
  const commit = () => {
    const batch = waiting;
    waiting = [];
    database.exec('BEGIN');
    for (const { write } of batch) write();
    database.exec('COMMIT');
    for (const { done } of batch) done();
  };
  /** Resolves once what `write` does is on disk. */
  const inTurn = (write) =>
    new Promise((done) => {
      if (waiting.push({ write, done }) === 1) setImmediate(commit);
    });
  return {
    accept: ({ threadId, message: { id, content } }, sub, token) =>
      inTurn(() => {
        const at = Date.now();
        message.run(threadId, id, 'user', content, at);
        const record = {
          class_uid: 3002,
          activity_id: 1,
          time: at,
          actor: { user: { uid: sub } },
          token_sha256: token,
        };
        audit.run(sub, at, JSON.stringify(record));
      }),
    reply: ({ threadId, runId }, text) =>
      inTurn(() => message.run(threadId, `${runId}-reply`, 'assistant', text, Date.now())),
  };
}
