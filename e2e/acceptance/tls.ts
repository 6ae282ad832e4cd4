// Hosts of the test's own behind one https port: the server as https://widgent.example, and a customer's page with the
// widget at every other name. A browser that is started with `resolverRules` finds all of them there.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttp, request as ask, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export const server = 'https://widgent.example';

/** A customer's page: the loader of the server, and `init`. */
export const customerPage = (product: string) =>
  `<!doctype html><title>A shop</title><link rel="icon" href="data:,"><body>
  <script src="${server}/widgent.js"></script>
  <script>
    window.started = widgent.init({ productId: '${product}', serviceKey: 'pk_${product.replace('-', '_')}_demo' });
  </script>`;

async function makeCertificate(): Promise<{ key: Buffer; cert: Buffer }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'widgent-tls-'));
  const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`] as const;
  const names = 'subjectAltName=DNS:*.example,DNS:*.example.';
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=widgent.example', '-addext', names, '-keyout', key, '-out', cert],
  ]);
  const made = { key: await readFile(key), cert: await readFile(cert) };
  await rm(folder, { recursive: true });
  return made;
}

const listen = async (listener: Server) => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return (listener.address() as AddressInfo).port;
};

export class TlsHosts {
  private listeners: Server[] = [];
  private ports = { http: 0, https: 0 };
  /** The port of widgentd. */
  private target = 0;

  static async start(): Promise<TlsHosts> {
    const hosts = new TlsHosts();
    const answer: RequestListener = (request, response) => {
      const { pathname, searchParams } = new URL(request.url!, server);
      if (request.headers.host !== 'widgent.example') {
        const found = pathname === '/';
        response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' });
        return response.end(found ? customerPage(searchParams.get('product') ?? 'acme') : '');
      }
      const { method, url, headers } = request;
      const passed = ask({ host: '127.0.0.1', port: hosts.target, method, path: url, headers }, (answered) => {
        response.writeHead(answered.statusCode!, answered.headers);
        answered.pipe(response);
      });
      passed.on('error', () => response.destroy());
      response.on('close', () => passed.destroy());
      return request.pipe(passed);
    };
    hosts.listeners = [createHttp(answer), createHttps(await makeCertificate(), answer)];
    hosts.ports = { http: await listen(hosts.listeners[0]!), https: await listen(hosts.listeners[1]!) };
    return hosts;
  }

  /** Passes what is asked of the server on to the one at this port. */
  passTo(port: number): void {
    this.target = port;
  }

  /** A page of the same kind on this machine's own name. */
  get loopback(): string {
    return `http://localhost:${this.ports.http}`;
  }

  /** For Chromium's --host-resolver-rules. The first rule that fits counts. */
  get resolverRules(): string {
    const { http, https } = this.ports;
    const names = ['*.example', '*.example.'];
    const rules = [...names.map((name) => `MAP ${name}:80 127.0.0.1:${http}`)];
    rules.push(...names.map((name) => `MAP ${name} 127.0.0.1:${https}`));
    return [...rules, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1', 'EXCLUDE localhost'].join(' , ');
  }

  stop(): void {
    for (const listener of this.listeners) {
      listener.closeAllConnections();
      listener.close();
    }
  }
}
