// WebKitGTK for Playwright's runner: WebKitWebDriver under an X server of its own, by the WebDriver protocol. Each
// call has a time limit.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { findFreePort } from '../../scripts/stack.mjs';
import { asText, fromText, type Tab } from './tab.ts';

const limit = 30_000;
/** A session starts a browser. */
const startLimit = 90_000;
const enter = '\uE007';

interface Answer {
  value: (Record<string, unknown> & { error?: string; message?: string }) | null;
}

async function call(url: string, method: string, body?: object, patience = limit): Promise<Answer['value']> {
  const response = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: body ? JSON.stringify(body) : null,
    signal: AbortSignal.timeout(patience),
  });
  const { value } = (await response.json()) as Answer;
  if (!response.ok)
    throw new Error(`WebDriver, ${method} ${new URL(url).pathname}: ${value?.error}: ${value?.message}`);
  return value;
}

const end = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('close', () => resolve());
    child.kill();
  });

/** The display that the server has found free. */
function displayOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    (server.stdio[3] as Readable).once('data', (number) => resolve(`:${String(number).trim()}`));
  });
}

export class WebKit {
  private constructor(
    private readonly children: ChildProcess[],
    /** The session: one browser, whose first window stays empty. */
    private readonly url: string,
    private readonly first: string,
  ) {}

  static async start(): Promise<WebKit> {
    const screen = ['-screen', '0', '1280x900x24', '-nolisten', 'tcp', '-noreset'];
    const server = spawn('Xvfb', ['-displayfd', '3', ...screen], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const children: ChildProcess[] = [server];
    try {
      const env = { ...process.env, DISPLAY: await displayOf(server) };
      const port = await findFreePort();
      const args = [`--port=${port}`, '--host=127.0.0.1'];
      const driver = spawn('WebKitWebDriver', args, { stdio: 'ignore', env });
      children.push(driver);
      const url = `http://127.0.0.1:${port}`;
      const failed = new Promise<never>((_, reject) => driver.once('error', reject));
      await Promise.race([failed, waitFor(`${url}/status`)]);
      const session = await call(`${url}/session`, 'POST', { capabilities: { alwaysMatch: {} } }, startLimit);
      const here = `${url}/session/${String(session!.sessionId)}`;
      await call(`${here}/timeouts`, 'POST', { script: limit, pageLoad: limit, implicit: 0 });
      return new WebKit(children, here, String(await call(`${here}/window`, 'GET')));
    } catch (error) {
      await Promise.all(children.map(end));
      throw error;
    }
  }

  /** One at a time. */
  async open(size: { width: number; height: number }): Promise<Tab> {
    const { handle } = (await call(`${this.url}/window/new`, 'POST', { type: 'window' }, startLimit))!;
    const tab = new WebKitTab(this.url, this.first);
    await tab.call('/window', { handle });
    await tab.call('/window/rect', { ...size, x: 0, y: 0 });
    return tab;
  }

  async stop(): Promise<void> {
    await call(this.url, 'DELETE').catch(() => {}); // A browser that has crashed is gone already.
    // The driver before its screen.
    for (const child of this.children.reverse()) await end(child);
  }
}

async function waitFor(url: string): Promise<void> {
  for (const late = Date.now() + limit; ;) {
    try {
      await call(url, 'GET', undefined, 5_000);
      return;
    } catch (error) {
      if (Date.now() > late) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

class WebKitTab implements Tab {
  readonly engine = 'webkit';

  constructor(
    private readonly url: string,
    private readonly first: string,
  ) {}

  call(path: string, body: object): Promise<Answer['value']> {
    return call(this.url + path, 'POST', body);
  }

  async goto(url: string): Promise<void> {
    await this.call('/url', { url });
  }

  async reload(): Promise<void> {
    await this.call('/refresh', {});
  }

  async goBack(): Promise<void> {
    await this.call('/back', {});
  }

  async evaluate<Arg, Result>(script: (arg: Arg) => Result | Promise<Result>, arg: Arg): Promise<Result> {
    return (await this.run(String(script), arg)) as Result;
  }

  async run(script: string, arg?: unknown): Promise<unknown> {
    const body = `const done = arguments[0]; (async () => {${asText(script, arg)}})().then((text) => done(text))`;
    return fromText(String(await this.call('/execute/async', { script: body, args: [] })));
  }

  /** Actions at a place of the window need no script in the page, as the clicks on an element do. */
  async clickAt(x: number, y: number): Promise<void> {
    const button = 0;
    await this.act('pointer', [
      { type: 'pointerMove', duration: 0, origin: 'viewport', x: Math.round(x), y: Math.round(y) },
      { type: 'pointerDown', button },
      { type: 'pointerUp', button },
    ]);
  }

  async type(text: string): Promise<void> {
    const strokes = [...text].flatMap((value) => ['keyDown', 'keyUp'].map((type) => ({ type, value })));
    await this.act('key', strokes);
  }

  pressEnter(): Promise<void> {
    return this.type(enter);
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from(String(await call(`${this.url}/screenshot`, 'GET')), 'base64');
  }

  async close(): Promise<void> {
    // Where a page has spoilt or forbidden it, there is nothing to forget.
    await this.run('() => localStorage.clear()').catch(() => {});
    await call(`${this.url}/window`, 'DELETE');
    await this.call('/window', { handle: this.first });
  }

  private async act(type: 'pointer' | 'key', actions: object[]): Promise<void> {
    await this.call('/actions', { actions: [{ type, id: type, actions }] });
  }
}
