// docs/operations.md, as a newcomer follows it: its commands run in order, in a folder in place of the system's, with
// stand-ins for what would change the machine (systemctl, useradd, apt-get). The server and nginx are the real ones.
import jwt from 'jsonwebtoken';
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { findFreePort } from '../../scripts/stack.mjs';
import { root, widgentd } from '../../scripts/steps.mjs';

let system, port, tlsPort, printed;

const elsewhere = (text) =>
  text
    .replaceAll(/(?<![\w.~])\/(etc|var|usr\/local)\//g, `${system}/$1/`)
    .replaceAll('127.0.0.1:8787', `127.0.0.1:${port}`);

const programs = () => ({
  sudo: 'exec "$@"',
  // Owners are left out: the user of the server is not made.
  install: `args=(); while (($#)); do case $1 in -o | -g) shift 2 ;; *) args+=("$1"); shift ;; esac; done
exec /usr/bin/install "\${args[@]}"`,
  useradd: ':',
  chown: ':',
  'apt-get': ':',
  npm: ':',
  nginx: `sed -e '/\\[::\\]/d' -e 's/listen 443/listen 127.0.0.1:${tlsPort}/' -e 's#/etc/ssl#${system}/etc/ssl#' \\
  -e 's/127.0.0.1:8787/127.0.0.1:${port}/' ${system}/etc/nginx/sites-enabled/widgent >${system}/site.conf
exec /usr/sbin/nginx -e ${system}/nginx.log -c ${system}/nginx.conf "$@"`,
  systemctl: `unit=${system}/etc/systemd/system/widgentd.service
case "$*" in
daemon-reload) ;;
'enable --now widgentd' | 'start widgentd')
  set -a; . ${system}/etc/widgent/environment; set +a
  mkdir -p ${system}/var/lib/widgent
  setsid $(sed -n 's/^ExecStart=//p' $unit | sed -e 's#/etc/#${system}/etc/#g' -e 's#/var/#${system}/var/#g' \\
    -e 's#/usr/local/#${system}/usr/local/#g' -e 's/:8787/:${port}/') >>${system}/log 2>&1 &
  echo $! >${system}/pid
  for ((i = 0; i < 200; i++)); do grep -q 'listens on' ${system}/log && exit; sleep 0.05; done; exit 1 ;;
'stop widgentd')
  kill $(cat ${system}/pid)
  for ((i = 0; i < 200; i++)); do kill -0 $(cat ${system}/pid) 2>&- || break; sleep 0.05; done
  : >${system}/log ;;
'restart widgentd') systemctl stop widgentd; systemctl start widgentd ;;
'reload widgentd') kill -HUP $(cat ${system}/pid) ;;
'reload nginx') nginx ;;
*) echo "systemctl $*?" >&2; exit 1 ;;
esac`,
});

before(async () => {
  system = await mkdtemp(`${tmpdir()}/widgent-operations-`);
  [port, tlsPort] = [await findFreePort(), await findFreePort()];
  // What Debian's packages bring along.
  for (const folder of ['etc/systemd/system', 'etc/nginx/sites-available', 'etc/nginx/sites-enabled', 'usr/local/bin'])
    await mkdir(`${system}/${folder}`, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${system}/nginx-${name};`)
    .join(' ');
  await writeFile(
    `${system}/nginx.conf`,
    `pid ${system}/nginx.pid; events {} http { access_log off; ${temporary} include ${system}/site.conf; }`,
  );
  await mkdir(`${system}/stand-ins`);
  for (const [name, body] of Object.entries(programs())) {
    await writeFile(`${system}/stand-ins/${name}`, `#!/bin/bash\n${body}\n`);
    await chmod(`${system}/stand-ins/${name}`, 0o755);
  }
});
after(async () => {
  const kill = `for f in pid nginx.pid; do [ -f ${system}/$f ] && kill $(cat ${system}/$f); done; true`;
  execFileSync('bash', ['-c', kill]);
  await rm(system, { recursive: true, force: true });
});

const visitor = '127.0.0.2';

/** A request through nginx, from another address than nginx's own. Answers {status, text, first, pieces}. */
function ask(method, path, { headers, body } = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request(
      { host: '127.0.0.1', localAddress: visitor, port: tlsPort, path, method, headers, rejectUnauthorized: false },
      (response) => {
        let text = '';
        let first;
        let pieces = 0;
        response.setEncoding('utf8');
        response.on('data', (piece) => {
          first ??= piece;
          ++pieces;
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode, text, first, pieces }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

test('The commands of the page run from top to bottom, and the server stands behind nginx', async (t) => {
  const page = await readFile(`${root}/docs/operations.md`, 'utf8');
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => elsewhere(match[1]));
  assert.ok(blocks.length >= 9, `${blocks.length} blocks of commands`);
  printed = '';
  for (const block of blocks) {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', block], {
      cwd: root,
      env: {
        ...process.env,
        PATH: `${system}/stand-ins:${system}/usr/local/bin:${process.env.PATH}`,
      },
    }).catch((error) => {
      throw new Error(`${block}\nended with ${error.code}:\n${error.stdout}\n${error.stderr}`);
    });
    printed += `${stdout}${stderr}\n`;
  }
  for (const seen of [
    /ready\n/,
    /wvs_[\w-]{40,}/,
    /today\.db: the file holds/,
    /widgent_store_commits_total/,
    /Restored /,
  ])
    assert.match(printed, seen);
  t.diagnostic(`${blocks.length} blocks of commands`);
});

test('A reply streams through nginx piece by piece, and the audit log has the address of the visitor', async () => {
  const secret = printed.match(/wvs_[\w-]{40,}/)[0];
  const serviceKey = printed.match(/pk_acme_[\w-]+/)[0];
  const headers = {
    Origin: 'https://shop.example',
    'Content-Type': 'application/json',
    'Widgent-Service-Key': serviceKey,
    'X-Forwarded-For': '203.0.113.99',
    Authorization: `Bearer ${jwt.sign({ sub: 'ada', name: 'Ada' }, secret, { expiresIn: '1h' })}`,
  };
  const body = JSON.stringify({
    threadId: 'th_1',
    runId: 'r_1',
    messages: [{ id: 'u_1', role: 'user', content: 'hello' }],
    tools: [],
    context: [],
    state: {},
    forwardedProps: {},
  });
  const reply = await ask('POST', '/v1/products/acme/agent', { headers, body });
  assert.equal(reply.status, 200);
  assert.match(reply.text, /RUN_FINISHED/);
  assert.doesNotMatch(reply.first, /RUN_FINISHED/);
  assert.ok(reply.pieces > 1);
  assert.equal((await ask('POST', '/v1/products/acme/session', { headers })).status, 200);

  const show = ['audit', 'show', '--data', `${system}/var/lib/widgent`, '--json'];
  const records = execFileSync(widgentd, show, { encoding: 'utf8' }).trim().split('\n');
  const addresses = records.map((line) => JSON.parse(line).src_endpoint.ip);
  assert.ok(addresses.length > 0 && addresses.every((ip) => ip === visitor), `${addresses}`);
});

test('Connections have the threads that the page gives them', async () => {
  const pid = (await readFile(`${system}/pid`, 'utf8')).trim();
  assert.equal((await readdir(`/proc/${pid}/task`)).length, 3);
});

test('The metrics are not told through nginx', async () => {
  assert.equal((await ask('GET', '/metrics')).status, 404);
});

test('The server logged no token and no secret', async () => {
  const log = await readFile(`${system}/log`, 'utf8');
  assert.match(log, /request=req_/);
  assert.doesNotMatch(log, /eyJ|wvs_|whsec_|WIDGENT_KEY/);
});

test('What is installed is readable by those who shall read it', async () => {
  const mode = async (path) => execFileSync('stat', ['-c', '%a', `${system}/${path}`], { encoding: 'utf8' }).trim();
  assert.equal(await mode('etc/widgent/environment'), '600');
  assert.equal(await mode('etc/widgent/products'), '750');
  assert.equal(await mode('var/backups/widgent/today.db'), '600');
  assert.equal(await mode('var/lib/widgent/widgent.db'), '600');
  const kept = (await readdir(`${system}/var/lib/widgent`)).filter((name) => name.includes('.replaced-'));
  assert.ok(
    kept.some((name) => name.startsWith('widgent.db.')),
    `${kept}`,
  );
});

test('The unit is one that systemd understands', () => {
  const unit = elsewhere(execFileSync('cat', [`${root}/deploy/widgentd.service`], { encoding: 'utf8' }));
  execFileSync('bash', ['-c', `cat >${system}/widgentd.service`], { input: unit });
  const verified = execFileSync('bash', ['-c', `systemd-analyze verify ${system}/widgentd.service 2>&1`], {
    encoding: 'utf8',
  });
  assert.equal(verified.trim(), '');
});
