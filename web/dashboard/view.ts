// What a section is, and what it is given to work with.
import type { Api } from './api.ts';
import { fill, h, icon, type Child, type Icon } from './dom.ts';
import type { ApprovalWatch } from './watch.ts';

/** One opening of a section. */
export interface View {
  readonly api: Api;
  /** Aborted when the section is left. */
  readonly signal: AbortSignal;
  /** What stands behind the section's name in the address. */
  readonly argument: string;
  readonly watch: ApprovalWatch;
  /** Says it to everybody, without taking the focus. */
  say(text: string): void;
}

export interface Section {
  readonly id: Icon;
  readonly title: string;
  /** One sentence below the title. */
  readonly about: string;
  open(view: View): Child[];
}

/** A part of a section that comes from the server: loading, there, or failed with a way to try again. */
export interface Loaded {
  readonly element: HTMLElement;
  /** Asks again; what is shown stays until the answer is there. */
  refresh(): Promise<void>;
}

export function loaded<Value>(
  view: View,
  ask: () => Promise<Value>,
  draw: (value: Value, part: Loaded) => Child[],
): Loaded {
  const element = h('div', { class: 'stack' });
  const part: Loaded = { element, refresh };
  async function refresh(): Promise<void> {
    element.setAttribute('aria-busy', 'true');
    if (!element.firstChild) fill(element, h('p', { class: 'loading' }, 'Loading…'));
    try {
      const value = await ask();
      if (!view.signal.aborted) fill(element, ...draw(value, part));
    } catch (error) {
      if (!view.signal.aborted)
        fill(
          element,
          failure(error as Error, () => void retry()),
        );
    }
    element.removeAttribute('aria-busy');
  }
  async function retry(): Promise<void> {
    fill(element);
    await refresh();
    element.tabIndex = -1;
    element.focus();
  }
  void refresh();
  return part;
}

/** What went wrong, in the server's words, and a way to try again. */
export function failure(error: Error, retry: () => void): HTMLElement {
  const again = h('button', { type: 'button', onclick: retry }, 'Try again');
  return h('div', { class: 'notice wrong', role: 'alert' }, icon('warn'), h('p', {}, error.message), again);
}
