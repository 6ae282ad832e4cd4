// What can be taken from the linked core before it is shipped. Run by cmake/wasm.cmake after linking:
//
//   node scripts/shrink-wasm.mjs core.wasm
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [file] = process.argv.slice(2);
// A newer binaryen than Emscripten 3.1.6 brings: its passes take another percent.
const wasmOpt = fileURLToPath(new URL('../node_modules/binaryen/bin/wasm-opt', import.meta.url));
const features = ['--mvp-features', '--enable-mutable-globals']; // as Emscripten has built it
execFileSync(wasmOpt, [file, '-o', file, ...features, '--flatten', '--rereloop', '-Oz', '-Oz', '--reorder-functions']);
