// The promise: an app that is bundled gets the widget from the packed package, in plain TypeScript and in React. The
// apps of examples/ as Vite has built them, on its own server, before the demo's backend and the real server.
import type { Page } from '@playwright/test';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isFree, startProcess, type Running } from '../scripts/stack.mjs';
import { root, run } from '../scripts/steps.mjs';
import { expect, test as base } from './fixtures.ts';
import { Widget } from './shop.ts';
import type { Stack } from './stack.ts';

const greeting = 'Hi Ada Lovelace, how can I help?';

class App {
  readonly widget: Widget;
  /** What the console and unhandled errors say. */
  readonly lines: string[] = [];

  constructor(
    readonly page: Page,
    readonly stack: Stack,
    readonly url: string,
  ) {
    this.widget = new Widget(page);
    page.on('console', (message) => this.lines.push(message.text()));
    page.on('pageerror', (error) => this.lines.push(String(error)));
  }

  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name }).click();
  }

  /** Counts the calls of init, whether the stub or the loader takes them, and the commands that they ask for. */
  async countCalls(): Promise<void> {
    await this.page.addInitScript(() => {
      const names = ['init', 'identify', 'logout', 'destroy'] as const;
      const calls: string[] = [];
      let widgent: Window['widgent'];
      Object.defineProperty(window, 'widgent', {
        configurable: true,
        get: () => widgent,
        set: (value: Window['widgent']) => {
          widgent = value;
          for (const name of names) {
            const command = value[name] as (...args: unknown[]) => Promise<unknown>;
            Object.assign(value, { [name]: (...args: unknown[]) => (calls.push(name), command(...args)) });
          }
        },
      });
      Object.assign(window, { calls, launchers: 0 });
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
          for (const { nodeName } of addedNodes)
            if (nodeName === 'WIDGENT-ROOT') (window as unknown as { launchers: number }).launchers++;
      }).observe(document, { childList: true, subtree: true });
    });
  }

  calls(): Promise<unknown> {
    return this.page.evaluate('calls');
  }
}

type Name = 'vite' | 'vite-react';
interface Fixtures {
  /** Serves an app on an origin that the product knows; `mode` builds it for development, where strict mode acts. */
  startApp: (name: Name, mode?: 'development') => Promise<App>;
}

const test = base.extend<Fixtures>({
  startApp: async ({ page, startStack }, use) => {
    const running: Running[] = [];
    const folder = await mkdtemp(`${tmpdir()}/widgent-app-`);
    await use(async (name, mode) => {
      const app = `${root}/examples/${name}`;
      const vite = `${app}/node_modules/vite/bin/vite.js`;
      // Below the ports that the system hands out: the stack takes some of those before this one is listened on.
      let port = 0;
      do port = 20_000 + Math.floor(Math.random() * 10_000);
      while (!(await isFree(port)));
      const stack = await startStack((product) => product.origins.push(`http://localhost:${port}`));
      const built = `${folder}/${name}`;
      if (mode) {
        const args = [vite, 'build', app, '--mode', mode, '--outDir', built, '--logLevel', 'error'];
        expect(await run(process.execPath, args, { env: { NODE_ENV: mode } })).toBe(0);
      } else {
        await cp(`${app}/dist`, built, { recursive: true });
      }
      for (const file of await readdir(`${built}/assets`)) {
        const text = await readFile(`${built}/assets/${file}`, 'utf8');
        await writeFile(`${built}/assets/${file}`, text.replaceAll('http://localhost:8787', stack.url('widgent')));
      }
      const served = ['preview', app, '--outDir', built, '--port', `${port}`, '--strictPort', '--host', '127.0.0.1'];
      running.push(
        await startProcess({
          name,
          program: process.execPath,
          args: [vite, ...served],
          env: { BACKEND: stack.url('express') },
          url: `http://127.0.0.1:${port}/`,
          log: (from, line) => stack.lines.push(`${from}: ${line}`),
        }),
      );
      return new App(page, stack, `http://localhost:${port}/`);
    });
    await Promise.all(running.map(({ stop }) => stop()));
    await rm(folder, { recursive: true, force: true });
  },
});

test.describe.configure({ timeout: 120_000 }); // Each starts four processes, and one builds its app.

for (const name of ['vite', 'vite-react'] as const)
  test(`The ${name} example greets by name after a login and a reload, and forgets at the logout`, async ({
    page,
    startApp,
  }) => {
    const app = await startApp(name);
    const { widget } = app;
    await page.goto(app.url);
    await app.press('Help');
    await expect(widget.input).toBeVisible();
    await widget.expectGuest();
    await app.press('Sign in as Ada');
    await expect(widget.panel).toContainText(greeting);
    await widget.expectUser('Ada');
    await page.reload();
    await app.press('Help');
    await expect(widget.panel).toContainText(greeting);
    await app.press('Sign out');
    await widget.expectGuest();
    await expect(page.getByText('Nobody is signed in.')).toBeVisible();
    expect(await widget.traces()).not.toContain('Ada Lovelace');
    await expect(widget.root).toHaveCount(1);
    // The shop answers 401 where it is asked who is signed in and nobody is.
    expect(app.lines.filter((line) => !line.includes('401'))).toEqual([]);
  });

test('Strict mode mounts twice, and the widget starts once', async ({ page, startApp }) => {
  const app = await startApp('vite-react', 'development');
  await app.countCalls();
  await page.goto(app.url);
  await app.press('Sign in as Ada');
  await app.press('Help');
  await expect(app.widget.panel).toContainText(greeting);
  expect(await app.calls()).toEqual(['init', 'identify']);
  expect(await page.evaluate('launchers')).toBe(1);
  expect(await page.locator('script[src$="/widgent.js"]').count()).toBe(1);

  // An account switch, with no logout in between.
  await app.press('Sign in as Bob');
  await app.widget.expectUser('Bob');
  expect(await app.calls()).toEqual(['init', 'identify', 'identify']);
  await app.press('Sign out');
  await app.widget.expectGuest();
  expect(await page.evaluate('launchers')).toBe(1);
  expect(app.lines.filter((line) => !/401|React DevTools/.test(line))).toEqual([]);
});
