// Serves the host pages, and apart from them, as a CDN would, the files of the limit and of the peers: brotli 11,
// immutable. The peers' servers are stood in for by stubs that give one fixed answer.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { answerStub } from './stubs.mjs';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
};
const crossOrigin = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': '*',
  'Access-Control-Max-Age': '7200',
};

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });

async function readBody(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function listen(handle) {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) =>
      handle(request, response).catch((error) => {
        response.writeHead(500).end(String(error));
      }),
    );
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const stop = () => {
        server.closeAllConnections();
        return new Promise((done) => server.close(done));
      };
      resolve({ origin: `http://localhost:${server.address().port}`, stop });
    });
  });
}

/**
 * Answers {host, cdn, stop}: the origins of the pages and of the files.
 *
 * @param pageOf the HTML of a page by its path, undefined where there is none
 * @param folders what the CDN serves: {prefix: folder, or an object of bytes by name}
 */
export async function startServers(pageOf, folders) {
  const packed = new Map();
  const pack = async (name) => {
    const [, prefix, rest] = /^\/([^/]+)\/(.+)$/.exec(name) ?? [];
    const folder = Object.hasOwn(folders, prefix ?? '') ? folders[prefix] : undefined;
    if (!folder || rest.includes('..')) return undefined;
    return brotli(typeof folder === 'string' ? await readFile(path.join(folder, rest)) : folder[rest]);
  };

  const cdn = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    if (request.method === 'OPTIONS') return response.writeHead(204, crossOrigin).end();
    if (request.method === 'GET' && types[path.extname(pathname)]) {
      if (!packed.has(pathname)) packed.set(pathname, pack(pathname));
      const bytes = await packed.get(pathname);
      if (!bytes) return response.writeHead(404, crossOrigin).end();
      response.writeHead(200, {
        ...crossOrigin,
        'Content-Type': types[path.extname(pathname)],
        'Content-Encoding': 'br',
        'Content-Length': bytes.length,
        'Cache-Control': 'public, max-age=31536000, immutable',
      });
      return response.end(bytes);
    }
    const body = request.method === 'GET' ? '' : await readBody(request);
    const reply = answerStub({ method: request.method, pathname, searchParams, body });
    if (!reply) return response.writeHead(404, crossOrigin).end();
    if (reply.stream) {
      response.writeHead(200, { ...crossOrigin, 'Content-Type': reply.type, 'Cache-Control': 'no-store' });
      return reply.stream(response);
    }
    const text = JSON.stringify(reply.json);
    response.writeHead(200, { ...crossOrigin, 'Content-Type': 'application/json' }).end(text);
  });

  const pages = await listen(async (request, response) => {
    const html = pageOf(new URL(request.url, 'http://localhost').pathname);
    if (html === undefined) return response.writeHead(404).end();
    const bytes = brotli(Buffer.from(html));
    response.writeHead(200, {
      'Content-Type': types['.html'],
      'Content-Encoding': 'br',
      'Content-Length': bytes.length,
      'Cache-Control': 'no-cache',
    });
    response.end(bytes);
  });
  return { host: pages.origin, cdn: cdn.origin, stop: () => Promise.all([pages.stop(), cdn.stop()]) };
}
