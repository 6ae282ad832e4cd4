// Questions to users in the store: kept as they were put, answered once.
#include <catch2/catch.hpp>
#include <memory>

#include "store/sqlite_store.h"
#include "store/temporary_folder.h"
#include "support/memory_store.h"

using namespace widgent;
using State = StoredInterrupt::State;

namespace {

const ProductId kAcme{"acme"}, kOther{"other"};
const ThreadId kThread{"th_1"};

std::unique_ptr<Store> MakeStore(bool is_sqlite) {
  std::unique_ptr<Store> store;
  if (is_sqlite) store = OpenSqliteStore(":memory:");
  else store = std::make_unique<test::MemoryStore>();
  store->PutThread({.product = kAcme, .id = kThread, .owner = {Owner::Kind::kUser, "ada"}});
  return store;
}

StoredInterrupt MakeInterrupt(std::string id) {
  StoredInterrupt interrupt;
  interrupt.id = std::move(id);
  interrupt.run = {"r_1"};
  interrupt.sub = "ada";
  interrupt.tool = "refund_order";
  interrupt.call_id = "call_1";
  interrupt.arguments_json = R"({"order_id":"A-1","note":"\u0000"})";
  interrupt.arguments_sha256 = "ab12";
  interrupt.message = "Refund order A-1?";
  interrupt.asked_at = 1000;
  interrupt.expires_at = 301'000;
  return interrupt;
}

}  // namespace

