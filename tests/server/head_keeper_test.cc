// The sealed heads of the audit log, in their file.
#include "server/head_keeper.h"

#include "server/config.h"
#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE("The heads of the audit log are sealed at once, then within a second, and only when they are durable") {
  const TemporaryFolder folder;
  World world;
  const std::string file = folder.File("audit.heads"), key = AuditSealKey("the server's key");
  std::vector<std::string> reports;
  const auto count = [&] {
    const auto heads = OpenSealedHeads(ReadTextFile(file).value_or(""), key);
    if (!heads) return std::int64_t{-1};
    return heads->contains({"acme"}) ? heads->at({"acme"}).count : 0;
  };
  const std::string token = world.Token("ada");
  {
    HeadKeeper keeper(world.loop, *world.store, file, key, [&](auto line) { reports.emplace_back(line); });
    CHECK(count() == 0);
    world.Post("/session", {.token = token});
    CHECK(count() == 0);
    world.loop.Advance(1'000);
    CHECK(count() == 1);
    const auto before = ReadTextFile(file);
    world.loop.Advance(10'000);
    CHECK(ReadTextFile(file) == before);

    const auto end_turn = std::exchange(world.loop.on_turn_end, nullptr);
    world.Post("/session", {.token = token}, R"({"event":"switch"})");
    world.loop.Advance(5'000);
    CHECK(count() == 1);
    end_turn();
    CHECK(count() == 2);
    world.loop.on_turn_end = end_turn;
    world.Post("/session", {.token = token}, R"({"event":"sign_out"})");
    keeper.Keep();
    CHECK(count() == 3);
    CHECK_FALSE(CheckSealedHead(*world.store, {"acme"}, OpenSealedHeads(*ReadTextFile(file), key)->at({"acme"})));
  }
  world.loop.Advance(5'000);
  CHECK(reports.empty());
  HeadKeeper nowhere(world.loop, *world.store, folder.File("no/such/folder"), key,
                     [&](auto line) { reports.emplace_back(line); });
  CHECK(reports.size() == 1);
}
