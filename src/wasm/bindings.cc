// All of C++ as JavaScript sees it: handle(event) -> step, both JSON text (session/json.h).
#include <emscripten/bind.h>

#include <string>

#include "session/json.h"

namespace {

std::string Handle(std::string event) {
  static widgent::Session session;
  return widgent::HandleJson(session, event);
}

}  // namespace

EMSCRIPTEN_BINDINGS(widgent) { emscripten::function("handle", &Handle); }
