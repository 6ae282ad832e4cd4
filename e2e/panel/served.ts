// A server of pages for tests of single parts: each path answers what the test has put there.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  body: string | Buffer;
  type?: string;
  headers?: Record<string, string>;
  /** The answer waits for it. */
  after?: Promise<unknown>;
}

export interface Asked {
  method: string;
  path: string;
  token: string | undefined;
}

export class PageServer {
  readonly paths = new Map<string, Served>();
  /** What was asked for, in order, but for preflights. */
  readonly asked: Asked[] = [];
  /** The same server under two names, so that one is cross-origin to the other. */
  host = '';
  page = '';
  private readonly server: Server;

  constructor() {
    this.server = createServer(async (request, response) => {
      const path = request.url!.split('?')[0]!;
      const method = request.method!;
      if (method !== 'OPTIONS') this.asked.push({ method, path, token: request.headers.authorization });
      const found = this.paths.get(path);
      await found?.after;
      response.writeHead(found || method === 'OPTIONS' ? 200 : 404, {
        'Content-Type': found?.type ?? 'text/html; charset=utf-8',
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Allow-Headers':
          'Authorization, Content-Type, Last-Event-ID, Widgent-Anonymous-Id, Widgent-Service-Key',
        ...found?.headers,
      });
      response.end(found?.body);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    this.host = `http://127.0.0.1:${port}`;
    this.page = `http://localhost:${port}`;
    return this;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
