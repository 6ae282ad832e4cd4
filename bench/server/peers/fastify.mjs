// node fastify.mjs PORT fast-jwt|jose: a message accepted, stored, streamed; a fixed answer; a viewer that waits.
import { createSecretKey } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import Fastify from 'fastify';
import { jwtVerify } from 'jose';
import { checkClaims, corsOf, digest, eventsOf, identityOf, pause, readMessage } from './work.mjs';

const [port, library] = process.argv.slice(2);
const { ORIGIN, SECRET, STORE } = process.env;
const key = createSecretKey(Buffer.from(SECRET));
const verifyFast = createVerifier({
  key: SECRET,
  algorithms: ['HS256'],
  cache: false,
  requiredClaims: ['exp', 'iat', 'sub'],
});
const verify =
  library === 'jose'
    ? async (token) => (await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['exp', 'iat'] })).payload
    : verifyFast;
const store = STORE ? (await import('./store.mjs')).openStore(STORE) : undefined;

const app = Fastify({ logger: false });

async function admit(request, reply) {
  const token = request.headers.authorization.slice('Bearer '.length);
  reply.headers(corsOf(request.headers.origin, ORIGIN));
  const claims = await verify(token);
  checkClaims(claims);
  return { claims, token };
}

app.get('/healthz', () => ({ status: 'ok' }));

app.post('/session', async (request, reply) => {
  const { claims } = await admit(request, reply);
  readMessage(request.body);
  return { identity: identityOf(claims), server_time: new Date().toISOString() };
});

app.post('/message', async (request, reply) => {
  const { claims, token } = await admit(request, reply);
  const message = readMessage(request.body);
  await store.accept({ threadId: request.body.threadId, message }, claims.sub, digest(token));
  return { identity: identityOf(claims), server_time: new Date().toISOString() };
});

const stream = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' };

app.post('/agent', async (request, reply) => {
  const { claims, token } = await admit(request, reply);
  const message = readMessage(request.body);
  await store.accept({ threadId: request.body.threadId, message }, claims.sub, digest(token));
  reply.hijack();
  reply.raw.writeHead(200, { ...reply.getHeaders(), ...stream });
  const { before, deltas, after } = eventsOf(request.body);
  const said = [...before];
  reply.raw.write(before.join(''));
  for (const delta of deltas) {
    said.push(delta());
    reply.raw.write(said.at(-1));
    await pause();
  }
  const end = after();
  await store.reply(request.body, [...said, ...end].join(''));
  reply.raw.end(end.join(''));
});

app.get('/events', async (request, reply) => {
  await admit(request, reply);
  reply.hijack();
  reply.raw.writeHead(200, { ...reply.getHeaders(), ...stream });
  reply.raw.write(': hb\n\n');
});

await app.listen({ port: Number(port), host: '127.0.0.1' });
