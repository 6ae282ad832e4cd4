// The panel alone in a page, for tests: handed effects as the machine would.
import { test as base, type Locator, type Page } from '@playwright/test';
import { bundle } from '../../scripts/bundle.mjs';
import { root } from '../../scripts/steps.mjs';
import { strings } from '../../web/panel/strings.ts';
import type { ViewEffect } from '../../web/seam.ts';
import type { PanelPage } from './page.ts';
import { PageServer } from './served.ts';

export { expect } from '@playwright/test';

declare global {
  interface Window {
    page: PanelPage;
  }
}

export class PanelTester {
  readonly panel: Locator;
  readonly input: Locator;
  readonly launcher: Locator;

  constructor(readonly page: Page) {
    this.panel = page.locator('.panel');
    this.input = page.getByRole('textbox', { name: strings.message });
    this.launcher = page.locator('button.l');
  }

  open = () => this.page.evaluate(() => window.page.panel.open());
  show = (state: string) => this.page.evaluate((name) => window.page.show(name), state);
  told = () => this.page.evaluate(() => window.page.told);
  perform = (...effects: ViewEffect[]) =>
    this.page.evaluate((all) => all.forEach((effect) => window.page.panel.perform(effect)), effects);
}

export const test = base.extend<{ visit: (html?: string) => Promise<PanelTester> }, { server: PageServer }>({
  server: [
    async ({}, use) => {
      const script = await bundle(`${root}/e2e/panel/page.ts`, { format: 'iife' }, ['panel', 'perform', 'loadLater']);
      const server = await new PageServer().start();
      server.paths.set('/page.js', { body: script, type: 'text/javascript' });
      await use(server);
      server.stop();
    },
    { scope: 'worker' },
  ],
  visit: async ({ page, server }, use, info) => {
    await use(async (html = '<html lang="en">') => {
      const path = `/${info.testId}`;
      server.paths.set(path, {
        body: `<!doctype html>${html}<meta name="viewport" content="width=device-width"><title>A page</title>
          <body><p>The page</p><a href="#">Its link</a><script src="/page.js"></script>`,
      });
      await page.goto(server.page + path);
      return new PanelTester(page);
    });
  },
});
