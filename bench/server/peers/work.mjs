// What every JavaScript peer does with a request besides its own way of verifying a token: the least that a careful
// author would write, so that the stacks are compared and not the authors.
import { createHash } from 'node:crypto';

export const lifetimeMax = 3600;

/** Throws where the claims are not those of a short-lived token of a user. */
export function checkClaims({ sub, exp, iat }) {
  if (typeof sub !== 'string' || !sub || !(exp - iat > 0 && exp - iat <= lifetimeMax)) throw new Error('claims');
}

/** The message of a run's input; throws where there is none. */
export function readMessage(input) {
  const message = input.messages.at(-1);
  if (typeof input.threadId !== 'string' || typeof input.runId !== 'string') throw new Error('ids');
  if (message.role !== 'user' || typeof message.content !== 'string' || message.content.length > 4000)
    throw new Error('message');
  return message;
}

export function identityOf(claims) {
  const { sub, name, email, exp } = claims;
  return { state: 'verified', sub, name, email, expires_in: exp - Math.floor(Date.now() / 1000) };
}

export const digest = (text) => createHash('sha256').update(text).digest('hex');

/** The origin's header where it is the registered one. */
export function corsOf(origin, registered) {
  if (origin !== registered) throw new Error('origin');
  return { 'access-control-allow-origin': origin, vary: 'Origin', 'cache-control': 'no-store' };
}

const reply =
  'Send things back within sixty days. The label in your account is free, and the money follows three days later. ' +
  'Hand the parcel in at any post office, and keep the receipt until you have been paid back in full.';

/** The reply as events of AG-UI: what goes before it, its 20 deltas, what comes after. */
export function eventsOf({ threadId, runId }) {
  let n = 0;
  const frame = (event) => `id: ${runId}:${++n}\ndata: ${JSON.stringify({ ...event, timestamp: Date.now() })}\n\n`;
  const messageId = `${runId}-reply`;
  return {
    before: [
      frame({ type: 'RUN_STARTED', threadId, runId, protocolVersion: '1.0' }),
      frame({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }),
    ],
    deltas: reply
      .match(/\S+ \S+( |$)/g)
      .map((delta) => () => frame({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta })),
    after: () => [
      frame({ type: 'TEXT_MESSAGE_END', messageId }),
      frame({ type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'success' } }),
    ],
  };
}

/** Between two deltas, as the built-in agent of Widgent has it. */
export const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
