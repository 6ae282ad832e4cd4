// A conversation with the demo's product as the widget would hold it: runs, their events, and what was said.
import jwt from 'jsonwebtoken';
import assert from 'node:assert/strict';

export const tokenOf = (secrets, claims) => jwt.sign(claims, secrets.ACME_VERIFY_SECRET, { expiresIn: '1h' });

/** Answers `say(content, options)`: one run of a signed-in user, or of a guest where `token` is null. */
export function converse({ ports, secrets }) {
  const ada = { sub: 'ada', name: 'Ada Lovelace', email: 'ada@acme.example', metadata: { plan: 'pro' } };
  return async function say(content, { token, threadId = `th_${crypto.randomUUID()}`, resume } = {}) {
    const runId = `r_${crypto.randomUUID()}`;
    const messages = content ? [{ id: crypto.randomUUID(), role: 'user', content }] : [];
    const input = { threadId, runId, messages, tools: [], context: [], state: {}, forwardedProps: {}, resume };
    const response = await fetch(`http://localhost:${ports.widgent}/v1/products/acme/agent`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Origin: `http://localhost:${ports.express}`,
        'Widgent-Service-Key': 'pk_acme_demo',
        'Widgent-Anonymous-Id': 'AAAAAAAAAAAAAAAAAAAAAA',
        ...(token === null ? {} : { Authorization: `Bearer ${token ?? tokenOf(secrets, ada)}` }),
      },
      body: JSON.stringify(input),
    });
    assert.equal(response.status, 200);
    const events = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)));
    const text = events
      .filter(({ type }) => type === 'TEXT_MESSAGE_CONTENT')
      .map(({ delta }) => delta)
      .join('');
    return { events, text, last: events.at(-1), threadId, runId };
  };
}
