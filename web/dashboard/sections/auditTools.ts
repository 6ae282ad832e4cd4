// What takes the whole log in hand: its export, and the verification of its chain.
import { card, count, download, fill, h, icon, type Child } from '../dom.ts';
import { readRecord } from '../record.ts';
import { Chain, verifyAudit, type Fault } from '../verify.ts';
import type { View } from '../view.ts';

const pageSize = 1000;

/** Runs something long, with progress and a way to stop it; what it comes to is shown in its place. */
function longRun(
  view: View,
  place: HTMLElement,
  button: HTMLButtonElement,
  work: (signal: AbortSignal, tell: (done: number, of?: number) => void) => Promise<Child>,
): () => Promise<void> {
  return async () => {
    const stop = new AbortController();
    const onLeave = () => stop.abort();
    view.signal.addEventListener('abort', onLeave);
    const bar = h('progress', { 'aria-label': 'Progress' });
    const words = h('span', { class: 'quiet' }, 'Begins…');
    const cancel = h('button', { type: 'button', onclick: () => stop.abort() }, 'Cancel');
    fill(place, h('div', { class: 'running' }, bar, words, cancel));
    button.disabled = true;
    cancel.focus();
    const hadFocus = () => document.activeElement === cancel || document.activeElement === document.body;
    let shown: Child;
    try {
      shown = await work(stop.signal, (done, of) => {
        if (of) bar.max = of;
        if (of) bar.value = Math.min(done, of);
        fill(words, of ? `${done.toLocaleString('en')} of ${count(of, 'record')}` : count(done, 'record'));
      });
    } catch (error) {
      const text = stop.signal.aborted ? 'Cancelled.' : (error as Error).message;
      shown = h('p', { class: stop.signal.aborted ? 'quiet' : 'wrong' }, text);
    }
    view.signal.removeEventListener('abort', onLeave);
    if (view.signal.aborted) return;
    const isBack = hadFocus();
    button.disabled = false;
    fill(place, shown);
    if (isBack) button.focus();
  };
}

function verdict(chain: Chain, fault: Fault | undefined): HTMLElement {
  if (fault)
    return h(
      'div',
      { class: 'notice wrong' },
      icon('warn'),
      h(
        'p',
        {},
        h('strong', {}, `Record ${fault.seq} is broken: `),
        `${fault.why}. The records before it hold. Keep a copy of the store as it is, and compare with your backups.`,
      ),
    );
  return h(
    'div',
    { class: 'notice success' },
    icon('approvals'),
    h(
      'p',
      {},
      h('strong', {}, `The chain holds: ${count(chain.count, 'record')}`),
      chain.count > 0 && ', head ',
      chain.count > 0 && h('code', {}, chain.hash),
      '.',
    ),
  );
}

async function verify(view: View, signal: AbortSignal, tell: (done: number, of?: number) => void): Promise<Child> {
  if (!globalThis.crypto?.subtle)
    return h(
      'p',
      { class: 'notice warning' },
      icon('warn'),
      h(
        'span',
        {},
        'A browser computes SHA-256 only on https and on localhost, so this page cannot verify the chain. On the server, ',
        h('code', {}, 'widgentd audit verify'),
        ' does.',
      ),
    );
  const { count: all } = await view.api.head(signal);
  const chain = new Chain();
  const fault = await verifyAudit(view.api, chain, signal, (done) => tell(done, all));
  return verdict(chain, fault);
}

async function exportAll(
  view: View,
  filters: URLSearchParams,
  signal: AbortSignal,
  tell: (done: number, of?: number) => void,
): Promise<Child> {
  const isAll = ![...filters].length;
  const all = isAll ? (await view.api.head(signal)).count : undefined;
  const parts: string[] = [];
  let after = 0;
  for (let done = 0; ;) {
    const query = new URLSearchParams(filters);
    query.set('after', String(after));
    query.set('limit', String(pageSize));
    const lines = await view.api.lines(query, signal);
    if (!lines.length) break;
    parts.push(`${lines.join('\n')}\n`);
    const { seq } = readRecord(lines.at(-1)!);
    if (seq <= after) throw new Error(`What follows record ${after} cannot be read. Verify the chain.`);
    after = seq;
    done += lines.length;
    tell(done, all);
  }
  const n = parts.reduce((sum, part) => sum + part.split('\n').length - 1, 0);
  download(`${view.api.productId}-audit.ndjson`, 'application/x-ndjson', parts);
  return h('p', { class: 'quiet' }, `${count(n, 'record')} exported${isAll ? '' : ', as the filters let through'}.`);
}

/** The card with both. `filters` are those of the form as it is. */
export function auditTools(view: View, filters: () => URLSearchParams): HTMLElement {
  const place = h('div', { 'aria-live': 'polite' });
  const verifyButton = h('button', { type: 'button', onclick: () => void runVerify() }, 'Verify the chain');
  const exportButton = h('button', { type: 'button', onclick: () => void runExport() }, 'Export NDJSON');
  const runVerify = longRun(view, place, verifyButton, (signal, tell) => verify(view, signal, tell));
  const runExport = longRun(view, place, exportButton, (signal, tell) => exportAll(view, filters(), signal, tell));
  return card(
    'Proof and export',
    [
      h(
        'p',
        {},
        'The chain is recomputed here, in your browser, from what the server hands out. An export takes what the filters below let through, oldest first, each record with its hash.',
      ),
      place,
    ],
    [verifyButton, exportButton],
  );
}