TEST_CASE("A question comes back as it was put, in its thread alone") {
  const auto store = MakeStore(GENERATE(true, false));
  store->AppendInterrupt(kAcme, kThread, MakeInterrupt("int_1"));
  const auto found = store->FindInterrupt(kAcme, kThread, "int_1");
  REQUIRE(found);
  CHECK(found->run.value == "r_1");
  CHECK(found->sub == "ada");
  CHECK(found->tool == "refund_order");
  CHECK(found->call_id == "call_1");
  CHECK(found->arguments_json == R"({"order_id":"A-1","note":"\u0000"})");
  CHECK(found->arguments_sha256 == "ab12");
  CHECK(found->message == "Refund order A-1?");
  CHECK(found->asked_at == 1000);
  CHECK(found->expires_at == 301'000);
  CHECK(found->state == State::kPending);
  CHECK_FALSE(store->FindInterrupt(kAcme, kThread, "int_2"));
  CHECK_FALSE(store->FindInterrupt(kAcme, {"th_2"}, "int_1"));
  CHECK_FALSE(store->FindInterrupt(kOther, kThread, "int_1"));
  CHECK_FALSE(store->FindPendingInterrupt(kAcme, {"th_2"}));
}

TEST_CASE("A question is answered once, and the newest open one is found") {
  const auto store = MakeStore(GENERATE(true, false));
  store->AppendInterrupt(kAcme, kThread, MakeInterrupt("int_1"));
  store->AppendInterrupt(kAcme, kThread, MakeInterrupt("int_2"));
  CHECK(store->FindPendingInterrupt(kAcme, kThread)->id == "int_2");
  CHECK(store->SettleInterrupt(kAcme, kThread, "int_2", State::kApproved, {"r_2"}));
  CHECK_FALSE(store->SettleInterrupt(kAcme, kThread, "int_2", State::kRejected, {"r_3"}));
  CHECK(store->FindInterrupt(kAcme, kThread, "int_2")->state == State::kApproved);
  CHECK(store->FindInterrupt(kAcme, kThread, "int_2")->answered_by.value == "r_2");
  CHECK(store->FindPendingInterrupt(kAcme, kThread)->id == "int_1");
  CHECK_FALSE(store->SettleInterrupt(kAcme, {"th_2"}, "int_1", State::kApproved, {"r_2"}));
  CHECK(store->SettleInterrupt(kAcme, kThread, "int_1", State::kExpired, {}));
  CHECK_FALSE(store->FindPendingInterrupt(kAcme, kThread));
}

TEST_CASE("Deleting a thread takes its questions along") {
  const auto store = MakeStore(GENERATE(true, false));
  store->AppendInterrupt(kAcme, kThread, MakeInterrupt("int_1"));
  store->DeleteThread(kAcme, kThread);
  CHECK_FALSE(store->FindInterrupt(kAcme, kThread, "int_1"));
}

TEST_CASE("A question outlives the process that put it") {
  const TemporaryFolder folder;
  {
    const auto store = OpenSqliteStore(folder.File("store.db"));
    store->PutThread({.product = kAcme, .id = kThread, .owner = {Owner::Kind::kUser, "ada"}});
    store->AppendInterrupt(kAcme, kThread, MakeInterrupt("int_1"));
    REQUIRE(store->Commit());
  }
  CHECK(OpenSqliteStore(folder.File("store.db"))->FindPendingInterrupt(kAcme, kThread)->id == "int_1");
}

TEST_CASE("A question to operators is decided once, and stays pending until a run has gone on from it") {
  const auto store = MakeStore(GENERATE(true, false));
  using Decision = StoredInterrupt::Decision;
  StoredInterrupt theirs = MakeInterrupt("int_1");
  theirs.by_operator = true;
  theirs.effect = 2;
  store->AppendInterrupt(kAcme, kThread, theirs);
  CHECK_FALSE(store->FindPendingInterrupt(kAcme, kThread));
  CHECK(store->ListOperatorQuestions(kOther, {}).empty());
  CHECK(store->ListOperatorQuestions(kAcme, {"th_2"}).empty());
  CHECK_FALSE(store->DecideInterrupt(kOther, kThread, "int_1", Decision::kYes, "x"));
  CHECK_FALSE(store->DecideInterrupt(kAcme, kThread, "int_2", Decision::kYes, "x"));
  CHECK(store->DecideInterrupt(kAcme, kThread, "int_1", Decision::kYes, "admin key 1"));
  CHECK_FALSE(store->DecideInterrupt(kAcme, kThread, "int_1", Decision::kNo, "admin key 2"));
  for (const ThreadId& thread : {ThreadId{}, kThread}) {
    const auto questions = store->ListOperatorQuestions(kAcme, thread);
    REQUIRE(questions.size() == 1);
    CHECK(questions[0].thread == kThread);
    CHECK(questions[0].interrupt.effect == 2);
    CHECK(questions[0].interrupt.decision == Decision::kYes);
    CHECK(questions[0].interrupt.decided_by == "admin key 1");
  }
  CHECK(store->SettleInterrupt(kAcme, kThread, "int_1", State::kApproved, {"r_2"}));
  CHECK(store->ListOperatorQuestions(kAcme, {}).empty());
  // A question to the user is nobody else's to decide.
  store->AppendInterrupt(kAcme, kThread, MakeInterrupt("int_3"));
  CHECK_FALSE(store->DecideInterrupt(kAcme, kThread, "int_3", Decision::kYes, "x"));
}

TEST_CASE("A thread is handed over and back as often as is needed, and stays so over a restart") {
  const TemporaryFolder folder;
  {
    const auto store = OpenSqliteStore(folder.File("s.db"));
    store->PutThread({.product = kAcme, .id = kThread, .owner = {Owner::Kind::kUser, "ada"}});
    CHECK(store->FindThread(kAcme, kThread)->handed_off_at == 0);
    store->PutHandoff(kAcme, kThread, 5);
    store->PutHandoff(kAcme, kThread, 0);
    store->PutHandoff(kAcme, kThread, 7);
    // A message that comes later changes nothing of it.
    store->PutThread({.product = kAcme, .id = kThread, .owner = {Owner::Kind::kUser, "ada"}, .active_at = 9});
    REQUIRE(store->Commit());
  }
  const auto thread = OpenSqliteStore(folder.File("s.db"))->FindThread(kAcme, kThread);
  CHECK(thread->handed_off_at == 7);
  CHECK(thread->handoffs == 2);
  CHECK(thread->active_at == 9);
}
