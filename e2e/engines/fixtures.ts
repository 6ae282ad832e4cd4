// What the specs start from that run in all three engines: a tab of the project's engine.
import type { LaunchOptions } from '@playwright/test';
import { test as base } from '../fixtures.ts';
import { PageServer } from '../panel/served.ts';
import { Stack } from '../stack.ts';
import { PlaywrightTab, type Engine, type Tab } from './tab.ts';
import { Visitor } from './visitor.ts';
import { WebKit } from './webkit.ts';

type Open = () => Promise<Tab>;

/** A customer's site, and a server that knows it. */
export interface Site {
  pages: PageServer;
  stack: Stack;
  /** The server's address. */
  server: string;
}

interface ForWorker {
  openTab: Open;
  site: Site;
}
interface ForTest {
  tab: Tab;
  visitor: Visitor;
}

const size = { width: 1100, height: 800 };

export const test = base.extend<ForTest, ForWorker>({
  openTab: [
    async ({ playwright }, use, info) => {
      const engine = info.project.name as Engine;
      if (engine === 'webkit') {
        const webkit = await WebKit.start();
        await use(() => webkit.open(size));
        return webkit.stop();
      }
      const { launchOptions, channel } = info.project.use as { launchOptions: LaunchOptions; channel?: string };
      const browser = await playwright[engine].launch({
        ...launchOptions,
        ...(channel && { channel }),
        ...(engine === 'chromium' && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
      });
      await use(async () => {
        const context = await browser.newContext({ viewport: size });
        return new PlaywrightTab(engine, await context.newPage());
      });
      return browser.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  site: [
    async ({}, use) => {
      const pages = await new PageServer().start();
      const stack = await Stack.start((product) => product.origins.push(pages.page));
      await use({ pages, stack, server: stack.url('widgent') });
      await stack.stop();
      pages.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  tab: async ({ openTab }, use, info) => {
    const tab = await openTab();
    await use(tab);
    if (info.status !== info.expectedStatus) {
      const body = await tab.screenshot().catch(() => undefined);
      if (body) await info.attach('screenshot', { body, contentType: 'image/png' });
    }
    await tab.close();
  },
  visitor: async ({ tab }, use) => use(new Visitor(tab)),
});
export { expect } from '@playwright/test';
