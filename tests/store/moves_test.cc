// A guest's thread becomes a user's: in SQLite, and in the store of the tests, which has to behave alike.
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/sqlite_store.h"
#include "store/temporary_folder.h"
#include "support/memory_store.h"

namespace widgent {
namespace {

const ProductId kAcme{"acme"};
const Owner kAda{Owner::Kind::kUser, "ada"}, kGuest{Owner::Kind::kGuest, "guest-0123456789"};
const ThreadId kGuests{"th_g"}, kAdas{"th_a"};

void Begin(Store& store, const ThreadId& id, const Owner& owner, UnixMillis at) {
  store.PutThread({.product = kAcme, .id = id, .owner = owner, .created_at = at, .active_at = at, .title = id.value});
}

// A question and, where `status` says so, what was said about it.
void Talk(Store& store, const ThreadId& thread, const std::string& n, StoredMessage::Status status, UnixMillis at) {
  StoredMessage question;
  question.id = {"u_" + n};
  question.run = {"r_" + n};
  question.text = "question " + n;
  question.at = at;
  store.AppendMessage(kAcme, thread, question);
  StoredRun run;
  run.id = question.run;
  run.message = question.id;
  run.status = StoredRun::Status::kDone;
  run.input_sha256 = "hash " + n;
  run.events = "events " + n;
  store.PutRun(kAcme, thread, run);
  StoredMessage reply = question;
  reply.id = {"m_" + n};
  reply.role = StoredMessage::Role::kAssistant;
  reply.status = status;
  reply.text = "reply " + n;
  reply.metadata_json = R"({"citations":[]})";
  store.AppendMessage(kAcme, thread, reply);
}

std::string Ids(Store& store, const ThreadId& thread) {
  std::string ids;
  for (const StoredMessage& message : store.ListMessages(kAcme, thread, 100)) ids += message.id.value + ' ';
  return ids;
}

// Each test runs over both.
void InEachStore(const std::function<void(Store&)>& test) {
  SECTION("SQLite") { test(*OpenSqliteStore(":memory:")); }
  SECTION("memory") {
    test::MemoryStore store;
    test(store);
  }
}

constexpr auto kDone = StoredMessage::Status::kDone;

TEST_CASE("A moved thread is the user's with all it holds, and says which words are not the user's") {
  InEachStore([](Store& store) {
    Begin(store, kGuests, kGuest, 1000);
    Talk(store, kGuests, "1", kDone, 1000);
    store.MoveThread(kAcme, kGuests, kAda);
    REQUIRE(store.FindThread(kAcme, kGuests));
    CHECK(store.FindThread(kAcme, kGuests)->owner == kAda);
    CHECK(store.FindThread(kAcme, kGuests)->active_at == 1000);
    CHECK(store.ListThreads(kAcme, kGuest, 10).empty());
    CHECK(Ids(store, kGuests) == "u_1 m_1 ");
    const auto messages = store.ListMessages(kAcme, kGuests, 10);
    CHECK(IsUnverified(messages[0]));
    CHECK_FALSE(IsUnverified(messages[1]));
    CHECK(messages[1].metadata_json == R"({"citations":[]})");
    CHECK(store.FindRun(kAcme, kGuests, {"r_1"})->events == "events 1");
    // What the user says afterwards is verified.
    Talk(store, kGuests, "2", kDone, 2000);
    CHECK_FALSE(IsUnverified(*store.FindMessage(kAcme, kGuests, {"u_2"})));
  });
}

TEST_CASE("A judgement stays with its reply, and the later one replaces the earlier") {
  InEachStore([](Store& store) {
    using Rating = StoredMessage::Rating;
    Begin(store, kAdas, kAda, 1000);
    Begin(store, kGuests, kGuest, 2000);
    Talk(store, kGuests, "g1", kDone, 2000);
    Talk(store, kAdas, "a1", kDone, 2100);
    CHECK(store.PutFeedback(kAcme, kGuests, {"m_g1"}, Rating::kUp, "", 3000));
    CHECK(store.PutFeedback(kAcme, kAdas, {"m_a1"}, Rating::kUp, "thanks", 3100));
    CHECK(store.PutFeedback(kAcme, kGuests, {"m_g1"}, Rating::kDown, "wrong", 3200));
    CHECK_FALSE(store.PutFeedback(kAcme, kAdas, {"u_a1"}, Rating::kUp, "", 3300));
    CHECK_FALSE(store.PutFeedback(kAcme, kAdas, {"m_g1"}, Rating::kUp, "", 3300));
    CHECK(store.FindMessage(kAcme, kGuests, {"m_g1"})->rating == Rating::kDown);
    CHECK(store.ListMessages(kAcme, kAdas, 10)[0].rating == Rating::kNone);
    const auto all = store.ListFeedback(kAcme, 10);
    REQUIRE(all.size() == 2);
    CHECK(all[0].reply.comment == "wrong");
    CHECK(all[0].at == 3200);
    CHECK(all[0].reply.text == "reply g1");
    CHECK(all[0].thread.owner == kGuest);
    CHECK(all[1].reply.rating == Rating::kUp);
    CHECK(store.ListFeedback(kAcme, 1).size() == 1);
    CHECK(store.ListFeedback({"other"}, 10).empty());
    store.AppendThread(kAcme, kGuests, kAdas);
    CHECK(store.FindMessage(kAcme, kAdas, {"m_g1"})->rating == Rating::kDown);
  });
}

TEST_CASE("Appended turns stand at the end with their ids, in order, and the guest's thread is gone") {
  InEachStore([](Store& store) {
    Begin(store, kAdas, kAda, 1000);
    Begin(store, kGuests, kGuest, 2000);
    // Written alternately: the order in the file is not the order to keep.
    Talk(store, kGuests, "g1", kDone, 2000);
    Talk(store, kAdas, "a1", kDone, 2100);
    Talk(store, kGuests, "g2", kDone, 2200);
    Begin(store, kGuests, kGuest, 2200);
    store.AppendThread(kAcme, kGuests, kAdas);
    CHECK(Ids(store, kAdas) == "u_a1 m_a1 u_g1 m_g1 u_g2 m_g2 ");
    CHECK_FALSE(store.FindThread(kAcme, kGuests));
    CHECK(store.FindThread(kAcme, kAdas)->active_at == 2200);
    CHECK(store.FindThread(kAcme, kAdas)->title == "th_a");
    CHECK(IsUnverified(*store.FindMessage(kAcme, kAdas, {"u_g1"})));
    CHECK_FALSE(IsUnverified(*store.FindMessage(kAcme, kAdas, {"u_a1"})));
    CHECK(store.FindRun(kAcme, kAdas, {"r_g2"})->input_sha256 == "hash g2");
    CHECK(store.FindRun(kAcme, kAdas, {"r_g2"})->message.value == "u_g2");
  });
}

TEST_CASE("What the user's thread has already is not appended twice") {
  InEachStore([](Store& store) {
    Begin(store, kAdas, kAda, 1000);
    Begin(store, kGuests, kGuest, 900);
    Talk(store, kAdas, "1", kDone, 1000);
    Talk(store, kGuests, "1", kDone, 900);
    Talk(store, kGuests, "2", kDone, 950);
    store.AppendThread(kAcme, kGuests, kAdas);
    CHECK(Ids(store, kAdas) == "u_1 m_1 u_2 m_2 ");
    CHECK_FALSE(IsUnverified(*store.FindMessage(kAcme, kAdas, {"u_1"})));
    CHECK(store.FindThread(kAcme, kAdas)->active_at == 1000);
  });
}

TEST_CASE("A move is found by the guest's thread and id until its thread is erased") {
  InEachStore([](Store& store) {
    Begin(store, kAdas, kAda, 1000);
    Begin(store, kGuests, kGuest, 1000);
    CHECK_FALSE(store.FindMoved(kAcme, kGuests, kGuest.id));
    store.AppendThread(kAcme, kGuests, kAdas);
    REQUIRE(store.FindMoved(kAcme, kGuests, kGuest.id));
    CHECK(store.FindMoved(kAcme, kGuests, kGuest.id)->id == kAdas);
    CHECK(store.FindMoved(kAcme, kGuests, kGuest.id)->owner == kAda);
    CHECK_FALSE(store.FindMoved(kAcme, kGuests, "another-guest-01"));
    CHECK_FALSE(store.FindMoved({"other"}, kGuests, kGuest.id));
    store.DeleteThread(kAcme, kAdas);
    CHECK_FALSE(store.FindMoved(kAcme, kGuests, kGuest.id));
  });
}

TEST_CASE("A move that was not committed has not happened") {
  const TemporaryFolder folder;
  auto store = OpenSqliteStore(folder.File("widgent.db"));
  Begin(*store, kAdas, kAda, 1000);
  Begin(*store, kGuests, kGuest, 1000);
  Talk(*store, kGuests, "1", kDone, 1000);
  REQUIRE(store->Commit());
  for (const bool is_append : {true, false}) {
    if (is_append) store->AppendThread(kAcme, kGuests, kAdas);
    else store->MoveThread(kAcme, kGuests, kAda);
    CHECK(store->FindMoved(kAcme, kGuests, kGuest.id));
    store.reset();
    store = OpenSqliteStore(folder.File("widgent.db"));
    REQUIRE(store->FindThread(kAcme, kGuests));
    CHECK(store->FindThread(kAcme, kGuests)->owner == kGuest);
    CHECK_FALSE(store->FindMoved(kAcme, kGuests, kGuest.id));
    CHECK_FALSE(IsUnverified(*store->FindMessage(kAcme, kGuests, {"u_1"})));
    CHECK(Ids(*store, kAdas).empty());
  }
}

TEST_CASE("Only a thread that exists can be moved") {
  const auto store = OpenSqliteStore(":memory:");
  Begin(*store, kAdas, kAda, 1000);
  CHECK_THROWS(store->MoveThread(kAcme, kGuests, kAda));
  CHECK_THROWS(store->AppendThread(kAcme, kGuests, kAdas));
  CHECK_THROWS(store->AppendThread(kAcme, kAdas, kGuests));
  CHECK(store->FindThread(kAcme, kAdas)->owner == kAda);
}

TEST_CASE("A message that is answered again loses the replies that did not end, and no other") {
  InEachStore([](Store& store) {
    Begin(store, kAdas, kAda, 1000);
    Talk(store, kAdas, "1", StoredMessage::Status::kInterrupted, 1000);
    Talk(store, kAdas, "2", StoredMessage::Status::kFailed, 1000);
    Talk(store, kAdas, "3", kDone, 1000);
    store.DeleteUnfinishedReplies(kAcme, kAdas, {"u_3"});
    store.DeleteUnfinishedReplies(kAcme, {"th_none"}, {"u_1"});
    CHECK(Ids(store, kAdas) == "u_1 m_1 u_2 m_2 u_3 m_3 ");
    store.DeleteUnfinishedReplies(kAcme, kAdas, {"u_1"});
    CHECK(Ids(store, kAdas) == "u_1 u_2 m_2 u_3 m_3 ");
    store.DeleteUnfinishedReplies(kAcme, kAdas, {"u_2"});
    CHECK(Ids(store, kAdas) == "u_1 u_2 u_3 m_3 ");
  });
}

}  // namespace
}  // namespace widgent
