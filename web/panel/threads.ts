// The list of a signed-in user's conversations.
import type { ViewEffect } from '../seam.ts';
import { ago } from './dates.ts';
import { button, el, set } from './dom.ts';
import { icon } from './icons.ts';
import { strings } from './strings.ts';

export class Threads {
  readonly element = el('div', { class: 'threads', role: 'group', 'aria-label': strings.threads, hidden: '' });
  private readonly list = el('div', 'list');
  private readonly start: HTMLElement;

  constructor(
    private readonly asked: () => void,
    private readonly chosen: (threadId: string) => void,
    started: () => void,
  ) {
    this.start = button('start', strings.newThread, started);
    this.start.prepend(icon('pen'));
    this.element.append(this.start, this.list);
  }

  /** Until the list is there. */
  load(): void {
    this.list.ariaBusy = 'true';
    if (!this.list.querySelector('.thread')) this.draw(el('i'), el('i'), el('i'));
    this.asked();
  }

  show({ threads, current, failed }: Extract<ViewEffect, { type: 'show_threads' }>): void {
    this.list.ariaBusy = null;
    if (failed)
      return this.draw(
        el('p', {}, strings.threadsFailed),
        button('quiet', strings.again, () => this.load()),
      );
    if (!threads.length) return this.draw(el('p', {}, strings.noThreads));
    this.draw(
      ...threads.map(({ id, title, at }) => {
        const entry = button('thread', '', () => this.chosen(id));
        entry.append(el('span', { dir: 'auto' }, title || strings.untitled), el('time', {}, ago(new Date(at))));
        entry.dataset.id = id;
        if (id === current) set(entry, { 'aria-current': 'true' });
        return entry;
      }),
    );
  }

  /** The focus stays on its conversation; where that is gone, it stays near. */
  private draw(...entries: HTMLElement[]): void {
    const { list } = this;
    const focused = (list.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    const isWithin = list.contains(focused);
    list.replaceChildren(...entries);
    if (isWithin)
      (entries.find(({ dataset }) => dataset.id && dataset.id === focused!.dataset.id) ?? this.start).focus();
  }
}
