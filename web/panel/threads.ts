// The list of a signed-in user's conversations.
import type { ViewEffect } from '../seam.ts';
import { ago } from './dates.ts';
import { button, el, set } from './dom.ts';
import { icon } from './icons.ts';
import { strings } from './strings.ts';

export class Threads {
  readonly element = el('div', { class: 'threads', role: 'group', 'aria-label': strings.threads, hidden: '' });
  private readonly list = el('div', { class: 'list' });

  constructor(
    private readonly asked: () => void,
    private readonly chosen: (threadId: string) => void,
    started: () => void,
  ) {
    this.element.append(button('start', strings.newThread, started), this.list);
    this.element.firstElementChild!.prepend(icon('pen'));
  }

  /** Until the list is there. */
  load(): void {
    this.list.setAttribute('aria-busy', 'true');
    if (!this.list.querySelector('.thread')) this.list.replaceChildren(el('i'), el('i'), el('i'));
    this.asked();
  }

  show({ threads, current, failed }: Extract<ViewEffect, { type: 'show_threads' }>): void {
    const { list } = this;
    const had = (list.getRootNode() as ShadowRoot).activeElement;
    const focused = had && list.contains(had) ? (had as HTMLElement).dataset.id : undefined;
    list.removeAttribute('aria-busy');
    if (failed)
      list.replaceChildren(
        el('p', {}, strings.threadsFailed),
        button('quiet', strings.again, () => this.load()),
      );
    else if (!threads.length) list.replaceChildren(el('p', {}, strings.noThreads));
    else
      list.replaceChildren(
        ...threads.map(({ id, title, at }) => {
          const entry = button('thread', '', () => this.chosen(id));
          entry.append(el('span', { dir: 'auto' }, title || strings.untitled), el('time', {}, ago(new Date(at))));
          entry.dataset.id = id;
          if (id === current) set(entry, { 'aria-current': 'true' });
          if (id === focused) setTimeout(() => entry.focus());
          return entry;
        }),
      );
  }
}
