// The audit log's chain, recomputed in the page: src/audit/chain.cc in the words of the browser.
import type { Api } from './api.ts';
import type { Head } from './types.ts';

const before = '0'.repeat(64);
const tail = /,"hash":"([^"]{64})"\}\}\}$/;

/** The first record that does not fit, and why. */
export interface Fault {
  seq: number;
  why: string;
}

async function sha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What of a record its place in the chain depends on. */
function readLink(record: string): { seq: unknown; prev_hash: unknown } | undefined {
  try {
    return (JSON.parse(record) as { unmapped: { widgent: { seq: unknown; prev_hash: unknown } } }).unmapped.widgent;
  } catch {
    return undefined;
  }
}

/** Takes exported records in order, and says which is the first that does not fit. */
export class Chain {
  count = 0;
  hash = before;

  async check(line: string): Promise<Fault | undefined> {
    const expected = this.count + 1;
    const hash = tail.exec(line)?.[1];
    const record = line.replace(tail, '}}}');
    const link = readLink(record);
    const seq = link?.seq;
    if (!hash || typeof seq !== 'number') return { seq: expected, why: 'it is no exported record' };
    if (seq > expected) return { seq: expected, why: `it is missing: the next one found is ${seq}` };
    if (seq < expected) return { seq, why: `it stands behind record ${this.count}` };
    if (link?.prev_hash !== this.hash) return { seq, why: 'it does not follow the record before it' };
    if (hash !== (await sha256(this.hash + record))) return { seq, why: 'its text was changed' };
    this.count = seq;
    this.hash = hash;
    return undefined;
  }

  /** After the last record. */
  checkHead(head: Head): Fault | undefined {
    if (head.count > this.count) return { seq: this.count + 1, why: `it is missing: there were ${head.count} records` };
    if (head.count === this.count && (!head.count || head.hash === this.hash)) return undefined;
    return { seq: this.count, why: 'the head of the chain names another record' };
  }
}

const pageSize = 1000;

/** Reads the whole log, page by page, and checks it. What is written meanwhile is read as well. */
export async function verifyAudit(
  api: Api,
  chain: Chain,
  signal: AbortSignal,
  tell: (done: number) => void,
): Promise<Fault | undefined> {
  for (;;) {
    const query = new URLSearchParams({ after: String(chain.count), limit: String(pageSize) });
    const lines = await api.lines(query, signal);
    for (const line of lines) {
      const fault = await chain.check(line);
      if (fault) return fault;
    }
    tell(chain.count);
    if (lines.length) continue;
    const head = await api.head(signal);
    if (head.count <= chain.count) return chain.checkHead(head);
    const again = await api.lines(query, signal);
    if (!again.length) return chain.checkHead(head);
  }
}
