// One user: conversations, tokens, and what they may ask for by law.
import { card, count, download, empty, facts, fill, h, icon, moment, once, type Child } from '../dom.ts';
import { askFirst } from '../dialog.ts';
import type { Json, UserRecord } from '../types.ts';
import { loaded, type Loaded, type Section, type View } from '../view.ts';

/** As many as the server lists. */
const shownMax = 200;
const pathOf = (sub: string) => `/users/${encodeURIComponent(sub)}`;

function revoke(view: View, part: Loaded, sub: string): void {
  askFirst({
    title: 'Revoke this user’s tokens?',
    text: [
      h(
        'p',
        {},
        'Every token of ',
        h('code', {}, sub),
        ' from before now is refused, on every device, and running replies are cancelled. With a new token the user is in again.',
      ),
    ],
    confirm: 'Revoke tokens',
    isDangerous: true,
    async act() {
      await view.api.send('POST', `${pathOf(sub)}/revoke`, {});
      await part.refresh();
      view.say(`The tokens of ${sub} are refused.`);
    },
  });
}

function erase(view: View, part: Loaded, sub: string): void {
  const alsoRevoke = h('input', { type: 'checkbox', name: 'revoke', checked: true });
  askFirst({
    title: 'Erase this user’s conversations?',
    text: [
      h(
        'p',
        {},
        'Every conversation of ',
        h('code', {}, sub),
        ' is deleted, for good. The audit log keeps its records: who asked for what and when, with name, e-mail and address, but no messages.',
      ),
      h('label', { class: 'check' }, alsoRevoke, 'Refuse the tokens of before now, too'),
      h('p', { class: 'quiet' }, 'With a token that holds, a page that is still open begins a new conversation.'),
    ],
    confirm: 'Erase for good',
    isDangerous: true,
    typed: sub,
    async act() {
      if (alsoRevoke.checked) await view.api.send('POST', `${pathOf(sub)}/revoke`, {});
      const { threads_erased: n } = await view.api.send<{ threads_erased: number }>('POST', `${pathOf(sub)}/erase`, {});
      await part.refresh();
      view.say(`${count(n, 'conversation')} of ${sub} erased.`);
    },
  });
}

function exportButton(view: View, sub: string, said: HTMLElement): HTMLElement {
  const button = h('button', { type: 'button', onclick: () => void once(button, run) }, 'Export');
  const readPage = (from: number | string) =>
    view.api.get<{ threads: Json[]; next: string | null }>(`${pathOf(sub)}/export?from=${from}`, view.signal);
  async function run(): Promise<void> {
    fill(said);
    try {
      const { next, ...document } = await readPage(0);
      for (let from = next; from;) {
        const page = await readPage(from);
        document.threads.push(...page.threads);
        from = page.next;
      }
      const name = `${view.api.productId}-user-${sub.replace(/[^\w.-]+/g, '_')}.json`;
      download(name, 'application/json', [JSON.stringify(document, null, 2), '\n']);
    } catch (error) {
      fill(said, (error as Error).message);
    }
  }
  return button;
}

function draw(view: View, part: Loaded, { sub, revoked_at, threads }: UserRecord): Child[] {
  const said = h('p', { class: 'wrong', role: 'alert' });
  const rows = threads.map(({ id, title, created_at, active_at }) =>
    h(
      'li',
      {},
      h(
        'div',
        {},
        h('p', {}, title || 'Without a title'),
        h(
          'p',
          { class: 'quiet' },
          h('code', {}, id),
          ', begun ',
          moment(created_at),
          ', last active ',
          moment(active_at),
        ),
      ),
    ),
  );
  const act = (name: string, run: () => void) =>
    h('button', { type: 'button', class: 'quiet-danger', onclick: run }, name);
  return [
    card(
      h('code', {}, sub),
      [
        facts(
          ['Tokens', revoked_at ? h('span', {}, 'refused where made before ', moment(revoked_at)) : 'never revoked'],
          ['Audit log', h('a', { href: `#audit/${encodeURIComponent(sub)}` }, 'What this user did')],
        ),
        said,
      ],
      [
        exportButton(view, sub, said),
        act('Revoke tokens…', () => revoke(view, part, sub)),
        act('Erase…', () => erase(view, part, sub)),
      ],
    ),
    card(
      `Conversations${threads.length ? ` (${threads.length}${threads.length < shownMax ? '' : ', the newest'})` : ''}`,
      [
        rows.length
          ? h('ol', { class: 'rows' }, ...rows)
          : empty(
              'None',
              'This user has no conversations, or the id is another one. It is the ',
              h('code', {}, 'sub'),
              ' of your tokens.',
            ),
      ],
    ),
  ];
}

/** Finds a user by the sub of your tokens. */
export const users: Section = {
  id: 'users',
  title: 'Users',
  about: 'Look up whom your tokens name, let nobody in by old ones, and answer a request for data or deletion.',
  open(view) {
    const field = h('input', {
      name: 'sub',
      value: view.argument,
      autocomplete: 'off',
      autocapitalize: 'none',
      spellcheck: 'false',
      required: true,
    });
    const look = (event: Event) => {
      event.preventDefault();
      const address = `#users/${encodeURIComponent(field.value)}`;
      if (location.hash === address) void part?.refresh();
      else location.hash = address;
    };
    const form = h(
      'form',
      { class: 'row card', onsubmit: look },
      h('label', {}, 'User’s id (sub)', field),
      h('button', { class: 'primary' }, 'Look up'),
    );
    const part = view.argument
      ? loaded(
          view,
          () => view.api.get<UserRecord>(pathOf(view.argument), view.signal),
          (found, self) => draw(view, self, found),
        )
      : undefined;
    return [form, part?.element ?? h('p', { class: 'quiet pad' }, icon('users'), 'Nobody is looked up yet.')];
  },
};
