// All of C++ as JavaScript sees it: handle(event) -> step, both JSON text (session/json.h).
#include <emscripten/bind.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "session/json.h"

// A string on the wire is its length and its bytes. Those of an argument are the caller's, and are read where they are.
namespace emscripten::internal {

template <>
struct BindingType<std::string_view> {
  using WireType = BindingType<std::string>::WireType;
  static std::string_view fromWireType(WireType wire) { return {wire->data, wire->length}; }
};

template <>
struct BindingType<widgent::Text> {
  using WireType = BindingType<std::string>::WireType;
  static WireType toWireType(const widgent::Text& text) {
    const auto wire = static_cast<WireType>(std::malloc(sizeof(std::size_t) + text.size()));
    wire->length = text.size();
    std::memcpy(wire->data, text.data(), text.size());
    return wire;
  }
};

}  // namespace emscripten::internal

namespace {

widgent::Text Handle(std::string_view event) {
  static widgent::Session session;
  return widgent::HandleJson(session, event);
}

}  // namespace

EMSCRIPTEN_BINDINGS(widgent) {
#ifdef WIDGENT_WHOLE_EMBIND
  using namespace emscripten::internal;
  _embind_register_std_string(TypeID<std::string_view>::get(), "std::string_view");
  _embind_register_std_string(TypeID<widgent::Text>::get(), "widgent::Text");
#endif
  emscripten::function("handle", &Handle);
}
