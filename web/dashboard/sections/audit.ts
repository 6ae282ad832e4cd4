// The audit log: who did what, searched, exported and verified.
import { count, empty, fill, h } from '../dom.ts';
import { auditRow, auditTable, readRecord } from '../record.ts';
import { failure, type Section, type View } from '../view.ts';
import { auditTools } from './auditTools.ts';

const pageSize = 100;
const actions = [
  'identify',
  'switch',
  'sign_out',
  'merge',
  'refused',
  'revoke',
  'tool',
  'operator_message',
  'hand_back',
  'product_change',
  'erase',
];
const outcomes = ['success', 'failure', 'attempt', 'denied', 'approved', 'rejected'];

function choice(label: string, name: string, values: readonly string[]): HTMLElement {
  const options = values.map((value) => h('option', { value }, value.replaceAll('_', ' ')));
  return h('label', {}, label, h('select', { name }, h('option', { value: '' }, 'any'), ...options));
}

/** What the form asks for, as parameters of the API. */
function readFilters(form: HTMLFormElement): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (!value) continue;
    const isTime = name === 'since' || name === 'until';
    query.set(name, isTime ? new Date(String(value)).toISOString() : String(value));
  }
  return query;
}

function filterForm(user: string, onSearch: () => void): HTMLFormElement {
  const time = (label: string, name: string) =>
    h('label', {}, label, h('input', { type: 'datetime-local', name, step: 1 }));
  const form: HTMLFormElement = h(
    'form',
    { class: 'filters card', 'aria-label': 'Filters', onsubmit: search },
    h(
      'label',
      {},
      'User',
      h('input', { name: 'user', value: user, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' }),
    ),
    choice('Action', 'action', actions),
    choice('Outcome', 'outcome', outcomes),
    time('Since', 'since'),
    time('Until', 'until'),
    h(
      'footer',
      {},
      h('button', { class: 'primary' }, 'Search'),
      h('button', { type: 'button', onclick: clear }, 'Clear'),
    ),
  );
  const times = ['since', 'until'].map((name) => form.querySelector<HTMLInputElement>(`[name=${name}]`)!);
  const [since, until] = times as [HTMLInputElement, HTMLInputElement];
  form.addEventListener('input', () =>
    until.setCustomValidity(since.value && until.value && until.value < since.value ? 'This is before “Since”.' : ''),
  );
  function search(event: Event): void {
    event.preventDefault();
    onSearch();
  }
  function clear(): void {
    for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')) field.value = '';
    onSearch();
  }
  return form;
}

/** Shows the newest records that the filters let through; older ones by the page. */
function list(view: View, filters: () => URLSearchParams): { element: HTMLElement; search(): Promise<void> } {
  const element = h('div', { class: 'stack' });
  const { table, body } = auditTable();
  const older = h(
    'button',
    { type: 'button', onclick: () => element.hasAttribute('aria-busy') || void more() },
    'Older',
  );
  const foot = h('div', { class: 'foot' });
  const found = h('p', { class: 'quiet', role: 'status' });
  let asked = new URLSearchParams();
  let lowest: number | undefined;
  let turn = 0;

  const shown = () => body.querySelectorAll('tr:not(.record)').length;

  async function search(): Promise<void> {
    lowest = undefined;
    asked = filters();
    await more(true);
  }

  async function more(isNew = false): Promise<void> {
    const mine = ++turn;
    const query = new URLSearchParams(asked);
    query.set('limit', String(pageSize));
    if (lowest !== undefined) query.set('before', String(lowest));
    element.setAttribute('aria-busy', 'true');
    if (!element.firstChild) fill(element, h('p', { class: 'loading' }, 'Loading…'));
    try {
      const records = (await view.api.lines(query, view.signal)).map(readRecord);
      if (mine !== turn || view.signal.aborted) return;
      const rows = records.map(auditRow);
      if (isNew) fill(body);
      body.append(...rows);
      lowest = records.at(-1)?.seq ?? lowest;
      const isEnd = records.length < pageSize;
      const isAll = ![...asked].length;
      const end = isAll ? 'That is the beginning of the log.' : 'There are no older ones.';
      fill(foot, isEnd ? h('span', { class: 'quiet' }, end) : older);
      fill(found, body.firstChild ? `${count(shown(), 'record')}${isEnd ? '' : ', the newest'}` : '');
      if (!body.firstChild)
        fill(
          element,
          empty('No records', isAll ? 'Nothing has happened yet.' : 'Nothing in the log is what you ask for.'),
        );
      else if (!table.isConnected) fill(element, found, h('div', { class: 'card flush' }, table), foot);
      if (isEnd && !isNew) rows[0]?.querySelector('button')?.focus();
    } catch (error) {
      if (mine !== turn || view.signal.aborted) return;
      const notice = failure(error as Error, () => void more(isNew));
      if (isNew) fill(element, notice);
      else fill(foot, notice);
    }
    element.removeAttribute('aria-busy');
  }
  return { element, search };
}

/** Filters, records, export, verification. */
export const audit: Section = {
  id: 'audit',
  title: 'Audit log',
  about: 'Who did what, newest first. Each record is tied to the one before, so that a changed one is found.',
  open(view) {
    const form = filterForm(view.argument, () => void found.search());
    const found = list(view, () => readFilters(form));
    void found.search();
    return [auditTools(view, () => readFilters(form)), form, found.element];
  },
};
