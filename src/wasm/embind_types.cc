// Registers the two types that the border uses, in place of libembind's bind.o, which registers all of them and brings
// the run-time type names along (cmake/wasm.cmake, WIDGENT_TRIM_EMBIND).
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>

extern "C" {

EMSCRIPTEN_KEEPALIVE const char* __getTypeName(const std::type_info*) { return nullptr; }

EMSCRIPTEN_KEEPALIVE __attribute__((constructor)) void __embind_register_native_and_builtin_types() {
  using emscripten::internal::TypeID;
  emscripten::internal::_embind_register_void(TypeID<void>::get(), "void");
  emscripten::internal::_embind_register_std_string(TypeID<std::string>::get(), "std::string");
}
}
