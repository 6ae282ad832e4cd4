// Who sits in front of a page with the widget, in any engine: sees what the panel shows, points and types.
import { expect } from '@playwright/test';
import { strings } from '../../web/panel/strings.ts';
import { parts } from '../shop.ts';
import type { Tab } from './tab.ts';

/** What the panel shows. */
export interface Sight {
  launcher: boolean;
  open: boolean;
  /** The server has answered: nothing moves any more. */
  greeted: boolean;
  /** The panel's whole text. */
  text: string;
  identity: string;
  notice: string;
  questions: string[];
  replies: { text: string; done: boolean }[];
  /** The last question, and what follows it. */
  last: { question: string; reply?: { text: string; done: boolean } };
}

/** An element of the widget; of several, the one of this text or label. */
interface Target {
  selector: string;
  name?: string;
}

// Runs in the page. Written for pages that have spoilt the prototypes: plain loops, and what the DOM itself has.
function see({ parts }: { parts: Record<string, string> }): Sight {
  const shadow = document.querySelector('widgent-root')?.shadowRoot;
  const shows = (element: Element | null | undefined) => !!element && element.getClientRects().length > 0;
  const panel = shadow?.querySelector(parts.panel!);
  const textOf = (element: Element | null | undefined) => (shows(element) ? (element as HTMLElement).innerText : '');
  const questions: string[] = [];
  const replies: Sight['replies'] = [];
  let last: Sight['last'] = { question: '' };
  const said = panel?.querySelectorAll(`${parts.question},${parts.reply}`);
  for (let i = 0; said && i < said.length; i++) {
    const one = said[i] as HTMLElement;
    if (one.matches(parts.question!)) {
      last = { question: one.innerText };
      questions[questions.length] = one.innerText;
    } else {
      last.reply = { text: one.innerText, done: one.matches(parts.wholeReply!) };
      replies[replies.length] = last.reply;
    }
  }
  return {
    launcher: shows(shadow?.querySelector(parts.launcher!)),
    open: shows(panel),
    greeted: !!panel?.querySelector(parts.greeting!)?.textContent,
    text: textOf(panel),
    identity: textOf(panel?.querySelector(parts.identity!)),
    notice: textOf(panel?.querySelector(parts.notice!)),
    questions,
    replies,
    last,
  };
}

// Runs in the page: the middle of an element that has come to rest; where it is covered, nothing.
async function place({ selector, name }: Target): Promise<{ x: number; y: number } | null> {
  const scope = document.querySelector('widgent-root')?.shadowRoot;
  const all = scope?.querySelectorAll(selector);
  for (let i = 0; all && i < all.length; i++) {
    const element = all[i] as HTMLElement;
    const label = element.getAttribute('aria-label') || element.textContent || '';
    if (name && label.indexOf(name) < 0) continue;
    const before = element.getBoundingClientRect();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const { left, top, width, height } = element.getBoundingClientRect();
    if (!width || left !== before.left || top !== before.top || height !== before.height) return null;
    const [x, y] = [left + width / 2, top + height / 2];
    const hit = scope!.elementFromPoint(x, y);
    return hit && (hit === element || element.contains(hit)) ? { x, y } : null;
  }
  return null;
}

export class Visitor {
  constructor(readonly tab: Tab) {}

  sees(): Promise<Sight> {
    return this.tab.evaluate(see, { parts });
  }

  /** Waits until the panel shows it. */
  async expect(what: Partial<Sight> | ((sight: Sight) => boolean), patience = 30_000): Promise<Sight> {
    let sight!: Sight;
    const fits = async () => {
      sight = await this.sees();
      return typeof what === 'function' ? what(sight) || sight : sight;
    };
    const expected = typeof what === 'function' ? true : expect.objectContaining(what);
    await expect.poll(fits, { timeout: patience, intervals: [50, 100, 200] }).toEqual(expected);
    return sight;
  }

  async click(target: Target): Promise<void> {
    let at: { x: number; y: number } | null = null;
    const found = async () => (at = await this.tab.evaluate(place, target)) !== null;
    await expect.poll(found, { message: `${target.selector} can be clicked`, timeout: 30_000 }).toBe(true);
    await this.tab.clickAt(at!.x, at!.y);
  }

  /** Runs the body of an async function in the page. Not by eval, which policies forbid. */
  evaluate(body: string): Promise<unknown> {
    return this.tab.run(`async () => {\n${body}\n}`);
  }

  /** As the page's own script would. */
  identify(token: string): Promise<unknown> {
    return this.tab.evaluate((text) => window.widgent.identify(text), token);
  }

  /** A button of the page itself, which the panel may cover. */
  press(name: string): Promise<void> {
    return this.tab.evaluate((name) => {
      const buttons = document.querySelectorAll('button');
      for (let i = 0; i < buttons.length; i++) if (buttons[i]!.textContent!.includes(name)) return buttons[i]!.click();
      throw new Error(`There is no button ${name}`);
    }, name);
  }

  async open(): Promise<void> {
    await this.click({ selector: parts.launcher });
    await this.expect({ open: true });
  }

  async send(text: string): Promise<void> {
    await this.expect(({ greeted }) => greeted);
    await this.click({ selector: parts.input });
    await this.tab.type(text);
    await this.tab.pressEnter();
    await this.expect(({ questions }) => questions.some((question) => question.includes(text)));
  }

  /** From now on the page itself notes how long the last reply is whenever it grows: a look now and then is late. */
  watchReply(): Promise<void> {
    return this.tab.evaluate(({ panel, reply }) => {
      const shown = document.querySelector('widgent-root')!.shadowRoot!.querySelector(panel)!;
      const lengths: number[] = [];
      Object.assign(window, { lengths });
      const note = () => {
        const { length = 0 } = [...shown.querySelectorAll(reply)].at(-1)?.textContent ?? '';
        if (length > (lengths.at(-1) ?? 0)) lengths.push(length);
      };
      new MutationObserver(note).observe(shown, { childList: true, subtree: true, characterData: true });
    }, parts);
  }

  /** What watchReply has noted. */
  lengths(): Promise<number[]> {
    return this.tab.evaluate(() => (Object(window) as { lengths: number[] }).lengths, undefined);
  }

  /** Sends and waits for the whole reply; answers its text. */
  async ask(text: string): Promise<string> {
    await this.send(text);
    // Not by their number: a guest's conversation may be on its way to the user meanwhile.
    const { last } = await this.expect(({ last }) => last.question.includes(text) && !!last.reply?.done);
    return last.reply!.text;
  }

  expectUser(name: string): Promise<Sight> {
    return this.expect(({ identity }) => identity.includes(name));
  }

  expectGuest(): Promise<Sight> {
    return this.expect(({ identity }) => identity.includes(strings.guest));
  }
}
