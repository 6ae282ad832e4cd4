// One message: what was said, what became of it, and what can be done about it.
import type { Citation, MessageStatus, Rating, ViewEffect } from '../seam.ts';
import { copyButton } from './copy.ts';
import { timeOf } from './dates.ts';
import { button, el, link, safeUrl, set } from './dom.ts';
import { icon } from './icons.ts';
import { Markdown } from './markdown.ts';
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
  private readonly body = el('div', { class: 'b', part: 'message', dir: 'auto' });
  private readonly thumbs = new Map<Rating, HTMLButtonElement>();
  private markdown: Markdown | undefined; // while it streams
  private comment: HTMLElement | undefined;
  private countdown: ReturnType<typeof setInterval> | undefined;

  constructor(
    { id, role, at = Date.now() }: Of<'show_message'>,
    private readonly host: MessageHost,
  ) {
    this.id = id;
    this.at = new Date(at);
    this.isReply = role === 'assistant';
    const who = this.isReply ? fill(strings.says, host.agent()) : strings.you;
    this.row = el('div', {}, el('span', 'sr', who), this.body, this.foot);
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
    if (this.isReply) (this.markdown ??= new Markdown(this.body)).write(text);
    else this.body.append(text);
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
      if (markdown) {
        markdown.end();
        this.markdown = undefined;
        if (isNews)
          host.announce(`${fill(strings.says, host.agent())} ${markdown.text.replace(/\s*\[\d+\]/g, '').trim()}`);
      }
      if (citations?.length) this.cite(citations);
      if (status === 'done' && this.text && !this.thumbs.size) this.offer();
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
    const acts = el(
      'div',
      'acts',
      el('time', {}, timeOf(this.at)),
      copyButton(() => this.text),
    );
    for (const rating of ['up', 'down'] as const) {
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
    const field = el('input', {
      'aria-label': strings.comment,
      placeholder: strings.comment,
      maxlength: '1000',
      dir: 'auto',
    });
    const form = (this.comment = el('form', 'comment', field, button('quiet', strings.send, send)));
    const close = () => {
      form.remove();
      thumb.focus();
    };
    function send(): void {
      const comment = field.value.trim();
      if (comment) host.rate(id, rating, comment);
      host.announce(strings.thanks);
      close();
    }
    form.onsubmit = (event) => {
      event.preventDefault();
      send();
    };
    form.onkeydown = (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close();
    };
    this.foot.before(form);
    field.focus();
  }

  /** Turns each [n] of the text into a mark that leads to its source, and lists the sources below. */
  private cite(citations: readonly Citation[]): void {
    const { body } = this;
    body.querySelector('.sources')?.remove();
    const list = el('ol', { class: 'sources', 'aria-label': strings.sources });
    const sources = new Map<string, HTMLElement>();
    for (const { n, title, url } of citations) {
      const source = link('source', url, el('b', {}, String(n)), title || url, safeUrl(url) ? icon('out') : '');
      sources.set(String(n), source);
      list.append(el('li', {}, source));
    }
    body.normalize();
    const texts = document.createTreeWalker(body, 4);
    const nodes: Text[] = [];
    while (texts.nextNode()) nodes.push(texts.currentNode as Text);
    for (const node of nodes) {
      const parts = node.data.split(/\s*\[(\d+)\]/);
      if (parts.length < 2 || node.parentElement!.closest('a,code,pre,button')) continue;
      node.replaceWith(
        ...parts.map((part, i) => {
          const source = i % 2 && sources.get(part);
          if (!source) return i % 2 ? `[${part}]` : part;
          const mark = button('ref', part, () => source.focus());
          set(mark, { 'aria-label': fill(strings.source, source.textContent!.slice(part.length)) });
          return mark;
        }),
      );
    }
    body.append(list);
  }
}
