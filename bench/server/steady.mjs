// node steady.mjs METHOD URL EVENT TOKENS RATE SECONDS: an open loop. Each request is sent when it is due, on any idle
// connection, and its time counts from then: a server that falls behind cannot slow its own measurement down.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { quantile } from '../widget/figures.mjs';

const [method, target, event, tokensFile, rateText, secondsText] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(target);
const tokens = readFileSync(tokensFile, 'utf8').trimEnd().split('\n');
const rate = Number(rateText);
const body = method === 'POST' ? JSON.stringify({ event }) : '';
const head =
  `${method} ${pathname} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://shop.example\r\nContent-Type: application/json
Widgent-Service-Key: pk_acme_demo\r\nContent-Length: ${body.length}\r\nAuthorization: Bearer `.replace(
    /\r?\n/g,
    '\r\n',
  );

const idle = [];
const waiting = [];
const times = [];
let sent = 0;

function send(socket, due) {
  socket.due = due;
  socket.write(`${head}${tokens[sent++ % tokens.length]}\r\n\r\n${body}`);
}

function open() {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => idle.push(socket));
  let text = '';
  socket.setEncoding('latin1').on('data', (piece) => {
    text += piece;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0 || text.length < end + 4 + Number(/content-length: (\d+)/i.exec(text)[1])) return;
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(text);
    text = '';
    times.push(performance.now() - socket.due);
    if (waiting.length) send(socket, waiting.shift());
    else idle.push(socket);
  });
}

for (let i = 0; i < 64; i++) open();
await new Promise((resolve) => setTimeout(resolve, 300));

const start = performance.now();
const end = start + 1000 * Number(secondsText);
let due = start;
function tick() {
  const now = performance.now();
  for (; due <= now && due < end; due += 1000 / rate) {
    if (idle.length) send(idle.pop(), due);
    else waiting.push(due);
  }
  if (due < end) return void setImmediate(tick);
  setTimeout(() => {
    // The first second warms up.
    const counted = times.slice(rate);
    console.log(JSON.stringify({ rate, sent, p50: quantile(counted, 0.5), p99: quantile(counted, 0.99) }));
    process.exit();
  }, 500);
}
tick();
