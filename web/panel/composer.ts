// Where the visitor writes.
import type { ViewEffect } from '../seam.ts';
import { button, el } from './dom.ts';
import { icon } from './icons.ts';
import { strings } from './strings.ts';

export class Composer {
  readonly element: HTMLElement;
  readonly input = el('textarea', {
    rows: '1',
    placeholder: strings.placeholder,
    'aria-label': strings.message,
    dir: 'auto',
    enterkeyhint: 'send',
  });
  private readonly stop: HTMLButtonElement;
  private aside = ''; // a draft that waits for the verdict on who is here
  private readonly send = button('send', strings.send, () => this.submit(), icon('send'));

  constructor(
    private readonly submitted: (text: string) => void,
    stopped: () => void,
  ) {
    this.stop = button('stop', strings.stop, stopped, el('i'));
    this.element = el('div', { class: 'composer' }, this.input, this.stop, this.send);
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
    this.aside = change === 'stash' ? input.value : '';
    if (change === 'stash' || change === 'clear') input.value = '';
    this.fit();
  }

  fit(): void {
    const { input } = this;
    this.send.disabled = input.disabled || !input.value.trim();
    input.style.height = 'auto';
    if (input.scrollHeight) input.style.height = `${input.scrollHeight}px`;
  }

  private submit(): void {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = '';
    this.fit();
    this.input.focus();
    this.submitted(text);
  }
}
