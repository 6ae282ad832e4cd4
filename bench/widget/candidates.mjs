// What is measured: each candidate on one and the same page, as its documentation embeds it in a plain page.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { findFreePort, newSecrets, productConfig, startServer } from '../../scripts/stack.mjs';

export const folder = import.meta.dirname;

/** The page without any widget, which is subtracted from all others, and the hand-written limit: both always run. */
export const references = ['host', 'limit'];

/**
 * By name: what the report calls it; `embed(cdn, widgent)`, the HTML in the page; `element`, where it lives; in it the
 * selectors of its launcher and its field. The heavier peers are measured in fewer rounds.
 */
export const candidates = {
  host: { title: 'page without a widget', embed: () => '', element: 'body', launcher: 'h1' },
  limit: {
    title: 'hand-written limit',
    embed: (cdn) => `<script async src="${cdn}/limit/loader.js"></script>`,
    element: 'limit-chat',
    launcher: '.launcher',
    input: 'textarea',
  },
  widgent: {
    title: 'Widgent',
    embed: (cdn, widgent) => `<script>${widgent.stub}
      widgent.init({ productId: 'acme', serviceKey: 'pk_acme_demo' });
    </script>
    <script async src="${widgent.origin}/widgent.js"></script>`,
    element: 'widgent-root',
    launcher: 'button',
    input: 'textarea',
  },
  'deep-chat': {
    title: 'deep-chat',
    package: 'deep-chat',
    // It has no launcher of its own: the page makes the least that there can be, once the element is defined.
    embed: (cdn) => `<div id="chat"></div>
    <script type="module">
      import '${cdn}/deep-chat/deepChat.bundle.js';
      const launcher = Object.assign(document.createElement('button'), { textContent: 'Chat', id: 'launcher' });
      launcher.style = 'position: fixed; right: 20px; bottom: 20px';
      const chat = document.createElement('deep-chat');
      chat.connect = { url: '${cdn}/deep-chat-api' };
      launcher.onclick = () => document.getElementById('chat').append(chat);
      document.getElementById('chat').append(launcher);
    </script>`,
    element: '#chat',
    launcher: '#launcher',
    input: '#text-input',
  },
  typebot: {
    title: 'typebot',
    package: '@typebot.io/js',
    isHeavy: true,
    embed: (cdn) => `<script type="module">
      import Typebot from '${cdn}/typebot/web.js';
      Typebot.initBubble({ typebot: 'bench', apiHost: '${cdn}/typebot-api' });
    </script>`,
    element: 'typebot-bubble',
    launcher: 'button[part="button"]',
    input: 'input[type="text"]',
  },
  botpress: {
    title: 'botpress webchat',
    package: '@botpress/webchat',
    isHeavy: true,
    embed: (cdn) => `<link rel="stylesheet" href="${cdn}/botpress/style.css">
    <div id="chat"></div>
    <script type="module">
      import { show } from '${cdn}/botpress-page/page.js';
      show(document.getElementById('chat'), '${cdn}/botpress-api');
    </script>`,
    element: '#chat',
    launcher: '.bpFabContainer',
    input: 'textarea',
  },
  n8n: {
    title: 'n8n chat',
    package: '@n8n/chat',
    isHeavy: true,
    embed: (cdn) => `<link rel="stylesheet" href="${cdn}/n8n/style.css">
    <script type="module">
      import { createChat } from '${cdn}/n8n/chat.bundle.es.js';
      createChat({ webhookUrl: '${cdn}/n8n-api' });
    </script>`,
    element: '#n8n-chat',
    launcher: '.chat-window-toggle',
    input: 'textarea',
  },
  flowise: {
    title: 'flowise-embed',
    package: 'flowise-embed',
    isHeavy: true,
    embed: (cdn) => `<script type="module">
      import Chatbot from '${cdn}/flowise/web.js';
      Chatbot.init({ chatflowid: 'bench', apiHost: '${cdn}/flowise-api' });
    </script>`,
    element: 'flowise-chatbot',
    launcher: 'button[part="button"]',
    input: 'textarea',
  },
};

const paragraph =
  'Boots that last ten winters, tents that stand in a storm, and people who have slept in both. Look around: what you ' +
  'order before two leaves the same day, and what does not fit comes back at our cost.';

/** The page of a shop, the same for all. */
export const pageOf = (name, cdn, widgent) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <title>Acme Outfitters</title>
  </head>
  <body>
    <h1>Acme Outfitters</h1>
    ${`<section><h2>New this week</h2><p>${paragraph}</p></section>\n    `.repeat(12)}
    ${candidates[name].embed(cdn, widgent)}
  </body>
</html>
`;

/** What the CDN serves of each: the folder with the built files of the package, or files made here. */
export async function filesOf(names) {
  const require = createRequire(import.meta.url);
  const minify = async (entry, options) => {
    const { outputFiles } = await build({
      ...{ entryPoints: [path.join(folder, entry)], bundle: true, minify: true, write: false, logLevel: 'error' },
      ...{ target: 'es2022', loader: { '.css': 'empty' }, define: { 'process.env.NODE_ENV': '"production"' } },
      ...options,
    });
    return Buffer.from(outputFiles[0].contents);
  };
  const files = {
    limit: {
      'loader.js': await minify('limit/loader.js', { format: 'iife' }),
      'panel.js': await minify('limit/panel.js', { format: 'esm' }),
    },
  };
  for (const name of names) {
    const { package: peer } = candidates[name];
    if (!peer) continue;
    files[name] = path.join(folder, 'node_modules', peer, 'dist');
    candidates[name].version = require(path.join(folder, 'node_modules', peer, 'package.json')).version;
  }
  // Botpress publishes React components: a page is made of them as its readme says.
  if (names.includes('botpress'))
    files['botpress-page'] = { 'page.js': await minify('botpress_page.jsx', { format: 'esm', jsx: 'automatic' }) };
  return files;
}

/** Widgent's own server with its own agent, for pages of this origin. Answers {origin, stub, stop}. */
export async function startWidgent(host) {
  const port = await findFreePort();
  const temporary = await mkdtemp(path.join(tmpdir(), 'widgent-bench-'));
  const secrets = newSecrets();
  const change = (product) => {
    product.origins = [host];
    product.tools = [];
    product.rate_limits = { per_user_per_min: 100_000, per_ip_per_min: 100_000, concurrent_runs_per_user: 100 };
  };
  const config = productConfig('acme', { widgent: port, express: 1, fastapi: 2 }, temporary, change);
  const options = { port, configs: [config], dataDir: path.join(temporary, 'data'), secrets, log: () => {} };
  const server = await startServer(options);
  // The page's part is what the README tells to put there.
  const readme = await readFile(path.join(folder, '../../README.md'), 'utf8');
  const stub = /```html page\n<script>\n([^]*?)\n *widgent\.init\(/.exec(readme)[1];
  return {
    origin: `http://localhost:${port}`,
    stub,
    stop: async () => {
      await server.stop();
      await rm(temporary, { recursive: true, force: true });
    },
  };
}
