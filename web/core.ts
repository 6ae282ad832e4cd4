// Loads the machine: the glue is bundled here, the hashed .wasm is fetched under its integrity and compiled while it
// arrives. From here on the machine is one function.
import createCore from 'widgent-core';
import type { Event, Step } from './seam.ts';

export type Machine = (event: Event) => Step;

// Embind mangles lone surrogates, so none may reach the border.
const clean = (text: string): string =>
  text.toWellFormed ? text.toWellFormed() : new TextDecoder().decode(new TextEncoder().encode(text));

export async function loadCore(wasm: Promise<Response>): Promise<Machine> {
  const core = await createCore({ wasm: await WebAssembly.compileStreaming(wasm) });
  return (event) => {
    // Without a prototype: a page may have put a toJSON on Object.prototype.
    const flat: Record<string, unknown> = Object.assign(Object.create(null), event);
    for (const key of Object.keys(flat)) {
      const value = flat[key];
      if (typeof value === 'string') flat[key] = clean(value);
    }
    flat.now = Math.floor(performance.now());
    return JSON.parse(core.handle(JSON.stringify(flat))) as Step;
  };
}
