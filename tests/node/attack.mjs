// A flood, run by flood.test.mjs as a process of its own: node attack.mjs KIND PORT. It goes on until its standard
// input ends, and prints what it has met: { connected, statuses: { "408": 12, … }, closed }.
import { connect } from 'node:net';

const [kind, port] = [process.argv[2], Number(process.argv[3])];
const met = { connected: 0, open: 0, openMax: 0, closed: 0, statuses: {} };
let isOver = false;

const head = (length, token) =>
  'POST /v1/products/acme/session HTTP/1.1\r\nHost: widgent\r\nOrigin: https://shop.example\r\n' +
  'Content-Type: application/json\r\nWidgent-Service-Key: pk_acme\r\n' +
  `Content-Length: ${length}\r\n${token ? `Authorization: Bearer ${token}\r\n` : ''}\r\n`;

/** Opens a connection from an address of its own kind; `then` hears what comes back, `end` that it is over. */
function open(n, { onOpen, onData = () => {}, onEnd }) {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (n % 20)}` });
  socket.on('connect', () => {
    met.connected += 1;
    met.open += 1;
    met.openMax = Math.max(met.openMax, met.open);
    socket.on('close', () => (met.open -= 1));
    onOpen(socket);
  });
  socket.on('data', (data) => {
    const status = /^HTTP\/1\.1 (\d+)/.exec(data.toString('latin1'))?.[1];
    if (status) met.statuses[status] = (met.statuses[status] ?? 0) + 1;
    onData(socket);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    met.closed += 1;
    // After a moment: whoever is turned away at once must not spin.
    if (!isOver) setTimeout(onEnd, 20);
  });
}

/** `count` connections at any time; each that ends is replaced. */
function keepOpen(count, act) {
  const one = (n) => open(n, { ...act, onEnd: () => one(n) });
  // Not all at once: the queue of the kernel has its own limit.
  for (let n = 0; n < count; n++) setTimeout(() => one(n), n / 2);
}

const trickle = (socket, text) => {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length]), 1000);
  socket.on('close', () => clearInterval(timer));
};

const floods = {
  // Half of them in the head, half in the body.
  slow: () => {
    let n = 0;
    keepOpen(2000, {
      onOpen: (socket) => {
        if (n++ % 2 === 0) return trickle(socket, head(2));
        socket.write(head(1000));
        trickle(socket, ' ');
      },
    });
  },
  // The longest bodies that are taken, all but their last byte.
  body: () => keepOpen(4000, { onOpen: (socket) => socket.write(head(65_536) + ' '.repeat(65_535)) }),
  connection: () => keepOpen(6000, { onOpen: (socket) => void (Math.random() < 0.2 && socket.destroy()) }),
  token: () => {
    const ask = (socket) => socket.write(head(2, `e30.e30.${Math.random().toString(36).slice(2)}`) + '{}');
    keepOpen(60, { onOpen: ask, onData: ask });
  },
};

floods[kind]();
process.stdin.on('end', () => {
  isOver = true;
  console.log(JSON.stringify(met));
  process.exit();
});
process.stdin.resume();
