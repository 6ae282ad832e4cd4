// A question that only the visitor can answer, with what follows from a yes; or one that the site's people are asked.
import type { ApprovalStatus, ViewEffect } from '../../seam.ts';
import { button, el, fill, icon, strings, timeOf } from './tools.ts';

// Tools whose names begin so change nothing.
const reading = /^(get|search|check|find|list|fetch|lookup|read|query)/i;

export class Approval {
  readonly element: HTMLElement;
  private readonly choices: HTMLElement;
  private readonly terms: HTMLElement;
  private readonly isTheirs: boolean;

  constructor(
    { tool = '', message = '', expires_at = '', status }: Extract<ViewEffect, { type: 'show_approval' }>,
    agent: string,
    answer: (approved: boolean) => void,
  ) {
    this.isTheirs = status === 'waiting';
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
      this.isTheirs ? '' : el('p', 'asks', icon('lock'), fill(strings.asks, agent)),
      el('p', {}, message),
      this.terms,
      this.choices,
    );
  }

  /** What became of it, or nothing while the visitor may answer. */
  settle(status: ApprovalStatus): string {
    const texts: Record<string, string> = strings.approval;
    const state = (this.isTheirs && texts[`${status}2`]) || texts[status]!;
    if (state) {
      this.terms.remove();
      this.choices.className = 'answer';
      this.choices.replaceChildren(icon(this.isTheirs ? 'people' : status === 'approved' ? 'check' : 'alert'), state);
    }
    return state;
  }
}
