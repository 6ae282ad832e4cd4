// Calls of tools that the owner's people must agree to.
import { empty, fill, focusHeading, h, moment, verbatim } from '../dom.ts';
import type { Approval } from '../types.ts';
import type { Section, View } from '../view.ts';

function draw(view: View, { id, sub, tool, message, arguments: given, expires_at }: Approval): HTMLElement {
  const said = h('p', { class: 'wrong', role: 'alert' });
  const decide = (name: string, approved: boolean) =>
    h('button', { type: 'button', class: approved && 'primary', onclick: () => void answer(approved) }, name);
  const item = h(
    'li',
    { class: 'card', id },
    h('h2', {}, message),
    h(
      'p',
      { class: 'quiet' },
      'For ',
      h('a', { href: `#users/${encodeURIComponent(sub)}` }, sub),
      ', until ',
      moment(expires_at),
    ),
    verbatim('The call', `${tool} ${JSON.stringify(given, null, 2)}`),
    said,
    h('footer', {}, decide('Approve', true), decide('Reject', false)),
  );
  // Not disabled meanwhile: that would take the focus away.
  async function answer(approved: boolean): Promise<void> {
    if (item.hasAttribute('aria-busy')) return;
    item.setAttribute('aria-busy', 'true');
    fill(said);
    try {
      await view.api.send('POST', `/approvals/${encodeURIComponent(id)}`, { approved });
      view.say(`${approved ? 'Approved' : 'Rejected'}: ${message}`);
    } catch (error) {
      fill(said, (error as Error).message);
    }
    await view.watch.refresh();
    item.removeAttribute('aria-busy');
  }
  return item;
}

/** Lists what waits; asked for again every three seconds. */
export const approvals: Section = {
  id: 'approvals',
  title: 'Approvals',
  about: 'Calls that wait for one of you. A yes is for this call, with these arguments, for this user, once.',
  open(view) {
    const list = h('ul', { class: 'stack plain' });
    const none = h('div', {}, h('p', { class: 'loading' }, 'Loading…'));
    // What is shown already stays, so that nobody's pointer or focus loses its button.
    view.watch.listen(view.signal, () => {
      const found = view.watch.approvals;
      if (!found) return;
      const ids = new Set(found.map(({ id }) => id));
      for (const item of [...list.children]) {
        if (ids.has(item.id)) continue;
        const hadFocus = item.contains(document.activeElement);
        const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector('button');
        item.remove();
        if (hadFocus && next) next.focus();
        else if (hadFocus) focusHeading();
      }
      const shown = new Set([...list.children].map(({ id }) => id));
      for (const one of found) if (!shown.has(one.id)) list.append(draw(view, one));
      fill(
        none,
        !found.length &&
          empty('Nothing waits', 'What a visitor’s call of a tool needs your word for is shown here at once.'),
      );
    });
    return [list, none];
  },
};
