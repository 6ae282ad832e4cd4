// The wall clock is stepped under a running server, as an administrator or a time service does it.
#include "server/world.h"

using namespace widgent;
using namespace widgent::test;

namespace {

constexpr std::int64_t kHourMs = 3'600'000;

std::string LastEvent(World& world, const Caller& caller, const std::string& name) {
  const Answer answer = world.Say(caller, {.thread = "th_" + name, .run = "r_" + name, .id = "u_" + name});
  world.loop.Advance(10'000);
  REQUIRE(answer->status == 200);
  return Events(answer->body).back().second["type"];
}

}  // namespace

TEST_CASE("An hour forth and back: tokens are judged by the clock, runs end, and nobody is locked out") {
  World world;
  const std::string token = world.Token("ada", "Ada", 1800);
  const auto state = [&](const std::string& of) {
    return world.Post("/session", {.token = of})->Json()["identity"]["state"].get<std::string>();
  };
  REQUIRE(state(token) == "verified");

  const Answer cut = world.Say({.token = token}, {.thread = "th_cut", .run = "r_cut", .id = "u_cut"});
  world.loop.wall_clock_error_ms = kHourMs;
  CHECK(world.Post("/session", {.token = token})->Json()["identity"]["reason"] == "token_expired");
  world.loop.Advance(10'000);
  CHECK(cut->is_finished);
  const std::string fresh = world.Token("ada", "Ada", 1800);
  CHECK(state(fresh) == "verified");
  CHECK(LastEvent(world, {.token = fresh}, "forth") == "RUN_FINISHED");

  world.loop.wall_clock_error_ms = 0;
  CHECK(state(token) == "verified");
  CHECK(world.Post("/session", {.token = fresh})->Code() == "iat_in_future");
  for (const char* name : {"back1", "back2", "back3"})
    CHECK(LastEvent(world, {.token = token}, name) == "RUN_FINISHED");
  CHECK_FALSE(VerifyAudit(*world.store, ProductId{"acme"}));
}
