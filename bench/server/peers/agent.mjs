// node agent.mjs PORT: a run whose reply a model behind Chat Completions gives, passed on as it streams.
import { createVerifier } from 'fast-jwt';
import Fastify from 'fastify';
import { openStore } from './store.mjs';
import { checkClaims, corsOf, digest, readMessage } from './work.mjs';

const { ORIGIN, SECRET, STORE, MODEL } = process.env;
const verify = createVerifier({ key: SECRET, algorithms: ['HS256'], cache: false, requiredClaims: ['exp', 'iat'] });
const store = openStore(STORE);
const app = Fastify({ logger: false });

app.get('/healthz', () => ({ status: 'ok' }));

/** The texts of a stream of Chat Completions. */
async function* textsOf(body) {
  let text = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = text.slice('data: '.length, end);
      text = text.slice(end + 2);
      if (data !== '[DONE]') yield JSON.parse(data).choices[0].delta.content ?? '';
    }
  }
}

app.post('/agent', async (request, reply) => {
  const token = request.headers.authorization.slice('Bearer '.length);
  const cors = corsOf(request.headers.origin, ORIGIN);
  const claims = verify(token);
  checkClaims(claims);
  const { threadId, runId } = request.body;
  const message = readMessage(request.body);
  await store.accept({ threadId, message }, claims.sub, digest(token));

  reply.hijack();
  reply.raw.writeHead(200, { ...cors, 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
  const said = [];
  const write = (event) => {
    said.push(`id: ${runId}:${said.length + 1}\ndata: ${JSON.stringify({ ...event, timestamp: Date.now() })}\n\n`);
    return said.at(-1);
  };
  const messageId = `${runId}-reply`;
  reply.raw.write(write({ type: 'RUN_STARTED', threadId, runId, protocolVersion: '1.0' }));
  reply.raw.write(write({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }));
  const messages = [
    { role: 'system', content: 'You are Acme Guide.' },
    { role: 'user', content: message.content },
  ];
  const answer = await fetch(`${MODEL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'bench', stream: true, messages }),
  });
  for await (const delta of textsOf(answer.body))
    if (delta) reply.raw.write(write({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta }));
  const end =
    write({ type: 'TEXT_MESSAGE_END', messageId }) +
    write({ type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'success' } });
  await store.reply(request.body, said.join(''));
  reply.raw.end(end);
});

await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' });
