// Where the visitor writes.
import type { ViewEffect } from '../seam.ts';
import { button, el, set } from './dom.ts';
import { icon } from './icons.ts';
import { plural, strings } from './strings.ts';

const charactersMax = 4000; // The server takes no more in one message.

export class Composer {
  readonly element: HTMLElement;
  readonly input = el('textarea', {
    rows: '1',
    placeholder: strings.placeholder,
    'aria-label': strings.message,
    'aria-describedby': 'count',
    dir: 'auto',
    enterkeyhint: 'send',
  });
  private readonly stop: HTMLButtonElement;
  private readonly count = el('span', { class: 'count', id: 'count', hidden: '' });
  private readonly drafts = new Map<string, string>(); // of the threads that are not shown
  private thread = '';
  private isTooLong = false;
  private aside = ''; // a draft that waits for the verdict on who is here
  private readonly send = button('send', strings.send, () => this.submit(), icon('send'));

  constructor(
    private readonly submitted: (text: string) => void,
    stopped: () => void,
    private readonly announce: (text: string) => void,
  ) {
    this.stop = button('stop', strings.stop, stopped, el('i'));
    this.element = el('div', { class: 'composer', part: 'composer' }, this.input, this.count, this.stop, this.send);
    this.input.oninput = () => this.fit();
    this.input.onkeydown = (event) => {
      // While an input method composes, Enter chooses a word (Safari says so by the key code only).
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.submit();
    };
    this.showBusy(false);
    this.fit();
  }

  showBusy(busy: boolean): void {
    const focused = (this.stop.getRootNode() as ShadowRoot).activeElement === this.stop;
    this.stop.hidden = !busy;
    if (focused && !busy) this.input.focus();
  }

  lock(locked: boolean): void {
    this.input.disabled = locked;
    this.input.placeholder = locked ? strings.locked : strings.placeholder;
    this.fit();
  }

  change(change: Extract<ViewEffect, { type: 'change_draft' }>['change']): void {
    const { input } = this;
    if (change === 'restore') input.value ||= this.aside;
    else if (change !== 'stash') this.drafts.clear();
    this.aside = change === 'stash' ? input.value : '';
    if (change === 'stash' || change === 'clear') input.value = '';
    this.fit();
  }

  /** Another thread is shown: each has its own draft. */
  showThread(id: string): void {
    const { input, drafts } = this;
    drafts.set(this.thread, input.value);
    input.value = drafts.get(id) ?? '';
    this.name(id);
    this.fit();
  }

  /** Which thread this is, where that was not known yet. */
  name(id: string): void {
    this.thread = id;
    this.drafts.delete(id);
  }

  /** A message that was taken back goes before what is being written. */
  takeBack(text: string): void {
    const { input } = this;
    input.value = input.value ? `${text}\n${input.value}` : text;
    this.fit();
    input.focus();
  }

  fit(): void {
    const { input, count } = this;
    const left = charactersMax - (input.value.length > charactersMax - 200 ? [...input.value.trim()].length : 0);
    this.isTooLong = left < 0;
    count.hidden = left > 200;
    // Numbers and plurals of Intl take longer than all else here.
    if (!count.hidden) count.textContent = this.isTooLong ? plural(strings.tooLong, -left) : plural(strings.left, left);
    set(input, { 'aria-invalid': String(this.isTooLong) });
    this.send.disabled = input.disabled || this.isTooLong || !input.value.trim();
    // An empty field has no text to take a direction from: its placeholder has the panel's.
    input.dir = input.value && 'auto';
    input.style.height = 'auto';
    // An empty field is one line high: to ask would make the browser lay out the whole page now.
    if (input.value && input.scrollHeight) input.style.height = `${input.scrollHeight}px`;
  }

  private submit(): void {
    const text = this.input.value.trim();
    if (!text) return;
    if (this.isTooLong) return this.announce(this.count.textContent!);
    this.input.value = '';
    this.fit();
    this.input.focus();
    this.submitted(text);
  }
}
