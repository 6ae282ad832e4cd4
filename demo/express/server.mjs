// Acme Outfitters in Express, as a customer of Widgent would write it. Two things are Widgent's: the token endpoint,
// and the tools that the agent calls. Configured by environment: PORT, WIDGENT_ORIGIN and the two secrets.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import jwt from 'jsonwebtoken';
import { Webhook } from 'standardwebhooks';
import { helpPage } from './help.mjs';

const { PORT = '4001', WIDGENT_ORIGIN = 'http://localhost:8787', ACME_VERIFY_SECRET, ACME_TOOL_SECRET } = process.env;
const shop = new URL('../shop/', import.meta.url);
const { people, orders } = JSON.parse(readFileSync(new URL('data.json', shop), 'utf8'));
const page = readFileSync(new URL('index.html', shop), 'utf8')
  .replaceAll('{{widgent}}', WIDGENT_ORIGIN)
  .replaceAll('{{product}}', 'acme')
  .replaceAll('{{key}}', 'pk_acme_demo')
  .replaceAll('{{backend}}', 'Express');
const app = express();

// --- The shop's own business: its cookie session, its pages.
const sessions = new Map();
const userOf = (req) => people[sessions.get(/acme_express=(\w+)/.exec(req.headers.cookie ?? '')?.[1])];
const ordersOf = (user) => Object.values(orders).filter((order) => order.customer === user?.id);
app.get('/', (req, res) => res.type('html').send(page));
app.get('/help/:name', (req, res) => {
  const html = helpPage(req.params.name);
  html ? res.type('html').send(html) : res.sendStatus(404);
});
app.use(express.static(shop.pathname, { index: false }));
app.get('/api/me', (req, res) => res.json({ user: userOf(req) ?? null, orders: ordersOf(userOf(req)) }));
app.post('/api/sign-in', express.json(), (req, res) => {
  if (!Object.hasOwn(people, req.body?.person)) return res.status(401).end();
  const session = randomBytes(16).toString('hex');
  sessions.set(session, req.body.person);
  res.cookie('acme_express', session, { httpOnly: true, sameSite: 'lax' }).status(204).end();
});
app.post('/api/sign-out', (req, res) => res.clearCookie('acme_express').status(204).end());

// --- Step 1: a token that says who is signed in. The shop's page asks for it and hands it to the widget.
app.post('/api/widgent-token', (req, res) => {
  const user = userOf(req);
  if (!user) return res.status(401).json({ error: 'Nobody is signed in.' });
  const claims = { sub: user.id, name: user.name, email: user.email, metadata: { plan: user.plan } };
  const secret = req.query.forged ? 'a secret that somebody guessed, of enough length' : ACME_VERIFY_SECRET;
  res.json({ token: jwt.sign(claims, secret, { expiresIn: Number(req.query.ttl) || '1h' }) });
});

// --- Step 2: tools. The signature proves that Widgent calls; `user` is whom it verified, never what a model wrote.
const webhook = new Webhook(ACME_TOOL_SECRET);
const refunds = new Map();
const problem = (res, status, title) => res.status(status).type('application/problem+json').send({ title, status });
app.post('/widgent/tools/:tool', express.text({ type: 'application/json' }), (req, res) => {
  let call;
  try {
    call = webhook.verify(req.body, req.headers);
  } catch {
    return problem(res, 401, 'The signature does not hold.');
  }
  const { order_id, reason } = call.tool.arguments;
  console.log(`${req.params.tool} ${order_id} for ${JSON.stringify(call.user)}`);
  const order = Object.hasOwn(orders, order_id) ? orders[order_id] : undefined;
  if (!order) return problem(res, 404, `There is no order ${order_id}.`);
  if (order.customer !== call.user.sub) return problem(res, 403, 'That order belongs to another customer.');
  if (req.params.tool === 'get_order') return res.json(order);
  if (req.params.tool === 'refund_order') {
    if (!refunds.has(order_id)) refunds.set(order_id, { ...order, reason, request: `R-${refunds.size + 1}` });
    return res.json(refunds.get(order_id));
  }
  problem(res, 404, 'There is no such tool.');
});

app.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`));
