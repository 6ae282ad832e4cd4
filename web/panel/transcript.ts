// The conversation as it stands: messages, tool steps, the typing dots. Drawn from effects alone.
import type { Citation, MessageStatus, Role, ToolStatus, ViewEffect } from '../seam.ts';
import { button, el, link, safeUrl, set } from './dom.ts';
import { icon } from './icons.ts';
import { strings } from './strings.ts';

type Of<T extends ViewEffect['type']> = Extract<ViewEffect, { type: T }>;

interface Message {
  id: string;
  role: Role;
  row: HTMLElement;
  body: HTMLElement;
  text: Text;
  foot: HTMLElement;
  status: MessageStatus;
}

interface Step {
  name: string; // told once, when the call starts
  row: HTMLElement;
  status: ToolStatus;
}

export interface TranscriptHost {
  retry(messageId: string): void;
  answer(approvalId: string, approved: boolean): void;
  announce(text: string): void;
  /** The name that replies go by. */
  agent(): string;
}

export class Transcript {
  /** What scrolls. */
  readonly element: HTMLElement;
  private readonly items = el('div', { class: 'items' });
  private readonly dots = el('div', { class: 'b dots' }, el('i'), el('i'), el('i'));
  private readonly toLatest = button('latest', strings.latest, () => this.scroll(true), icon('down'));
  private readonly messages = new Map<string, Message>();
  private readonly tools = new Map<string, Step>();
  private readonly approvals = new Map<string, HTMLElement>();
  private busy = false;
  private last: Message | Step | undefined; // at the bottom

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
    );
    this.element.append(this.toLatest);
    this.element.onscroll = () => this.noteScroll();
    this.noteBusy();
    this.noteScroll();
  }

  get empty(): boolean {
    return !this.items.firstChild;
  }

  showMessage({ id, role, text, status }: Of<'show_message'>): void {
    const known = this.messages.get(id);
    if (known) {
      known.text.data = text;
      this.updateMessage({ type: 'update_message', id, status });
      return;
    }
    const node = document.createTextNode(text);
    const body = el('div', { class: 'b', dir: 'auto' }, node);
    const foot = el('div', { class: 'foot' });
    const who = role === 'user' ? strings.you : strings.says(this.host.agent());
    const row = el('div', { class: `m ${role}` }, el('span', { class: 'sr' }, who), body, foot);
    const message: Message = { id, role, row, body, text: node, foot, status };
    this.messages.set(id, message);
    this.items.append(row);
    this.last = message;
    this.drawStatus(message);
    this.noteBusy();
    this.scroll(role === 'user');
  }

  appendText({ id, text }: Of<'append_text'>): void {
    const message = this.messages.get(id);
    if (!message) return;
    message.text.appendData(text);
    this.noteBusy();
    this.scroll(false);
  }

  /** True where this ends a reply that has streamed: there is news. */
  updateMessage({ id, status, code, citations }: Of<'update_message'>): boolean {
    const message = this.messages.get(id);
    if (!message) return false;
    const isNews = message.status === 'streaming' && status === 'done';
    message.status = status;
    this.drawStatus(message, code, citations);
    if (isNews) this.host.announce(`${strings.says(this.host.agent())} ${message.text.data}`);
    this.noteBusy();
    this.scroll(false);
    return isNews;
  }

  showTool({ id, name, status }: Of<'show_tool'>): void {
    let step = this.tools.get(id);
    if (!step) {
      if (!name) return; // the end of a call whose beginning was shown before the page was loaded
      step = { name, row: el('div'), status };
      this.tools.set(id, step);
      this.items.append(step.row);
      this.last = step;
    }
    step.status = status;
    set(step.row, { class: `step ${status}` });
    const mark = status === 'running' ? el('i', { class: 'spin' }) : icon(status === 'done' ? 'check' : 'alert');
    step.row.replaceChildren(mark, strings.tool(step.name, status));
    this.noteBusy();
    this.scroll(false);
  }

  showApproval({ id, status, message }: Of<'show_approval'>): void {
    let card = this.approvals.get(id);
    if (!card) {
      if (!message) return;
      card = el('div', { class: 'approval', role: 'group', 'aria-label': message }, el('p', {}, message), el('div'));
      this.approvals.set(id, card);
      this.tools.forEach(({ name, row, status }) => {
        if (status === 'running') row.replaceChildren(icon('alert'), strings.tool(name, 'waiting'));
      });
      this.items.append(card);
      this.host.announce(message);
    }
    const state = strings.approval[status];
    if (state) {
      const foot = el('p', { class: 'answer' }, icon(status === 'approved' ? 'check' : 'alert'), state);
      card.lastElementChild!.replaceWith(foot);
      this.host.announce(state);
    } else {
      const answer = (approved: boolean) => this.host.answer(id, approved);
      const yes = button('yes', strings.approve, () => answer(true));
      const no = button('no', strings.reject, () => answer(false));
      card.lastElementChild!.replaceWith(el('div', { class: 'choices' }, yes, no));
    }
    this.noteBusy();
    this.scroll(false);
  }

  showHandoff({ url, label }: { url: string; label: string }): void {
    this.items.append(
      el(
        'div',
        { class: 'card' },
        icon('people'),
        el('p', {}, strings.handoff),
        link('cta', url, label || strings.handoffLabel),
      ),
    );
    this.scroll(false);
  }

  showBusy(busy: boolean): void {
    this.busy = busy;
    this.noteBusy();
    this.scroll(false);
  }

  clear(): void {
    this.items.replaceChildren();
    this.messages.clear();
    this.tools.clear();
    this.approvals.clear();
    this.last = undefined;
    this.noteBusy();
  }

  /** Down to the newest line: always, or only where the reader is there already. */
  scroll(always: boolean): void {
    const { element } = this;
    if (always || this.atEnd) element.scrollTop = element.scrollHeight;
    this.toLatest.hidden = this.atEnd;
  }

  private atEnd = true;
  private noteScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    this.atEnd = scrollHeight - scrollTop - clientHeight < 48;
    this.toLatest.hidden = this.atEnd;
  }

  // The dots stand where nothing else shows that something is going on.
  private noteBusy(): void {
    const { last } = this;
    const shown = last && ('text' in last ? last.status === 'streaming' && last.text.data : last.status === 'running');
    this.dots.hidden = !this.busy || !!shown;
  }

  private drawStatus(message: Message, code?: string, citations: readonly Citation[] = []): void {
    const { foot, row, role, status } = message;
    const failed = status === 'failed';
    const state = strings.state(status, code);
    set(row, { class: `m ${role} ${status}` });
    set(foot, { class: `foot ${role} ${status}` });
    foot.replaceChildren(state);
    // What became of a question stands below what has come of its answer.
    if (failed && this.last !== message) this.items.append(foot);
    else row.append(foot);
    if (failed) {
      foot.prepend(icon('alert'));
      if (role === 'user') foot.append(button('retry', strings.retry, () => this.host.retry(message.id)));
      this.host.announce(state);
    }
    if (citations.length) cite(message, citations);
  }
}

/** Turns each [n] of the text into a link to its source, and lists the sources below. */
function cite({ body, text }: Message, citations: readonly Citation[]): void {
  const mark = (n: string) => {
    const found = citations.find((citation) => String(citation.n) === n);
    if (!found) return `[${n}]`;
    const anchor = link('ref', found.url, n);
    set(anchor, { 'aria-label': strings.source(found.title) });
    return anchor;
  };
  const parts = text.data.split(/\s*\[(\d+)\]/).map((part, i) => (i % 2 ? mark(part) : part));
  const sources = citations.map(({ n, title, url }) =>
    el('li', {}, link('source', url, el('b', {}, String(n)), title || url, safeUrl(url) ? icon('out') : '')),
  );
  body.replaceChildren(...parts, el('ol', { class: 'sources', 'aria-label': strings.sources }, ...sources));
}
