// What the build provides (scripts/build-web.mjs), and what lib.dom does not know yet.

/** Emscripten's glue of the session machine; the build points this name at build/wasm/core.js. */
declare module 'widgent-core' {
  /** `engine` instantiates `wasm`, whatever that is: WebAssembly, or the core's twin in JavaScript. */
  export default function createCore(options: {
    wasm: unknown;
    engine: { instantiate(wasm: never, imports: WebAssembly.Imports): Promise<unknown> };
  }): Promise<{ handle(event: string): string }>;
}

/** A style sheet, minified, as text. */
declare module '*.css' {
  const text: string;
  export default text;
}

/** Where the server stands, ending in a slash; empty: where the loader was loaded from. */
declare const WIDGENT_BASE: string;
declare const WIDGENT_VERSION: string;
/** Names of the hashed files, and their integrity. */
declare const WIDGENT_WIDGET: string;
declare const WIDGENT_WIDGET_INTEGRITY: string;
declare const WIDGENT_CORE: string;
declare const WIDGENT_CORE_INTEGRITY: string;
declare const WIDGENT_PARTS: string;
declare const WIDGENT_PARTS_INTEGRITY: string;
declare const WIDGENT_LATER: string;
declare const WIDGENT_LATER_INTEGRITY: string;
