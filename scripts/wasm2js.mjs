// The session core as JavaScript, for pages whose policy forbids Wasm: the same .wasm, put through binaryen's wasm2js,
// as an ES module `export default (imports) => instance`.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';

const { EMSDK } = process.env;
const wasm2js = EMSDK ? path.join(EMSDK, 'upstream/bin/wasm2js') : 'wasm2js';

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

/** Its imports become an argument. They stay in an object of their own: its helpers overwrite a variable named `i`. */
function wrap(source) {
  const modules = new Set([...source.matchAll(/^import \{ \S+ \} from '(\S+)';\n/gm)].map((line) => line[1]));
  const call = /var retasmFunc = asmFunc\([^]*?\}\);\n/;
  if (modules.size !== 1 || !call.test(source)) throw new Error('wasm2js writes something else than version 108 does.');
  const imports = `imports[${JSON.stringify([...modules][0])}]`;
  const body = source
    .replace(/^(import|export) .*\n/gm, '')
    .replace(call, `return { exports: asmFunc({ abort() { throw Error('abort'); }, ...${imports} }) };\n`);
  return `export default function (imports) {\n${body}\n}`;
}
