// Widgent's real server and the real shops for the tests: on free ports, with a store of their own.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  findFreePort,
  newSecrets,
  productConfig,
  startServer,
  startShop,
  type Product,
  type Running,
} from '../scripts/stack.mjs';
import { root } from '../scripts/steps.mjs';
import { signToken, type Claims, type Header } from './token.ts';

export type Change = (product: Product) => void;
export type ShopName = 'express' | 'fastapi';

export class Stack {
  readonly lines: string[] = [];
  readonly secrets = newSecrets();
  readonly ports = { widgent: 0, express: 0, fastapi: 0 };
  readonly products: Record<ShopName, string> = { express: 'acme', fastapi: 'acme-py' };
  private configs: string[] = [];
  private shops: Running[] = [];
  private server: Running | undefined;
  private readonly log = (name: string, line: string) => this.lines.push(`${name}: ${line}`);

  private constructor(readonly folder: string) {}

  static async start(change?: Change, names: readonly ShopName[] = ['express']): Promise<Stack> {
    const stack = new Stack(await mkdtemp(path.join(tmpdir(), 'widgent-e2e-')));
    for (const name of ['widgent', 'express', 'fastapi'] as const) stack.ports[name] = await findFreePort();
    const { ports, folder, secrets, log } = stack;
    // The limits of the demo are for people; a test asks faster.
    const changed: Change = (product) => {
      product.rate_limits = { per_user_per_min: 10_000, per_ip_per_min: 10_000, concurrent_runs_per_user: 20 };
      change?.(product);
    };
    stack.configs = Object.values(stack.products).map((name) => productConfig(name, ports, folder, changed));
    const starting = names.map((name) =>
      startShop(name, { port: ports[name], widgentPort: ports.widgent, secrets, log }),
    );
    try {
      await stack.startServer();
      stack.shops = await Promise.all(starting);
      return stack;
    } catch (error) {
      const started = await Promise.allSettled(starting);
      stack.shops = started.flatMap((shop) => (shop.status === 'fulfilled' ? [shop.value] : []));
      await stack.stop();
      throw error;
    }
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
    const { ports, folder, secrets, log, configs } = this;
    this.server = await startServer({ port: ports.widgent, configs, dataDir: `${folder}/data`, secrets, log });
  }

  /** A token of the product `acme`, as its backend would sign it: for an hour, unless the claims say otherwise. */
  sign(claims: Claims, header?: Header): string {
    return signToken(this.secrets.ACME_VERIFY_SECRET!, claims, header);
  }

  /** Changes the first letter of a text in the store of the server, which is stopped. */
  async spoilStore(text: string): Promise<void> {
    const file = `${this.folder}/data/widgent.db`;
    const bytes = await readFile(file);
    const at = bytes.indexOf(text);
    if (at < 0) throw new Error(`The store does not hold "${text}".`);
    bytes.write(text.charAt(0).toUpperCase(), at);
    await writeFile(file, bytes);
  }

  /** Rows of the server's store, read while it runs. */
  async rows<Row>(sql: string): Promise<Row[]> {
    const script = [
      'import json, sqlite3, sys',
      'store = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)',
      'store.row_factory = sqlite3.Row',
      'print(json.dumps([dict(row) for row in store.execute(sys.argv[2])]))',
    ].join('\n');
    const { stdout } = await promisify(execFile)('/usr/bin/python3', [
      ...['-c', script],
      ...[`${this.folder}/data/widgent.db`, sql],
    ]);
    return JSON.parse(stdout) as Row[];
  }

  /** Every byte that the server has written to its folder. */
  async storedBytes(): Promise<string> {
    const files = await readdir(`${this.folder}/data`);
    return (await Promise.all(files.map((file) => readFile(`${this.folder}/data/${file}`, 'latin1')))).join('\n');
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
    await Promise.all(this.shops.map(({ stop }) => stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
