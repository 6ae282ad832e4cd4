// A server of pages for tests of single parts: each path answers what the test has put there.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  body: string | Buffer;
  type?: string;
  headers?: Record<string, string>;
}

export class PageServer {
  readonly paths = new Map<string, Served>();
  /** Paths asked for, in order. */
  readonly asked: string[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const path = request.url!.split('?')[0]!;
      this.asked.push(path);
      const found = this.paths.get(path);
      response.writeHead(found ? 200 : 404, {
        'Content-Type': found?.type ?? 'text/html; charset=utf-8',
        'Access-Control-Allow-Origin': '*',
        ...found?.headers,
      });
      response.end(found?.body);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
