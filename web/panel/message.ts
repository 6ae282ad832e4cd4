// One message: what was said, what became of it, and what can be done about it.
import type { MessageStatus, Rating, ViewEffect } from '../seam.ts';
import { copyButton } from './copy.ts';
import { timeOf } from './dates.ts';
import { button, el, set } from './dom.ts';
import { icon } from './icons.ts';
import type * as later from './later/later.ts';
import { fill, plural, strings } from './strings.ts';

type Of<T extends ViewEffect['type']> = Extract<ViewEffect, { type: T }>;

export interface MessageHost {
  retry(messageId: string): void;
  /** Takes back what was not sent, to be written anew. */
  edit(messageId: string, text: string): void;
  rate(messageId: string, rating: Rating, comment?: string): void;
  announce(text: string): void;
  /** The name that replies go by. */
  agent(): string;
  /** Undefined while that part is not loaded. */
  later: typeof later | undefined;
}

export class Message {
  readonly row: HTMLElement;
  readonly foot = el('div');
  readonly at: Date;
  status!: MessageStatus;
  /** As it was sent. */
  text = '';
  private readonly id: string;
  private readonly isReply: boolean;
  private readonly person: string | undefined; // of the site, who says it
  private readonly who: string;
  private readonly body = el('div', { class: 'b', part: 'message', dir: 'auto' });
  private readonly thumbs = new Map<Rating, HTMLButtonElement>();
  private markdown: later.Markdown | undefined; // while it streams
  private acts: HTMLElement | undefined;
  private comment: HTMLElement | undefined;
  private countdown: ReturnType<typeof setInterval> | undefined;

  constructor(
    { id, role, at = Date.now(), name }: Of<'show_message'>,
    private readonly host: MessageHost,
  ) {
    this.id = id;
    this.at = new Date(at);
    this.isReply = role === 'assistant';
    this.person = name;
    this.who = fill(strings.says, name || host.agent());
    const who = name
      ? el('p', 'person', icon('people'), name)
      : el('span', 'sr', this.isReply ? this.who : strings.you);
    this.row = el('div', {}, who, this.body, this.foot);
  }

  /** What it says, whole. */
  replace(text: string): void {
    if (text === this.text) return;
    this.body.replaceChildren();
    this.text = '';
    this.markdown = undefined;
    this.append(text);
  }

  append(text: string): void {
    this.text += text;
    const { body, host } = this;
    if (this.isReply && host.later && !this.markdown) {
      body.replaceChildren(); // what was drawn without it
      text = this.text;
      this.markdown = new host.later.Markdown(body);
    }
    if (this.markdown) this.markdown.write(text);
    else if (this.isReply) ((body.firstChild as Element | null) ?? body.appendChild(el('p'))).append(text);
    else body.append(text);
  }

  /** True where this ends a reply that has streamed: there is news. */
  update({ status, code, citations, retry_in }: Omit<Of<'update_message'>, 'type' | 'id'>): boolean {
    const { host, foot, markdown, row } = this;
    const isNews = this.status === 'streaming' && status === 'done';
    const failed = status === 'failed';
    const side = this.isReply ? 'assistant' : 'user';
    this.status = status;
    set(row, { class: `m ${side} ${status}` });
    set(foot, { class: `foot ${side} ${status}` });
    const state = strings.errors[code!] ?? (strings as unknown as Partial<Record<string, string>>)[status] ?? '';
    const words = el('span', {}, state);
    foot.replaceChildren(words);
    clearInterval(this.countdown);
    if (retry_in) this.count(words, retry_in);
    if (failed) {
      foot.prepend(icon('alert'));
      host.announce(state);
    }
    if (this.isReply) {
      if (status === 'streaming') return false;
      markdown?.end();
      this.markdown = undefined;
      if (isNews && this.text) {
        const said = (markdown ?? this).text.replace(/\s*\[\d+\]/g, '').trim();
        host.announce(`${this.who} ${said}`);
      }
      if (citations?.length) host.later?.footnotes(this.body, citations);
      if (status === 'done' && this.text && !this.acts) this.offer();
    } else if (failed || status === 'queued') {
      const choices = el('span');
      if (failed) choices.append(button('quiet', strings.retry, () => host.retry(this.id)));
      choices.append(button('quiet', strings.edit, () => host.edit(this.id, this.text)));
      foot.append(choices);
    }
    return isNews;
  }

  rate(rating: Rating | undefined): void {
    this.thumbs.forEach((thumb, of) => set(thumb, { 'aria-pressed': String(of === rating) }));
    if (!rating) this.comment?.remove();
  }

  /** Where it is taken away. */
  stop(): void {
    clearInterval(this.countdown);
  }

  private count(words: HTMLElement, seconds: number): void {
    const due = performance.now() + seconds * 1000;
    const draw = () => {
      const left = Math.ceil((due - performance.now()) / 1000);
      if (left > 0) words.textContent = plural(strings.retryIn, left);
      else clearInterval(this.countdown);
    };
    draw();
    this.countdown = setInterval(draw, 1000);
    this.host.announce(words.textContent!);
  }

  /** Copying and judging: quiet until somebody looks for it. */
  private offer(): void {
    const acts = (this.acts = el(
      'div',
      'acts',
      el('time', {}, timeOf(this.at)),
      copyButton(() => this.text),
    ));
    for (const rating of this.person ? [] : (['up', 'down'] as const)) {
      const thumb = button(`act ${rating}`, strings[rating], () => this.judge(rating), icon('up'));
      this.thumbs.set(rating, thumb);
      acts.append(thumb);
    }
    this.rate(undefined);
    this.foot.before(acts);
  }

  private judge(rating: Rating): void {
    const { host, id } = this;
    const thumb = this.thumbs.get(rating)!;
    this.rate(rating);
    host.rate(id, rating);
    this.comment?.remove();
    const { later } = host;
    if (!later) return;
    const form = (this.comment = later.commentForm((comment) => {
      form.remove();
      thumb.focus();
      if (comment === undefined) return;
      if (comment) host.rate(id, rating, comment);
      host.announce(strings.thanks);
      this.acts!.append((this.comment = el('span', {}, strings.thanks)));
    }));
    this.foot.before(form);
    form.querySelector('input')!.focus();
  }
}
