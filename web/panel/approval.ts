// A question that only the visitor can answer, with what follows from a yes.
import type { ApprovalStatus, ViewEffect } from '../seam.ts';
import { timeOf } from './dates.ts';
import { button, el } from './dom.ts';
import { icon } from './icons.ts';
import { fill, strings } from './strings.ts';

// Tools whose names begin so change nothing.
const reading = /^(get|search|check|find|list|fetch|lookup|read|query)/i;

export class Approval {
  readonly element: HTMLElement;
  private readonly choices: HTMLElement;
  private readonly terms: HTMLElement;

  constructor(
    { tool = '', message = '', expires_at = '' }: Omit<Extract<ViewEffect, { type: 'show_approval' }>, 'type'>,
    agent: string,
    answer: (approved: boolean) => void,
  ) {
    const until = new Date(expires_at);
    this.terms = el('ul', {});
    if (!reading.test(tool)) this.terms.append(el('li', {}, strings.cannotUndo));
    if (+until) this.terms.append(el('li', {}, fill(strings.openUntil, timeOf(until))));
    this.choices = el(
      'div',
      'choices',
      button('yes', strings.approve, () => answer(true)),
      button('no', strings.reject, () => answer(false)),
    );
    this.element = el(
      'div',
      { class: 'approval', role: 'group', 'aria-label': message },
      el('p', 'asks', icon('lock'), fill(strings.asks, agent)),
      el('p', {}, message),
      this.terms,
      this.choices,
    );
  }

  /** The settled line, or nothing while it is open. */
  settle(status: ApprovalStatus): string {
    const state = strings.approval[status];
    if (state) {
      this.terms.remove();
      this.choices.className = 'answer';
      this.choices.replaceChildren(icon(status === 'approved' ? 'check' : 'alert'), state);
    }
    return state;
  }
}
