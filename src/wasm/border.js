// The JavaScript half of Embind for what bindings.cc registers, which is functions of strings that answer with a string.
// In place of Emscripten's embind.js, whose types, overloads and error texts cost the page 2 KB more
// (cmake/wasm.cmake, WIDGENT_TRIM_EMBIND).
mergeInto(LibraryManager.library, {
  _embind_register_function__deps: ['malloc', 'free'],
  _embind_register_function: function (name, argCount, argTypes, signature, invoker, fn) {
    Module[UTF8Decoder.decode(HEAPU8.subarray(name, HEAPU8.indexOf(0, name)))] = (...texts) => {
      // A string on the wire is its length and its bytes; the callee's is ours to free.
      const wired = texts.map((text) => {
        const bytes = new TextEncoder().encode(text);
        const at = _malloc(bytes.length + 4);
        HEAPU32[at >> 2] = bytes.length;
        HEAPU8.set(bytes, at + 4);
        return at;
      });
      const at = wasmTable.get(invoker)(fn, ...wired);
      const text = UTF8Decoder.decode(HEAPU8.subarray(at + 4, at + 4 + HEAPU32[at >> 2]));
      [at, ...wired].map(_free);
      return text;
    };
  },
  emscripten_resize_heap: function (size) {
    try {
      wasmMemory.grow((Math.max(size, buffer.byteLength * 1.2) - buffer.byteLength + 65535) >>> 16);
      updateGlobalBufferAndViews(wasmMemory.buffer);
      return 1;
    } catch (error) {
      return 0;
    }
  },
});
