// Answers and the disk.
#include "server/commit_queue.h"

#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE("Whoever waits is told by the commit that made it durable") {
  const auto store = OpenSqliteStore(":memory:");
  CommitQueue queue(*store);
  std::string told;
  const auto wait = [&] { queue.After([&] { told += "kept "; }, [&] { told += "lost "; }); };
  wait();
  CHECK(told == "kept ");  // nothing was pending
  store->RecordUnanswered(ProductId{"acme"}, "why?", 0);
  wait();
  CHECK(told == "kept ");
  CHECK(queue.EndTurn());
  CHECK(told == "kept kept ");
}

TEST_CASE("A disk that refuses answers 503 to those who wait, executes nothing, and the server goes on") {
  const TemporaryFolder folder;
  OpenSqliteStore(folder.File("widgent.db"));
  World world(folder.File("widgent.db"), MakeProduct(), OpenSqliteStoreReadOnly);
  const Caller ada{.token = world.Token("ada")};
  for (const Answer& answer : {world.Post("/session", ada), world.Say(ada, {.text = "where is my order A-1001?"})}) {
    CHECK(answer->status == 503);
    CHECK(answer->Code() == "backend_down");
    CHECK(answer->Header("Retry-After") == "5");
    CHECK(answer->Header("Access-Control-Allow-Origin") == kOrigin);
  }
  world.loop.Advance(10'000);
  CHECK(world.client.pending.empty());
  CHECK(world.app->IsIdle());
  CHECK(world.Post("/session", {.guest = kGuest})->status == 200);
}

TEST_CASE("Nobody is answered by a queue that is gone") {
  const auto store = OpenSqliteStore(":memory:");
  bool was_told = false;
  {
    CommitQueue queue(*store);
    store->RecordUnanswered(ProductId{"acme"}, "why?", 0);
    queue.After([&] { was_told = true; }, [&] { was_told = true; });
  }
  CHECK(store->Commit());
  CHECK_FALSE(was_told);
}
