// One audit record as the log shows it.
import { badge, h, icon, moment, verbatim, type Child } from './dom.ts';

/** Of an OCSF record what the dashboard reads. */
export interface AuditRecord {
  seq: number;
  at: number | undefined;
  user: string;
  action: string;
  outcome: string;
  message: string;
  by: string;
  json: string;
}

interface Ocsf {
  message?: string;
  status_detail?: string;
  metadata?: { logged_time?: number };
  actor?: { user?: { uid?: string } };
  user?: { uid?: string };
  unmapped?: { widgent?: { seq?: number; action?: string; outcome?: string; by?: string } };
}

/** Reads an exported line. One that is no record is shown as it is. */
export function readRecord(line: string): AuditRecord {
  let record: Ocsf = {};
  let json = line;
  try {
    record = JSON.parse(line) as Ocsf;
    json = JSON.stringify(record, null, 2);
  } catch {
    record = { message: 'This record cannot be read.' };
  }
  const { seq = 0, action = '', outcome = '', by = '' } = record.unmapped?.widgent ?? {};
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const message = text(record.message);
  const detail = text(record.status_detail);
  return {
    seq,
    at: record.metadata?.logged_time,
    user: text((record.user ?? record.actor?.user)?.uid),
    action: text(action),
    outcome: text(outcome),
    message: message.includes(detail) ? message : [message, detail].filter(Boolean).join(': '),
    by: text(by),
    json,
  };
}

const kinds: Record<string, string> = {
  success: 'good',
  approved: 'good',
  attempt: 'info',
  failure: 'bad',
  denied: 'bad',
  rejected: 'warn',
};
const columns = ['No.', 'Time', 'User', 'Action', 'Outcome', 'Message', 'By'];

/** The table around the rows, which go into `body`. */
export function auditTable(): { table: HTMLElement; body: HTMLElement } {
  const heads = columns.map((name) => h('th', { role: 'columnheader', scope: 'col' }, name));
  const opened = h('th', { role: 'columnheader', scope: 'col' }, h('span', { class: 'hidden' }, 'Record'));
  const body = h('tbody', { role: 'rowgroup' });
  const table = h(
    'table',
    { class: 'audit', role: 'table', 'aria-label': 'Audit records' },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...heads, opened)),
    body,
  );
  return { table, body };
}

/** A row, and below it the whole record once it is opened. */
export function auditRow(record: AuditRecord): HTMLElement {
  const { seq, at, user, action, outcome, message, by, json } = record;
  const cell = (name: string, ...children: Child[]) => h('td', { role: 'cell', 'data-name': name }, ...children);
  const button = h(
    'button',
    { type: 'button', class: 'open', 'aria-expanded': 'false', onclick: toggle },
    icon('more'),
    h('span', { class: 'hidden' }, `Record ${seq}`),
  );
  const row = h(
    'tr',
    { role: 'row' },
    cell('No.', String(seq)),
    cell('Time', moment(at, '–')),
    cell(
      'User',
      user
        ? h('a', { href: `#users/${encodeURIComponent(user)}` }, user)
        : h('span', { class: 'quiet' }, by ? '–' : 'guest'),
    ),
    cell('Action', h('code', {}, action)),
    cell('Outcome', badge(outcome, kinds[outcome])),
    cell('Message', message),
    by ? cell('By', by) : h('td', { role: 'cell', class: 'none' }),
    cell('', button),
  );
  let opened: HTMLElement | undefined;
  function toggle(): void {
    const isOpen = !opened;
    button.setAttribute('aria-expanded', String(isOpen));
    if (opened) opened.remove();
    opened = isOpen
      ? h(
          'tr',
          { role: 'row', class: 'record' },
          h('td', { role: 'cell', colspan: 8 }, verbatim(`Record ${seq} as JSON`, json)),
        )
      : undefined;
    if (opened) row.after(opened);
  }
  return row;
}
