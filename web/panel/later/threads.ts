// The list of a signed-in user's conversations.
import type { ViewEffect } from '../../seam.ts';
import { ago, button, el, icon, set, strings } from './tools.ts';

type List = Extract<ViewEffect, { type: 'show_threads' }>;

/** The element, what asks for the list anew, and what shows one. */
export function conversations(
  ask: () => void,
  choose: (threadId: string) => void,
): readonly [element: HTMLElement, load: () => void, show: (list: List) => void] {
  const start = button('start', strings.newThread, () => choose(''));
  const list = el('div', 'list');
  const element = el(
    'div',
    { class: 'threads', role: 'group', 'aria-label': strings.threads, hidden: '' },
    start,
    list,
  );
  start.prepend(icon('pen'));

  /** Until the list is there. */
  function load(): void {
    list.ariaBusy = 'true';
    if (!list.querySelector('.thread')) draw(el('i'), el('i'), el('i'));
    ask();
  }

  function show({ threads, current, failed }: List): void {
    list.ariaBusy = null;
    if (failed) return draw(el('p', {}, strings.threadsFailed), button('quiet', strings.again, load));
    if (!threads.length) return draw(el('p', {}, strings.noThreads));
    draw(
      ...threads.map(({ id, title, at }) => {
        const entry = button('thread', '', () => choose(id));
        entry.append(el('span', { dir: 'auto' }, title || strings.untitled), el('time', {}, ago(new Date(at))));
        entry.dataset.id = id;
        if (id === current) set(entry, { 'aria-current': 'true' });
        return entry;
      }),
    );
  }

  /** The focus stays on its conversation; where that is gone, it stays near. */
  function draw(...entries: HTMLElement[]): void {
    const focused = (list.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    const isWithin = list.contains(focused);
    list.replaceChildren(...entries);
    if (isWithin) (entries.find(({ dataset }) => dataset.id && dataset.id === focused!.dataset.id) ?? start).focus();
  }

  return [element, load, show];
}
