// The promise: what the README tells a customer to write works as it stands there. Each snippet is run word for word,
// with nothing around it but the customer's own app and session.
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { findFreePort, startProcess, startServer, productConfig, newSecrets, type Running } from '../scripts/stack.mjs';
import { root } from '../scripts/steps.mjs';
import { expect, test } from './acceptance/host.ts';
import { Widget } from './shop.ts';
import { now } from './token.ts';

const readme = await readFile(`${root}/README.md`, 'utf8');
const snippet = (name: string): string => {
  const found = new RegExp(`^\`\`\`\\w+ ${name}\n([^]*?)^\`\`\`$`, 'm').exec(readme);
  if (!found) throw new Error(`README.md has no block "${name}"`);
  return found[1]!;
};

const user = { id: 'u_42', name: 'Ana', email: 'ana@example.com', plan: 'pro' };

const backends = {
  express: {
    file: 'app.mjs',
    program: process.execPath,
    source: (page: string, port: number) => `
import express from 'express';
const app = express();
app.get('/', (req, res) => res.type('html').send(${JSON.stringify(page)}));
const currentUser = () => (${JSON.stringify(user)});
${snippet('express')}
app.listen(${port}, '127.0.0.1');
`,
  },
  fastapi: {
    file: 'app.py',
    program: '/usr/bin/python3',
    source: (page: string, port: number) => `
from types import SimpleNamespace
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
app = FastAPI()
app.get("/", response_class=HTMLResponse)(lambda: ${JSON.stringify(page)})
current_user = lambda request: SimpleNamespace(**${JSON.stringify(user)})
${snippet('fastapi')}
uvicorn.run(app, host="127.0.0.1", port=${port}, log_level="warning")
`,
  },
};

for (const [name, backend] of Object.entries(backends)) {
  test(`The README's snippets for ${name} greet the user by name`, async ({ page }) => {
    const folder = await mkdtemp(`${tmpdir()}/widgent-readme-`);
    const running: Running[] = [];
    const lines: string[] = [];
    const log = (from: string, line: string) => lines.push(`${from}: ${line}`);
    try {
      const ports = { widgent: await findFreePort(), express: await findFreePort(), fastapi: 4002 };
      const secrets = newSecrets();
      const config = productConfig('acme', ports, folder);
      running.push(
        await startServer({ port: ports.widgent, configs: [config], dataDir: `${folder}/data`, secrets, log }),
      );
      const html = snippet('page').replaceAll('localhost:8787', `localhost:${ports.widgent}`);
      const source = backend.source(`<!doctype html><title>A site</title>${html}`, ports.express);
      await writeFile(`${folder}/${backend.file}`, source);
      await symlink(`${root}/node_modules`, `${folder}/node_modules`);
      running.push(
        await startProcess({
          name,
          program: backend.program,
          args: [`${folder}/${backend.file}`],
          env: { WIDGENT_SECRET: secrets.ACME_VERIFY_SECRET! },
          url: `http://127.0.0.1:${ports.express}/`,
          log,
        }),
      );
      await page.goto(`http://localhost:${ports.express}/`);
      const widget = new Widget(page);
      await widget.open();
      await expect(widget.panel).toContainText('Hi Ana, how can I help?');
      await widget.expectUser('Ana');
    } finally {
      await Promise.all(running.map(({ stop }) => stop()));
      await rm(folder, { recursive: true, force: true });
    }
  });
}

test('The snippets for bundled apps are those of the examples, which are built and driven', async () => {
  for (const [name, file] of [
    ['bundled', 'vite/src/chat.ts'],
    ['react', 'vite-react/src/Chat.tsx'],
  ] as const)
    expect(snippet(name), file).toBe(await readFile(`${root}/examples/${file}`, 'utf8'));
});

// Each command of the guide, with what it says comes of it.
const commands = [...readme.matchAll(/^```js command\n([^]*?)^```\n\n```json (result|error)\n([^]*?)^```$/gm)].map(
  ([, command, kind, text]) => ({ command: command!, kind: kind!, says: JSON.parse(text!) as object }),
);

test('The guide has the commands that a page needs', () => {
  expect(commands.length).toBeGreaterThan(8);
  for (const name of ['init', 'identify', 'logout', 'state'])
    expect(commands.filter(({ command }) => command.includes(`widgent.${name}`)).length).toBeGreaterThan(0);
});

test('Each command of the guide answers what it says', async ({ page, startHost }) => {
  const host = await startHost();
  const claims = { sub: 'u_42', name: 'Ada Lovelace' };
  const names = {
    token: host.stack.sign(claims),
    expiredToken: host.stack.sign({ ...claims, exp: now() - 3600, iat: now() - 7200 }),
    tokenOfAnotherSecret: `${host.stack.sign(claims).slice(0, -6)}AAAAAA`,
  };
  host.site.paths.set('/api/widgent-token', { body: JSON.stringify(names), type: 'application/json' });
  const declared = Object.entries(names).map(([name, text]) => `const ${name} = '${text}';`);
  for (const { command, kind, says } of commands) {
    await host.visit(`<script src="${host.server}/widgent.js"></script>`);
    const begun = command.includes('init')
      ? ''
      : "await widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo' });";
    const came = await page.evaluate(`(async () => {
      ${declared.join('\n')}
      ${begun}
      try { return { result: ${command.replace(/;\s*$/, '')} }; }
      catch ({ code, hint }) { return { error: { code, hint } }; }
    })()`);
    // Time passes while a test runs.
    expect(
      JSON.parse(JSON.stringify(came), (key, value) => (key === 'expiresIn' ? 3600 : value)),
      command,
    ).toMatchObject({
      [kind]: says,
    });
  }
});
