// The same events give the same steps, byte for byte, in the native build, in the Wasm that is shipped and in its twin
// in JavaScript: the written transcripts of tests/transcripts, and every one that the native session tests produce.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { shorten } from '../../scripts/seam-names.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = join(root, 'build/wasm');
const shipped = join(root, 'build/web');
const names = JSON.parse(readFileSync(join(built, 'named/names.json'), 'utf8'));

// What is an ES module by content is one in a data: URL, whatever package it lies in.
const importText = (file) => import(`data:text/javascript;base64,${readFileSync(file).toString('base64')}`);

async function loadCores() {
  globalThis.window ??= globalThis;
  const glue = await importText(join(built, 'core.js'));
  const wasm = await WebAssembly.compile(readFileSync(join(built, 'core.wasm')));
  const twin = await importText(
    join(
      shipped,
      readdirSync(shipped).find((name) => /^core-\w+\.js$/.test(name)),
    ),
  );
  const engine = { instantiate: async (made, imports) => made.default(imports) };
  return {
    Wasm: () => glue.default({ wasm, engine: WebAssembly }),
    JavaScript: () => glue.default({ wasm: twin, engine }),
  };
}

async function replay(start, file) {
  const core = await start();
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  assert.ok(lines.length >= 2 && lines.length % 2 === 0, `${file} holds no pairs of lines`);
  for (let i = 0; i < lines.length; i += 2)
    assert.equal(core.handle(shorten(names, lines[i])), shorten(names, lines[i + 1]), `${file}:${i + 1}`);
  return lines.length / 2;
}

for (const [core, start] of Object.entries(await loadCores())) {
  test(`The written transcripts replay in the shipped ${core}`, async () => {
    const folder = join(root, 'tests/transcripts');
    const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
    assert.ok(files.length >= 4);
    for (const name of files) await replay(start, join(folder, name));
  });

  test(`Every transcript of the native session tests replays in the shipped ${core}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'widgent-transcripts-'));
    try {
      execFileSync(join(root, 'build/native/widgent_session_tests'), {
        env: { ...process.env, WIDGENT_TRANSCRIPTS: folder },
      });
      const files = readdirSync(folder);
      assert.ok(files.length > 30, `only ${files.length} transcripts`);
      let steps = 0;
      for (const name of files) steps += await replay(start, join(folder, name));
      assert.ok(steps > 300, `only ${steps} steps`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test(`Hostile text does not stop the core in ${core}`, async () => {
    const { handle } = await start();
    const deep = '['.repeat(100_000);
    for (const text of [
      '',
      '{',
      deep,
      `{"type":${deep}`,
      '\u0000',
      '{"type":"init_called","call":1e400}',
      '{"type":"x","a":"\\ud800"}',
    ])
      assert.match(handle(shorten(names, text)), /invalid_event/);
    assert.match(
      handle(shorten(names, '{"type":"init_called","call":1,"product_id":"acme","service_key":"pk_1","now":1}')),
      /"ok":true/,
    );
  });
}
