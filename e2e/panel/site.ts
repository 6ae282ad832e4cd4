// A customer's page with the built files in it, before any agent answers.
import { test as base, type Page } from '@playwright/test';
import { readdirSync, readFileSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';
import { PageServer, type Served } from './served.ts';

const files = readdirSync(`${root}/build/web`).filter((name) => /\.(js|json|wasm)$/.test(name));
export const widgetPath = `/${files.find((name) => name.startsWith('widget-'))}`;
export const corePath = `/${files.find((name) => name.endsWith('.wasm'))}`;
export const twinPath = `/${files.find((name) => /^core-.*js$/.test(name))}`;
const typeOf = (name: string) => (name.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');
export const init = "widgent.init({ productId: 'acme', serviceKey: 'pk_acme' })";

// The stub as the demo's page has it, up to its first call.
export const stub = /<script>([^]*?)widgent\.init\(/.exec(readFileSync(`${root}/demo/shop/index.html`, 'utf8'))![1]!;

export const token = (sub: string) =>
  `e30.${Buffer.from(JSON.stringify({ sub, exp: 2e9 })).toString('base64url')}.c2ln`;

export class Site extends PageServer {
  constructor() {
    super();
    for (const name of files)
      this.paths.set(`/${name}`, { body: readFileSync(`${root}/build/web/${name}`), type: typeOf(name) });
    this.answerSession({ identity: { state: 'anonymous' } });
  }

  answerSession(session: object): void {
    const body = JSON.stringify({ greeting: 'Hello', agent: { name: 'Acme' }, suggestions: [], ...session });
    this.paths.set('/v1/products/acme/session', { body, type: 'application/json' });
  }

  change(path: string, change: Partial<Served>): void {
    this.paths.set(path, { ...this.paths.get(path)!, ...change });
  }

  /** The page, and what its console and its unhandled rejections say. */
  async visit(page: Page, body: string, headers: Record<string, string> = {}): Promise<string[]> {
    const lines: string[] = [];
    page.on('console', (message) => lines.push(message.text()));
    page.on('pageerror', (error) => lines.push(String(error)));
    this.paths.set('/', {
      body: `<!doctype html><title>A page</title><link rel="icon" href="data:,"><body>${body}`,
      headers,
    });
    await page.goto(this.page, { waitUntil: body.includes('/slow.png') ? 'commit' : 'load' });
    return lines;
  }

  get loader(): string {
    return `<script src="${this.host}/widgent.js"></script>`;
  }

  loads = () => this.asked.map(({ path }) => path).filter((path) => path !== '/');
}

export const test = base.extend<{ site: Site }>({
  site: async ({}, use) => {
    const site = await new Site().start();
    await use(site);
    site.stop();
  },
});

/** What became of a promise in the page: the members of its value, or the code that it was refused with. */
export const settled = async (page: Page, expression: string): Promise<unknown> =>
  JSON.parse(
    await page.evaluate(`(${expression}).then((value) => '{"ok":' + (value ? '"' + Object.keys(value) + '"' : 0) + '}',
    (error) => '["' + error.name + '","' + error.code + '"]')`),
  );
