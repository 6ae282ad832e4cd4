// What can be taken from the linked core before it is shipped. Run by cmake/wasm.cmake after linking:
//
//   node scripts/shrink-wasm.mjs core.wasm
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import binaryen from 'binaryen';

const [file] = process.argv.slice(2);

// Emscripten cuts the data up at its zeros. To brotli they cost less than to say where each piece goes.
const core = binaryen.readBinary(readFileSync(file));
const pieces = [...Array(core.getNumDataSegments()).keys()].map((i) =>
  core.getDataSegmentInfo(core.getDataSegmentByIndex(i)),
);
const begin = pieces[0].offset;
const last = pieces.at(-1);
const data = new Uint8Array(last.offset + last.data.byteLength - begin);
for (const piece of pieces) data.set(new Uint8Array(piece.data), piece.offset - begin);
const { initial, max } = core.getMemoryInfo();
core.setMemory(initial, max, null, [{ name: '0', offset: core.i32.const(begin), data, passive: false }]);
writeFileSync(file, core.emitBinary());

// A newer binaryen than Emscripten 3.1.6 brings: its passes take another percent.
const wasmOpt = fileURLToPath(new URL('../node_modules/binaryen/bin/wasm-opt', import.meta.url));
const features = ['--mvp-features', '--enable-mutable-globals']; // as Emscripten has built it
const shrink = ['--flatten', '--rereloop', '-Oz', '-Oz', '--reorder-locals', '--reorder-functions'];
execFileSync(wasmOpt, [file, '-o', file, ...features, '--skip-pass=memory-packing', ...shrink]);
