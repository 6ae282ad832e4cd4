// Widgent's real server and both real shops for the tests: on free ports, with a store of their own.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findFreePort, newSecrets, startServer, startStack, type Product, type Running } from '../scripts/stack.mjs';
import { root } from '../scripts/steps.mjs';

export type Change = (product: Product) => void;
export type ShopName = 'express' | 'fastapi';

export class Stack {
  readonly lines: string[] = [];
  readonly secrets = newSecrets();
  readonly ports = { widgent: 0, express: 0, fastapi: 0 };
  readonly products: Record<ShopName, string> = { express: 'acme', fastapi: 'acme-py' };
  private running: Awaited<ReturnType<typeof startStack>> | undefined;
  private server: Running | undefined;
  private readonly log = (name: string, line: string) => this.lines.push(`${name}: ${line}`);

  private constructor(readonly folder: string) {}

  static async start(change?: Change): Promise<Stack> {
    const stack = new Stack(await mkdtemp(path.join(tmpdir(), 'widgent-e2e-')));
    for (const name of ['widgent', 'express', 'fastapi'] as const) stack.ports[name] = await findFreePort();
    const { ports, folder, secrets, log } = stack;
    // The limits of the demo are for people; a test asks faster.
    const changed: Change = (product) => {
      product.rate_limits = { per_user_per_min: 10_000, per_ip_per_min: 10_000, concurrent_runs_per_user: 20 };
      change?.(product);
    };
    stack.running = await startStack({ ports, folder, secrets, log, change: changed });
    stack.server = stack.running.server;
    return stack;
  }

  url(name: 'widgent' | ShopName): string {
    return `http://localhost:${this.ports[name]}`;
  }

  /** What the tool of a shop was told, as it wrote it to its log: "get_order A-1001 for {…}". */
  toolCalls(name: ShopName): string[] {
    return this.lines.filter((line) => line.startsWith(`${name}: `) && line.includes(' for {'));
  }

  /** kill -9: nothing is flushed, nobody is told. */
  async crashServer(): Promise<void> {
    await this.server?.stop('SIGKILL');
  }

  async stopServer(): Promise<void> {
    await this.server?.stop();
  }

  async startServer(): Promise<void> {
    const { ports, folder, secrets, log } = this;
    const configs = this.running!.configs;
    this.server = await startServer({ port: ports.widgent, configs, dataDir: `${folder}/data`, secrets, log });
  }

  /** Runs widgentd against this stack's store; answers what it printed and its exit code. */
  async widgentd(...args: string[]): Promise<{ code: number; out: string }> {
    const options = { env: { ...process.env, ...this.secrets, WIDGENT_DATA: `${this.folder}/data` } };
    try {
      const { stdout } = await promisify(execFile)(`${root}/build/native/widgentd`, args, options);
      return { code: 0, out: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout + stderr };
    }
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    await this.running?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
