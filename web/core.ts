// Loads the machine: the glue is bundled here, the hashed .wasm is fetched under its integrity. Where the page allows
// no Wasm, the same core comes as JavaScript. From here on the machine is one function.
import createCore from 'widgent-core';
import { findPart, type ImportPart } from './modules.ts';
import type { Event, Step } from './seam.ts';

export type Machine = (event: Event) => Step;

/** Which of the twins runs; why it is the one in JavaScript: the page's policy, or a browser without Wasm. */
export interface Runtime {
  core: 'wasm' | 'js';
  reason?: 'csp' | 'no_wasm';
}

interface Twin {
  default(imports: WebAssembly.Imports): WebAssembly.Instance;
}

// Only instantiating tells: validate() is true everywhere, and WebKit compiles what it will not instantiate.
async function chooseRuntime(): Promise<Runtime> {
  if (typeof WebAssembly != 'object') return { core: 'js', reason: 'no_wasm' };
  try {
    await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    return { core: 'wasm' };
  } catch {
    return { core: 'js', reason: 'csp' };
  }
}

/**
 * Rejects where the core does not arrive, or is not what was built.
 *
 * @param base the server's address, ending in a slash
 */
export async function loadCore(base: string, importPart: ImportPart): Promise<{ machine: Machine; runtime: Runtime }> {
  const runtime = await chooseRuntime();
  const core =
    runtime.core === 'wasm'
      ? await createCore({
          wasm: await WebAssembly.compileStreaming(fetch(base + WIDGENT_CORE, { integrity: WIDGENT_CORE_INTEGRITY })),
          engine: WebAssembly,
        })
      : await createCore({
          wasm: await importPart<Twin>(...(await findPart(base, 'core'))),
          engine: { instantiate: async (twin: Twin, imports) => twin.default(imports) },
        });
  const machine: Machine = (event) => {
    // Without a prototype: a page may have put a toJSON on Object.prototype.
    const flat = Object.assign(Object.create(null), event, { now: Math.floor(performance.now()) });
    // The core refuses lone surrogates. toWellFormed() is younger than the browsers that we support.
    const clean = (_: string, value: unknown) =>
      typeof value == 'string' ? value.replace(/\p{Cs}/gu, '\ufffd') : value;
    return JSON.parse(core.handle(JSON.stringify(flat, clean))) as Step;
  };
  return { machine, runtime };
}
