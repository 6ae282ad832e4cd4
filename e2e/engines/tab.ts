// A tab of one of the three engines: no more than what all of them can do, by real pointer and key events.
import type { Page } from '@playwright/test';

export type Engine = 'chromium' | 'firefox' | 'webkit';

export interface Tab {
  readonly engine: Engine;
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  goBack(): Promise<void>;
  /** Runs in the page; argument and result go as JSON. */
  evaluate<Arg, Result>(script: (arg: Arg) => Result | Promise<Result>, arg: Arg): Promise<Result>;
  /** The same of a function that is given as text. */
  run(script: string): Promise<unknown>;
  clickAt(x: number, y: number): Promise<void>;
  type(text: string): Promise<void>;
  pressEnter(): Promise<void>;
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

export class PlaywrightTab implements Tab {
  constructor(
    readonly engine: Engine,
    readonly page: Page,
  ) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  async goBack(): Promise<void> {
    // Over WebDriver BiDi, which Firefox is spoken to by, goBack() waits for a load that memory does without.
    if (this.engine === 'firefox') await this.page.evaluate(() => history.back());
    else await this.page.goBack({ waitUntil: 'commit' });
  }

  async evaluate<Arg, Result>(script: (arg: Arg) => Result | Promise<Result>, arg: Arg): Promise<Result> {
    return (await this.run(String(script), arg)) as Result;
  }

  async run(script: string, arg?: unknown): Promise<unknown> {
    return fromText(await this.page.evaluate<string>(`(async () => {${asText(script, arg)}})()`));
  }

  clickAt(x: number, y: number): Promise<void> {
    return this.page.mouse.click(x, y);
  }

  type(text: string): Promise<void> {
    return this.page.keyboard.type(text);
  }

  pressEnter(): Promise<void> {
    return this.page.keyboard.press('Enter');
  }

  screenshot(): Promise<Buffer> {
    return this.page.screenshot();
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}

/**
 * The body of an async function that answers text: the serializers of the browsers' own tools go wrong where a page has
 * extended the prototypes, and JSON.stringify where it has given them a toJSON; that one is put aside for the moment.
 */
export function asText(script: string, arg: unknown): string {
  return `
    const answer = (value) => {
      const kept = [Object, Array, String].map(({ prototype }) =>
        [prototype, Object.getOwnPropertyDescriptor(prototype, 'toJSON')]);
      for (const [prototype] of kept) delete prototype.toJSON;
      try {
        return JSON.stringify(value);
      } finally {
        for (const [prototype, descriptor] of kept)
          if (descriptor) Object.defineProperty(prototype, 'toJSON', descriptor);
      }
    };
    try {
      return answer({ value: await (${script})(${JSON.stringify(arg)}) });
    } catch (error) {
      return answer({ error: String((error && error.stack) || error) });
    }`;
}

export function fromText(text: string): unknown {
  const { value, error } = JSON.parse(text) as { value?: unknown; error?: string };
  if (error !== undefined) throw new Error(`In the page: ${error}`);
  return value;
}
