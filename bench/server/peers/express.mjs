// node express.mjs PORT: a message accepted, a fixed answer, a viewer that waits.
import { createSecretKey } from 'node:crypto';
import express from 'express';
import jwt from 'jsonwebtoken';
import { checkClaims, corsOf, identityOf, readMessage } from './work.mjs';

const { ORIGIN, SECRET } = process.env;
const key = createSecretKey(Buffer.from(SECRET));
const app = express();
app.disable('x-powered-by');

function admit(request, response, next) {
  response.set(corsOf(request.get('origin'), ORIGIN));
  request.claims = jwt.verify(request.get('authorization').slice('Bearer '.length), key, { algorithms: ['HS256'] });
  checkClaims(request.claims);
  next();
}

app.get('/healthz', (_, response) => response.json({ status: 'ok' }));

app.post('/session', express.json(), admit, (request, response) => {
  readMessage(request.body);
  response.json({ identity: identityOf(request.claims), server_time: new Date().toISOString() });
});

app.get('/events', admit, (_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
  response.write(': hb\n\n');
});

app.listen(Number(process.argv[2]), '127.0.0.1');
