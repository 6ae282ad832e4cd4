// The session core as JavaScript, for pages whose policy forbids Wasm: the same .wasm, put through binaryen's wasm2js,
// as an ES module `export default (imports) => instance`.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';

// By its path: the name alone would be another version, depending on who started this.
const wasm2js = fileURLToPath(new URL('../node_modules/binaryen/bin/wasm2js', import.meta.url));

/** The module, minified, as bytes. */
export async function toJavaScript(wasm) {
  const folder = await mkdtemp(path.join(tmpdir(), 'widgent-wasm2js-'));
  const file = path.join(folder, 'core.js');
  try {
    await promisify(execFile)(wasm2js, ['-Oz', wasm, '-o', file]);
    const { code } = await transform(wrap(await readFile(file, 'utf8')), {
      minify: true,
      target: 'es2020',
      legalComments: 'none',
    });
    return Buffer.from(code);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Its imports become an argument. */
function wrap(source) {
  const call = /var retasmFunc = asmFunc\([^]*?\}\);\n/;
  if (!call.test(source)) throw new Error('wasm2js writes something else than version 132 does.');
  const body = source.replace(/^(import|export) .*\n/gm, '').replace(call, 'return { exports: asmFunc(imports) };\n');
  return `export default function (imports) {\n${body}\n}`;
}
