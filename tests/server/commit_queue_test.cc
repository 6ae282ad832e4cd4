// Answers and the disk.
#include "server/commit_queue.h"

#include "server/world.h"

using namespace widgent;
using namespace widgent::test;

TEST_CASE("A disk that refuses answers 503 to those who wait, and the server goes on") {
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
