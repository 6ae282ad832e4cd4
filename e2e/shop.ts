// A shop's page and the widget in it, in the words of whoever sits in front of it.
import { expect, type Locator, type Page } from '@playwright/test';
import { strings } from '../web/panel/strings.ts';
import type { ShopName, Stack } from './stack.ts';

/** Where the widget's parts are, below its shadow root. */
export const parts = {
  launcher: 'button.l',
  panel: '.panel',
  input: 'textarea',
  reply: '.m.assistant',
  wholeReply: '.m.assistant.done',
  question: '.m.user',
  notice: '.notice',
  identity: '.who',
  greeting: '.hello',
} as const;

export class Widget {
  readonly root: Locator;
  readonly panel: Locator;
  readonly input: Locator;
  readonly replies: Locator;
  readonly questions: Locator;
  readonly notice: Locator;
  readonly identity: Locator;

  constructor(private readonly page: Page) {
    this.root = page.locator('widgent-root');
    this.panel = this.root.locator(parts.panel);
    this.input = this.panel.getByRole('textbox', { name: strings.message });
    this.replies = this.panel.locator(parts.reply);
    this.questions = this.panel.locator(parts.question);
    this.notice = this.panel.locator(parts.notice);
    this.identity = this.panel.locator(parts.identity);
  }

  async open(): Promise<void> {
    await this.root.locator(parts.launcher).click();
    await expect(this.input).toBeVisible();
  }

  async send(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  /** Sends and waits for the whole reply; answers its text. */
  async ask(text: string): Promise<string> {
    const before = await this.panel.locator(parts.wholeReply).count();
    await this.send(text);
    const reply = this.panel.locator(parts.wholeReply).nth(before);
    await expect(reply).toBeVisible();
    return (await reply.locator('.b').innerText()).trim();
  }

  async expectUser(name: string): Promise<void> {
    await expect(this.identity).toContainText(name);
  }

  async expectGuest(): Promise<void> {
    await expect(this.identity).toContainText(strings.guest);
  }

  /** Everything that the page holds of the widget: its shadow root and the browser's storage. */
  traces(): Promise<string> {
    return this.page.evaluate(() => {
      const root = document.querySelector('widgent-root')?.shadowRoot;
      const values = [...(root?.querySelectorAll('textarea, input') ?? [])].map(
        (field) => (field as HTMLInputElement).value,
      );
      const areas = [localStorage, sessionStorage].map((area) => JSON.stringify({ ...area }));
      return [document.documentElement.outerHTML, root?.innerHTML, ...values, ...areas].join('\n');
    });
  }
}

/** What identify() came to: a user, or why not. */
export interface Verdict {
  sub?: string;
  expiresIn?: number;
  code?: string;
  hint?: string;
}

/** A request to the server. */
export interface Asked {
  url: string;
  token: string | undefined;
  guest: string | undefined;
  body: string;
}

export class Shop {
  readonly widget: Widget;
  /** What the console said. */
  readonly console: string[] = [];
  readonly requests: Asked[] = [];

  private constructor(
    readonly page: Page,
    readonly stack: Stack,
  ) {
    this.widget = new Widget(page);
    page.on('console', (message) => this.console.push(message.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${stack.url('widgent')}/v1/`)) return;
      const { authorization: token, 'widgent-anonymous-id': guest } = request.headers();
      this.requests.push({ url: request.url(), token, guest, body: request.postData() ?? '' });
    });
  }

  static async visit(page: Page, stack: Stack, name: ShopName = 'express', query = ''): Promise<Shop> {
    const shop = new Shop(page, stack);
    await page.goto(`${stack.url(name)}/${query}`);
    return shop;
  }

  async signIn(name: 'Ada' | 'Bob'): Promise<void> {
    await this.page.getByRole('button', { name: `Sign in as ${name}` }).click();
    await expect(this.page.locator('#log')).toContainText(`identified as ${name.toLowerCase()}`);
  }

  /** Until the shop's own page no longer says who it was either. */
  async signOut(): Promise<void> {
    await this.press('Sign out');
    await expect(this.page.locator('#log')).toHaveText('signed out');
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name }).click();
  }

  /** What the page's own script gets from widgent('identify', token). */
  identify(token: string): Promise<Verdict> {
    return this.page.evaluate(
      (text) =>
        window.widgent('identify', text).then(
          ({ sub, expiresIn }) => ({ sub, expiresIn }) as Verdict,
          ({ code, hint }) => ({ code, hint }) as Verdict,
        ),
      token,
    );
  }

  /** The requests to the server whose path ends so. */
  asked(path: string): Asked[] {
    return this.requests.filter(({ url }) => url.endsWith(path));
  }
}
