// The conversation as it stands: messages, tool steps, questions, days, the typing dots. Drawn from effects alone.
import type { ViewEffect } from '../seam.ts';
import { dayOf } from './dates.ts';
import { button, el, link, name } from './dom.ts';
import { icon } from './icons.ts';
import type { Approval } from './later/approval.ts';
import { Message, type MessageHost } from './message.ts';
import { Steps } from './steps.ts';
import { plural, strings } from './strings.ts';

type Of<T extends ViewEffect['type']> = Extract<ViewEffect, { type: T }>;

export interface TranscriptHost extends MessageHost {
  answer(approvalId: string, approved: boolean): void;
}

export class Transcript {
  /** What scrolls. */
  readonly element: HTMLElement;
  private readonly items = el('div', 'items');
  private readonly dots = el('div', 'b dots', el('i'), el('i'), el('i'));
  private readonly missed = el('span', 'badge');
  private readonly toLatest = button('latest', strings.latest, () => this.scroll(true), icon('down'), this.missed);
  private readonly fresh = el('p', 'day new', strings.fresh);
  private readonly messages = new Map<string, Message>();
  private readonly approvals = new Map<string, Approval>();
  private steps: Steps[] = [];
  private busy = false;
  private away = true; // nobody sees it
  private atEnd = true;
  private top = 0;
  private frame = 0; // in which it scrolls
  private count = 0; // of news below what is seen
  private day = '';
  private last: Message | Steps | undefined; // at the bottom

  constructor(
    private readonly host: TranscriptHost,
    before: Node,
    after: Node,
  ) {
    this.element = el(
      'div',
      { class: 'log', role: 'group', 'aria-label': strings.conversation, tabindex: '0' },
      before,
      this.items,
      this.dots,
      after,
      this.toLatest,
    );
    this.element.onscroll = () => this.noteScroll();
    this.noteBusy();
    this.showLatest();
  }

  get empty(): boolean {
    return !this.items.firstChild;
  }

  /** The panel was opened or closed. What comes while it is closed stands below a divider of its own. */
  showAway(away: boolean): void {
    this.away = away;
    if (!away) this.scroll(true);
    else if (this.fresh.isConnected) this.fresh.remove();
  }

  showMessage(effect: Of<'show_message'>): void {
    const { id, role, text, status } = effect;
    let message = this.messages.get(id);
    if (!message) {
      message = new Message(effect, this.host);
      this.messages.set(id, message);
      this.divide(message.at);
      if (status === 'streaming' && this.away && !this.fresh.isConnected) this.items.append(this.fresh);
      this.append(message.row, role === 'assistant');
      this.last = message;
    }
    // Old libraries have a remove() of their own, which fails where there is nothing to remove.
    if (role === 'user' && this.fresh.isConnected) this.fresh.remove();
    message.replace(text);
    this.update(message, effect);
    if (effect.rating) message.rate(effect.rating);
    this.scroll(role === 'user' && status !== 'sent');
  }

  appendText({ id, text }: Of<'append_text'>): void {
    this.messages.get(id)?.append(text);
    this.noteBusy();
    this.scroll(false);
  }

  /** True where this ends a reply that has streamed: there is news. */
  updateMessage(effect: Of<'update_message'>): boolean {
    const message = this.messages.get(effect.id);
    const isNews = !!message && this.update(message, effect);
    this.scroll(false);
    return isNews;
  }

  removeMessage(id: string): void {
    const message = this.messages.get(id);
    if (!message) return;
    message.stop();
    message.row.remove();
    message.foot.remove();
    this.messages.delete(id);
    this.noteBusy();
  }

  showRating({ id, rating }: Of<'show_rating'>): void {
    this.messages.get(id)?.rate(rating);
  }

  showTool({ id, name, status }: Of<'show_tool'>): void {
    let steps = this.steps.find((group) => group.has(id));
    if (!steps) {
      if (!name) return; // the end of a call whose beginning was shown before the page was loaded
      if (this.last instanceof Steps) steps = this.last;
      else {
        this.steps.push((steps = this.last = new Steps()));
        this.append(steps.element);
      }
    }
    steps.show(id, name, status);
    this.noteBusy();
    this.scroll(false);
  }

  showApproval(effect: Of<'show_approval'>): void {
    const { id, status, message } = effect;
    let card = this.approvals.get(id);
    if (!card) {
      const { later } = this.host;
      if (!message || !later) return;
      card = new later.Approval(effect, this.host.agent(), (approved) => this.host.answer(id, approved));
      this.approvals.set(id, card);
      this.steps.forEach((steps) => steps.wait(status === 'waiting'));
      this.append(card.element, true);
      this.host.announce(message);
    }
    const state = card.settle(status);
    if (state) this.host.announce(state);
    this.noteBusy();
    this.scroll(false);
  }

  showHandoff({ url, label }: { url: string; label: string }): void {
    const words = el('p', {}, strings.handoff);
    this.append(el('div', 'card', icon('people'), words, link('cta', url, label || strings.handoffLabel)), true);
    this.scroll(false);
  }

  showBusy(busy: boolean): void {
    this.busy = busy;
    this.noteBusy();
    this.scroll(false);
  }

  clear(): void {
    this.messages.forEach((message) => message.stop());
    this.items.replaceChildren();
    this.messages.clear();
    this.approvals.clear();
    this.steps = [];
    this.last = undefined;
    this.day = '';
    this.atEnd = true;
    this.top = 0;
    this.noteBusy();
    this.showLatest();
  }

  /** Down to the newest line, with the next frame: always, or only where the reader is there already. */
  scroll(always: boolean): void {
    this.atEnd ||= always;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (this.atEnd) this.element.scrollTop = this.element.scrollHeight;
      this.showLatest();
    });
  }

  private append(item: HTMLElement, isNews = false): void {
    this.items.append(item);
    if (isNews && !this.atEnd) ++this.count;
  }

  private update(message: Message, effect: Omit<Of<'update_message'>, 'type' | 'id'>): boolean {
    const isNews = message.update(effect);
    // What became of a question stands below what has come of its answer.
    if (effect.status === 'failed' && this.last !== message) this.items.append(message.foot);
    else message.row.append(message.foot);
    this.noteBusy();
    return isNews;
  }

  /** A day is named where it begins, unless it is today and nothing stands before it. */
  private divide(at: Date): void {
    const day = at.toDateString();
    if (day !== this.day && (this.day || day !== new Date().toDateString()))
      this.items.append(el('p', 'day', dayOf(at)));
    this.day = day;
  }

  private noteScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    // Of a scroll by `scroll` the browser tells when more has been said already: only the reader goes up.
    this.atEnd = scrollHeight - scrollTop - clientHeight < 48 || (this.atEnd && scrollTop >= this.top);
    this.top = scrollTop;
    this.showLatest();
  }

  private showLatest(): void {
    this.toLatest.hidden = this.atEnd;
    if (this.atEnd) return void (this.count = 0);
    this.missed.hidden = !this.count;
    this.missed.textContent = String(this.count);
    name(this.toLatest, this.count ? plural(strings.news, this.count) : strings.latest);
  }

  // The dots stand where nothing else shows that something is going on.
  private noteBusy(): void {
    const { last } = this;
    const shown = last instanceof Steps ? last.running : last?.status === 'streaming' && last.text;
    this.dots.hidden = !this.busy || !!shown;
  }
}
