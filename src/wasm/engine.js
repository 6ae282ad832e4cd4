// What makes an instance: WebAssembly, or its stand-in where a page's policy forbids Wasm (web/core.ts).
var WebAssembly = Module['engine'];
