// A customer's page of the test's own making, beside a real server that knows its origin.
import { type Page } from '@playwright/test';
import { PageServer } from '../panel/served.ts';
import { test as base } from '../fixtures.ts';
import { Widget } from '../shop.ts';
import type { Change, Stack } from '../stack.ts';

export class Host {
  readonly widget: Widget;
  /** What its console and its unhandled errors say. */
  readonly lines: string[] = [];
  /** The files and the answers that were asked of the server, by path. */
  readonly loads: string[] = [];

  constructor(
    readonly page: Page,
    readonly site: PageServer,
    readonly stack: Stack,
  ) {
    this.widget = new Widget(page);
    page.on('console', (message) => this.lines.push(message.text()));
    page.on('pageerror', (error) => this.lines.push(String(error)));
    page.on('request', (request) => {
      const { origin, pathname } = new URL(request.url());
      if (origin === this.server) this.loads.push(pathname);
    });
  }

  get server(): string {
    return this.stack.url('widgent');
  }

  /** The script element of the loader, and init. */
  get scripts(): string {
    return `<script nonce="n1" src="${this.server}/widgent.js"></script>
      <script nonce="n1">window.started = widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo' });
      window.told = [];
      for (const name of ['runtime', 'error']) widgent.on(name, (detail) => told.push([name, detail]));
      </script>`;
  }

  add(path: string, body: string, headers: Record<string, string> = {}): void {
    this.site.paths.set(path, {
      body: `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width">
        <title>${path}</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`,
      headers,
    });
  }

  async visit(body = this.scripts, headers?: Record<string, string>): Promise<void> {
    this.add('/', body, headers);
    await this.page.goto(this.site.page);
  }

  /** As the page's own script would; answers the code that it is refused with. */
  identify(token: string): Promise<string | undefined> {
    return this.page.evaluate(
      (text) =>
        window.widgent.identify(text).then(
          () => undefined,
          ({ code }) => code as string,
        ),
      token,
    );
  }

  /** What the listeners on `runtime` and `error` were told. */
  told(): Promise<unknown> {
    return this.page.evaluate('told');
  }

  /** How init() ended: '' or the code that it was refused with. */
  started(): Promise<unknown> {
    return this.page.evaluate("started.then(() => '', ({ code }) => code)");
  }
}

interface Fixtures {
  /** Starts a server that knows the page's origin. */
  startHost: (change?: Change) => Promise<Host>;
}

export const test = base.extend<Fixtures>({
  startHost: async ({ page, startStack }, use) => {
    const site = await new PageServer().start();
    await use(async (change) => {
      const stack = await startStack((product) => {
        product.origins = [...product.origins, site.page];
        change?.(product);
      });
      return new Host(page, site, stack);
    });
    site.stop();
  },
});
export { expect } from '@playwright/test';
