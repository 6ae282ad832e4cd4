#include "store/sqlite_store.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "store/sqlite.h"
#include "store/temporary_folder.h"

namespace widgent {
namespace {

using Catch::Matchers::Contains;

const ProductId kAcme{"acme"}, kOther{"other"};
const Owner kAda{Owner::Kind::kUser, "ada"}, kGuestAda{Owner::Kind::kGuest, "ada"};

Thread MakeThread(std::string id, Owner owner = kAda, UnixMillis at = 1000) {
  return {.product = kAcme, .id = {std::move(id)}, .owner = std::move(owner), .created_at = at, .active_at = at};
}

StoredMessage MakeMessage(std::string id, std::string text, UnixMillis at = 1000) {
  StoredMessage message;
  message.id = {std::move(id)};
  message.run = {"r_1"};
  message.text = std::move(text);
  message.at = at;
  return message;
}

AuditRow MakeAuditRow(std::int64_t seq, std::string user, std::string action = "tool", UnixMillis at = 0) {
  return {.seq = seq,
          .at = at != 0 ? at : 1000 + seq,
          .user = std::move(user),
          .action = std::move(action),
          .outcome = seq % 2 == 0 ? "failure" : "success",
          .record = "{\"n\":" + std::to_string(seq) + "}",
          .prev_hash = "p" + std::to_string(seq),
          .hash = "h" + std::to_string(seq)};
}

std::vector<std::int64_t> Seqs(const std::vector<AuditRow>& rows) {
  std::vector<std::int64_t> seqs;
  for (const AuditRow& row : rows) seqs.push_back(row.seq);
  return seqs;
}

std::string FailureOfOpening(const std::string& path, bool read_only = false) {
  try {
    if (read_only) OpenSqliteStoreReadOnly(path);
    else OpenSqliteStore(path);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("A thread comes back as it was put, under its product alone") {
  const auto store = OpenSqliteStore(":memory:");
  Thread thread = MakeThread("th_1");
  thread.title = "Où est ma commande ? \xF0\x9F\x93\xA6";
  store->PutThread(thread);
  const auto found = store->FindThread(kAcme, {"th_1"});
  REQUIRE(found);
  CHECK(found->product == kAcme);
  CHECK(found->id.value == "th_1");
  CHECK(found->owner == kAda);
  CHECK(found->created_at == 1000);
  CHECK(found->title == thread.title);
  CHECK_FALSE(store->FindThread(kOther, {"th_1"}));
  CHECK_FALSE(store->FindThread(kAcme, {"th_2"}));
}

TEST_CASE("Putting a thread again renews its activity and title, never its owner") {
  const auto store = OpenSqliteStore(":memory:");
  store->PutThread(MakeThread("th_1"));
  Thread again = MakeThread("th_1", {Owner::Kind::kUser, "mallory"}, 5000);
  again.title = "hello";
  store->PutThread(again);
  const auto found = store->FindThread(kAcme, {"th_1"});
  REQUIRE(found);
  CHECK(found->owner == kAda);
  CHECK(found->created_at == 1000);
  CHECK(found->active_at == 5000);
  CHECK(found->title == "hello");
}

TEST_CASE("Threads are listed by owner, newest activity first, and a guest is not a user of the same name") {
  const auto store = OpenSqliteStore(":memory:");
  store->PutThread(MakeThread("th_1", kAda, 100));
  store->PutThread(MakeThread("th_2", kAda, 300));
  store->PutThread(MakeThread("th_3", kAda, 200));
  store->PutThread(MakeThread("th_g", kGuestAda, 400));
  const auto threads = store->ListThreads(kAcme, kAda, 2);
  REQUIRE(threads.size() == 2);
  CHECK(threads[0].id.value == "th_2");
  CHECK(threads[1].id.value == "th_3");
  CHECK(store->ListThreads(kAcme, kGuestAda, 10).size() == 1);
  CHECK(store->ListThreads(kOther, kAda, 10).empty());
}

TEST_CASE("Messages keep every byte and their order; the newest are listed oldest first") {
  const auto store = OpenSqliteStore(":memory:");
  store->PutThread(MakeThread("th_1"));
  const std::string odd("a\0b\xFF'\";--", 9);
  StoredMessage first = MakeMessage("m_1", odd);
  first.role = StoredMessage::Role::kAssistant;
  first.status = StoredMessage::Status::kInterrupted;
  first.metadata_json = R"({"citations":[]})";
  store->AppendMessage(kAcme, {"th_1"}, first);
  store->AppendMessage(kAcme, {"th_1"}, MakeMessage("m_2", ""));
  store->AppendMessage(kAcme, {"th_1"}, MakeMessage("m_0", "third"));
  const auto all = store->ListMessages(kAcme, {"th_1"}, 10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].text == odd);
  CHECK(all[0].role == StoredMessage::Role::kAssistant);
  CHECK(all[0].status == StoredMessage::Status::kInterrupted);
  CHECK(all[0].metadata_json == R"({"citations":[]})");
  CHECK(all[2].id.value == "m_0");
  const auto newest = store->ListMessages(kAcme, {"th_1"}, 2);
  REQUIRE(newest.size() == 2);
  CHECK(newest[0].id.value == "m_2");
  const auto found = store->FindMessage(kAcme, {"th_1"}, {"m_1"});
  REQUIRE(found);
  CHECK(found->run.value == "r_1");
  CHECK_FALSE(store->FindMessage(kOther, {"th_1"}, {"m_1"}));
}

TEST_CASE("A message that is appended twice is kept once, as it was first") {
  const auto store = OpenSqliteStore(":memory:");
  store->PutThread(MakeThread("th_1"));
  store->AppendMessage(kAcme, {"th_1"}, MakeMessage("m_1", "first"));
  store->AppendMessage(kAcme, {"th_1"}, MakeMessage("m_1", "second"));
  const auto all = store->ListMessages(kAcme, {"th_1"}, 10);
  REQUIRE(all.size() == 1);
  CHECK(all[0].text == "first");
}

TEST_CASE("A message or a run for a thread that does not exist is refused, and the rest of the turn is kept") {
  const auto store = OpenSqliteStore(":memory:");
  store->PutThread(MakeThread("th_1"));
  CHECK_THROWS_WITH(store->AppendMessage(kAcme, {"th_x"}, MakeMessage("m_1", "x")), Contains("no thread th_x"));
  CHECK_THROWS_WITH(store->PutRun(kOther, {"th_1"}, StoredRun{.id = {"r_1"}}), Contains("no thread th_1"));
  CHECK(store->Commit());
  CHECK(store->FindThread(kAcme, {"th_1"}));
}

TEST_CASE("Deleting a thread takes its messages and runs along") {
  const auto store = OpenSqliteStore(":memory:");
  store->PutThread(MakeThread("th_1"));
  store->PutThread(MakeThread("th_2"));
  for (const char* thread : {"th_1", "th_2"}) {
    store->AppendMessage(kAcme, {thread}, MakeMessage("m_1", "x"));
    store->PutRun(kAcme, {thread}, StoredRun{.id = {"r_1"}});
  }
  store->DeleteThread(kAcme, {"th_1"});
  CHECK_FALSE(store->FindThread(kAcme, {"th_1"}));
  store->PutThread(MakeThread("th_1"));
  CHECK(store->ListMessages(kAcme, {"th_1"}, 10).empty());
  CHECK_FALSE(store->FindRun(kAcme, {"th_1"}, {"r_1"}));
  CHECK(store->ListMessages(kAcme, {"th_2"}, 10).size() == 1);
}

TEST_CASE("A run is put again when it ends; runs left running by a crash become interrupted") {
  const auto store = OpenSqliteStore(":memory:");
  store->PutThread(MakeThread("th_1"));
  StoredRun run{.id = {"r_1"}, .input_sha256 = "abc", .message = {"m_1"}, .started_at = 7};
  store->PutRun(kAcme, {"th_1"}, run);
  run.status = StoredRun::Status::kDone;
  run.events = "id: r_1:1\ndata: {}\n\n";
  store->PutRun(kAcme, {"th_1"}, run);
  store->PutRun(kAcme, {"th_1"}, StoredRun{.id = {"r_2"}});
  store->PutRun(kAcme, {"th_1"}, StoredRun{.id = {"r_3"}});
  CHECK(store->InterruptRunningRuns() == 2);
  CHECK(store->InterruptRunningRuns() == 0);
  const auto done = store->FindRun(kAcme, {"th_1"}, {"r_1"});
  REQUIRE(done);
  CHECK(done->status == StoredRun::Status::kDone);
  CHECK(done->events == run.events);
  CHECK(done->input_sha256 == "abc");
  CHECK(done->message.value == "m_1");
  CHECK(done->started_at == 7);
  CHECK(store->FindRun(kAcme, {"th_1"}, {"r_2"})->status == StoredRun::Status::kInterrupted);
  CHECK_FALSE(store->FindRun(kAcme, {"th_1"}, {"r_9"}));
}

TEST_CASE("The audit head starts at nothing and follows the last row of its product") {
  const auto store = OpenSqliteStore(":memory:");
  CHECK(store->FindAuditHead(kAcme).count == 0);
  CHECK(store->FindAuditHead(kAcme).hash == std::string(64, '0'));
  CHECK(store->ListAuditedProducts().empty());
  store->AppendAudit(kAcme, MakeAuditRow(1, "ada"));
  store->AppendAudit(kAcme, MakeAuditRow(2, "bob"));
  store->AppendAudit(kOther, MakeAuditRow(1, "eve"));
  CHECK(store->FindAuditHead(kAcme).count == 2);
  CHECK(store->FindAuditHead(kAcme).hash == "h2");
  CHECK(store->FindAuditHead(kOther).hash == "h1");
  CHECK(store->ListAuditedProducts() == std::vector{std::min(kAcme, kOther), std::max(kAcme, kOther)});
  CHECK_THROWS(store->AppendAudit(kAcme, MakeAuditRow(2, "mallory")));
  CHECK(store->FindAudit(kAcme, {}).front().user == "bob");
}

TEST_CASE("The audit log is searched by user, action, outcome and time, newest first") {
  const auto store = OpenSqliteStore(":memory:");
  store->AppendAudit(kAcme, MakeAuditRow(1, "ada", "identify"));
  store->AppendAudit(kAcme, MakeAuditRow(2, "ada", "tool"));
  store->AppendAudit(kAcme, MakeAuditRow(3, "ada", "tool"));
  store->AppendAudit(kAcme, MakeAuditRow(4, "bob", "tool"));
  store->AppendAudit(kAcme, MakeAuditRow(5, "", "refused"));
  store->AppendAudit(kOther, MakeAuditRow(1, "ada", "tool"));
  const auto find = [&](AuditQuery query) { return Seqs(store->FindAudit(kAcme, query)); };
  using List = std::vector<std::int64_t>;
  CHECK(find({}) == List{5, 4, 3, 2, 1});
  CHECK(find({.limit = 2}) == List{5, 4});
  CHECK(find({.user = "ada"}) == List{3, 2, 1});
  CHECK(find({.user = "ada", .action = "tool"}) == List{3, 2});
  CHECK(find({.user = "ada", .action = "tool", .outcome = "failure"}) == List{2});
  CHECK(find({.action = "tool"}) == List{4, 3, 2});
  CHECK(find({.outcome = "failure"}) == List{4, 2});
  CHECK(find({.user = "ada", .since = 1002, .until = 1002}) == List{2});
  CHECK(find({.since = 1004}) == List{5, 4});
  CHECK(find({.user = "nobody"}).empty());
  const auto row = store->FindAudit(kAcme, {.user = "bob"}).at(0);
  CHECK(row.record == "{\"n\":4}");
  CHECK(row.prev_hash == "p4");
  CHECK(row.hash == "h4");
}

TEST_CASE("The audit log is paged from the row that a page has ended with, backward and forward") {
  const auto store = OpenSqliteStore(":memory:");
  // Rows 3 and 4 are of the same moment, and the clock went back before row 6.
  for (const auto& [seq, at] : {std::pair{1, 1001}, {2, 1002}, {3, 1003}, {4, 1003}, {5, 1005}, {6, 1004}})
    store->AppendAudit(kAcme, MakeAuditRow(seq, seq == 2 ? "bob" : "ada", "tool", at));
  store->AppendAudit(kOther, MakeAuditRow(1, "ada"));
  const auto find = [&](AuditQuery query) { return Seqs(store->FindAudit(kAcme, query)); };
  using List = std::vector<std::int64_t>;
  CHECK(find({.limit = 3}) == List{5, 6, 4});
  CHECK(find({.limit = 3, .before = 4}) == List{3, 2, 1});
  CHECK(find({.user = "ada", .limit = 2, .before = 4}) == List{3, 1});
  CHECK(find({.since = 1002, .before = 4}) == List{3, 2});
  CHECK(find({.before = 1}).empty());
  CHECK(find({.before = 0}).empty());
  CHECK(find({.before = 7}).size() == 6);
  CHECK(find({.before = INT64_MAX}).size() == 6);
  // The whole chain goes in its own order, as whoever verifies an export needs it.
  CHECK(find({.limit = 4, .after = 0}) == List{1, 2, 3, 4});
  CHECK(find({.limit = 4, .after = 4}) == List{5, 6});
  CHECK(find({.before = 6, .after = 4}) == List{5});
  CHECK(find({.after = 6}).empty());
  CHECK(find({.after = INT64_MAX}).empty());
  CHECK(find({.user = "ada", .limit = 2, .after = 0}) == List{1, 3});
  CHECK(find({.user = "ada", .limit = 2, .after = 3}) == List{4, 6});
  CHECK(find({.user = "ada", .limit = 2, .after = 6}) == List{5});
  CHECK(find({.until = 1003, .after = 2}) == List{3, 4});
  CHECK(find({.user = "ada", .after = 99}).empty());
}

TEST_CASE("Visiting the audit log goes in order and stops when told") {
  const auto store = OpenSqliteStore(":memory:");
  for (int seq = 1; seq <= 5; ++seq) store->AppendAudit(kAcme, MakeAuditRow(seq, "ada", "tool", 10'000 - seq));
  std::vector<std::int64_t> seen;
  const auto visit = [&](const AuditRow& row) {
    seen.push_back(row.seq);
    return row.seq < 3;
  };
  store->VisitAudit(kAcme, visit);
  CHECK(seen == std::vector<std::int64_t>{1, 2, 3});
  store->VisitAudit(kAcme, visit);
  CHECK(seen.size() == 6);
}

TEST_CASE(
    "AfterCommit waits for the Commit that makes the writes durable, and does not wait where nothing is pending") {
  const auto store = OpenSqliteStore(":memory:");
  int called = 0;
  store->AfterCommit([&] { ++called; });
  CHECK(called == 1);
  store->PutThread(MakeThread("th_1"));
  CHECK(store->HasPending());
  store->AfterCommit([&] {
    ++called;
    store->PutThread(MakeThread("th_2"));
    store->AfterCommit([&] { ++called; });
  });
  CHECK(called == 1);
  CHECK(store->Commit());
  CHECK(called == 2);
  CHECK(store->HasPending());
  CHECK(store->Commit());
  CHECK(called == 3);
  CHECK_FALSE(store->HasPending());
  CHECK(store->Commit());
  CHECK(called == 3);
}

TEST_CASE("A callback that throws does not keep the others from being called") {
  const auto store = OpenSqliteStore(":memory:");
  int called = 0;
  store->PutThread(MakeThread("th_1"));
  store->AfterCommit([] { throw std::runtime_error("mine"); });
  store->AfterCommit([&] { ++called; });
  CHECK_THROWS_WITH(store->Commit(), "mine");
  CHECK(called == 1);
  CHECK(store->FindThread(kAcme, {"th_1"}));
}

TEST_CASE("What was committed is there after opening again, and what was not is gone") {
  const TemporaryFolder folder;
  {
    const auto store = OpenSqliteStore(folder.File("s.db"));
    store->PutThread(MakeThread("th_1"));
    CHECK(store->Commit());
    store->PutThread(MakeThread("th_2"));
    CHECK(store->FindThread(kAcme, {"th_2"}));
  }
  const auto store = OpenSqliteStore(folder.File("s.db"));
  CHECK(store->FindThread(kAcme, {"th_1"}));
  CHECK_FALSE(store->FindThread(kAcme, {"th_2"}));
}

TEST_CASE("What was committed survives SIGKILL, and the callbacks came after it was durable") {
  const TemporaryFolder folder;
  int acknowledged[2];
  REQUIRE(::pipe(acknowledged) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto store = OpenSqliteStore(folder.File("s.db"));
    for (int n = 1;; ++n) {
      const std::string id = "th_" + std::to_string(n);
      store->PutThread(MakeThread(id));
      store->AppendMessage(kAcme, {id}, MakeMessage("m_1", "x"));
      store->AfterCommit([&] {
        if (::write(acknowledged[1], &n, sizeof n) != sizeof n) ::_exit(1);
      });
      if (!store->Commit()) ::_exit(1);
    }
  }
  ::close(acknowledged[1]);
  int last = 0;
  while (last < 20) REQUIRE(::read(acknowledged[0], &last, sizeof last) == sizeof last);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::read(acknowledged[0], &last, sizeof last) == sizeof last) {
  }
  ::close(acknowledged[0]);
  const auto store = OpenSqliteStore(folder.File("s.db"));
  for (int n = 1; n <= last; ++n) {
    CHECK(store->ListMessages(kAcme, {"th_" + std::to_string(n)}, 10).size() == 1);
  }
}

TEST_CASE("A disk that refuses keeps nothing of the transaction, calls nobody, and the next one may pass") {
  const TemporaryFolder folder;
  const std::string path = folder.File("s.db");
  const auto store = OpenSqliteStore(path);
  store->PutThread(MakeThread("th_1"));
  REQUIRE(store->Commit());
  bool called = false;
  {
    // Another program holds the only write lock for longer than the store waits.
    sqlite::Database other(path, sqlite::Database::Mode::kReadWrite);
    other.Execute("BEGIN IMMEDIATE");
    store->PutThread(MakeThread("th_2"));
    store->AppendMessage(kAcme, {"th_2"}, MakeMessage("m_1", "x"));
    store->AfterCommit([&] { called = true; });
    CHECK(store->HasPending());
    CHECK_FALSE(store->Commit());
    CHECK_THAT(store->LastError(), Contains("locked"));
  }
  CHECK_FALSE(called);
  CHECK_FALSE(store->HasPending());
  CHECK_FALSE(store->FindThread(kAcme, {"th_2"}));
  store->PutThread(MakeThread("th_3"));
  CHECK(store->Commit());
  CHECK_FALSE(called);
  CHECK(store->FindThread(kAcme, {"th_3"}));
}

TEST_CASE("A full disk in the middle of a transaction takes back what came before it") {
  const TemporaryFolder folder;
  const std::string path = folder.File("s.db");
  const auto store = OpenSqliteStore(path);
  store->PutThread(MakeThread("th_1"));
  REQUIRE(store->Commit());
  // In a child, where a limit on the size of files stands for the full disk.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto full = OpenSqliteStore(path);
    full->PutThread(MakeThread("th_2"));
    struct rlimit limit {
      .rlim_cur = 256 * 1024, .rlim_max = 256 * 1024
    };
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (int n = 0; n < 100; ++n) {
      full->AppendMessage(kAcme, {"th_2"}, MakeMessage("m_" + std::to_string(n), std::string(100'000, 'x')));
    }
    bool called = false;
    full->AfterCommit([&] { called = true; });
    const bool committed = full->Commit();
    ::_exit(committed || called || full->FindThread(kAcme, {"th_2"}) || !full->FindThread(kAcme, {"th_1"}) ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK_FALSE(store->FindThread(kAcme, {"th_2"}));
}

TEST_CASE("A reader follows a running server, and cannot write") {
  const TemporaryFolder folder;
  const std::string path = folder.File("s.db");
  const auto server = OpenSqliteStore(path);
  server->AppendAudit(kAcme, MakeAuditRow(1, "ada"));
  REQUIRE(server->Commit());
  const auto reader = OpenSqliteStoreReadOnly(path);
  CHECK(reader->FindAudit(kAcme, {}).size() == 1);
  server->AppendAudit(kAcme, MakeAuditRow(2, "ada"));
  CHECK(reader->FindAudit(kAcme, {}).size() == 1);
  REQUIRE(server->Commit());
  CHECK(reader->FindAudit(kAcme, {}).size() == 2);
  reader->PutThread(MakeThread("th_1"));
  CHECK_FALSE(reader->Commit());
  CHECK_FALSE(server->FindThread(kAcme, {"th_1"}));
}

TEST_CASE("A store that no server has open can be read, also after a crash") {
  const TemporaryFolder folder;
  const std::string path = folder.File("s.db");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto store = OpenSqliteStore(path);
    store->AppendAudit(kAcme, MakeAuditRow(1, "ada"));
    store->Commit();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  CHECK(OpenSqliteStoreReadOnly(path)->FindAudit(kAcme, {}).size() == 1);
  OpenSqliteStore(path);
  CHECK(OpenSqliteStoreReadOnly(path)->FindAudit(kAcme, {}).size() == 1);
}

TEST_CASE("A store of a newer Widgent, of another program, or none at all is refused with a sentence") {
  const TemporaryFolder folder;
  const std::string newer = folder.File("newer.db");
  OpenSqliteStore(newer);
  sqlite::Database(newer, sqlite::Database::Mode::kReadWrite).Execute("PRAGMA user_version = 99");
  CHECK_THAT(FailureOfOpening(newer), Contains("newer.db") && Contains("newer Widgent (schema 99"));
  CHECK_THAT(FailureOfOpening(newer, true), Contains("newer Widgent"));

  const std::string foreign = folder.File("foreign.db");
  sqlite::Database(foreign, sqlite::Database::Mode::kReadWrite).Execute("CREATE TABLE t (a)");
  CHECK_THAT(FailureOfOpening(foreign), Contains("another program"));

  const std::string text = folder.File("text.db");
  {
    FILE* file = std::fopen(text.c_str(), "w");
    std::fputs(std::string(5000, 'x').c_str(), file);
    std::fclose(file);
  }
  CHECK_THAT(FailureOfOpening(text), Contains("not a database"));
  CHECK_THAT(FailureOfOpening(folder.File("absent.db"), true), Contains("cannot be opened"));
  CHECK_THAT(FailureOfOpening(folder.File("absent/s.db")), Contains("cannot be opened"));
  CHECK_FALSE(std::filesystem::exists(folder.File("absent.db")));

  const std::string empty = folder.File("empty.db");
  sqlite::Database(empty, sqlite::Database::Mode::kReadWrite).Execute("PRAGMA user_version = 0");
  CHECK_THAT(FailureOfOpening(empty, true), Contains("start the server once"));
}

TEST_CASE("The file of a new store can be read by its owner alone") {
  const TemporaryFolder folder;
  const auto store = OpenSqliteStore(folder.File("s.db"));
  store->PutThread(MakeThread("th_1"));
  REQUIRE(store->Commit());
  for (const char* name : {"s.db", "s.db-wal", "s.db-shm"}) {
    struct stat status {};
    REQUIRE(::stat(folder.File(name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

TEST_CASE("A question that is asked again is counted, and an endless one is cut at a whole character") {
  const auto store = OpenSqliteStore(":memory:");
  store->RecordUnanswered(kAcme, "do you ship to Mars?", 1);
  store->RecordUnanswered(kAcme, "do you ship to Mars?", 2);
  std::string endless = "a";
  while (endless.size() < 2000) endless += "\xC3\xA9";
  store->RecordUnanswered(kAcme, endless, 3);
  const auto all = store->ListUnanswered(kAcme, 10);
  REQUIRE(all.size() == 2);
  CHECK(all[0].text == "do you ship to Mars?");
  CHECK(all[0].times == 2);
  CHECK(all[0].first_at == 1);
  CHECK(all[0].last_at == 2);
  CHECK(all[1].text == endless.substr(0, 511));
}

TEST_CASE("Of the questions without an answer the latest thousand are kept, and all of one product can be dropped") {
  const auto store = OpenSqliteStore(":memory:");
  for (int i = 0; i < Store::kUnansweredMax + 5; ++i) store->RecordUnanswered(kAcme, std::to_string(i), i);
  store->RecordUnanswered(ProductId{"other"}, "why?", 1);
  const auto all = store->ListUnanswered(kAcme, 2000);
  REQUIRE(all.size() == Store::kUnansweredMax);
  CHECK(all.front().text == std::to_string(Store::kUnansweredMax + 4));
  CHECK(all.back().text == "5");
  store->DeleteUnanswered(kAcme);
  CHECK(store->ListUnanswered(kAcme, 10).empty());
  CHECK(store->ListUnanswered(ProductId{"other"}, 10).size() == 1);
}

TEST_CASE("Searching the audit log uses an index for what is asked and for where the page begins") {
  const TemporaryFolder folder;
  const std::string path = folder.File("s.db");
  const auto store = OpenSqliteStore(path);
  sqlite::Database database(path, sqlite::Database::Mode::kReadOnly);
  const std::string page = "AND (at, seq) > (?2, ?3) AND (at, seq) < (?4, ?5) ";
  const std::string backward = "ORDER BY at DESC, seq DESC LIMIT ?6", forward = "ORDER BY at, seq LIMIT ?6";
  const auto [where, expected] = GENERATE_COPY(table<std::string, std::string>(
      {{page + "AND user = ?7 AND user <> '' " + backward, "audit_by_user (product=? AND user=? AND (at,seq)>(?,?)"},
       {page + "AND user = ?7 AND user <> '' AND +action = ?8 " + backward, "audit_by_user (product=? AND user=? AND "},
       {page + "AND action = ?8 " + forward, "audit_by_action (product=? AND action=? AND (at,seq)>(?,?)"},
       {page + "AND outcome = ?9 " + backward, "audit_by_time (product=? AND (at,seq)>(?,?) AND (at,seq)<(?,?))"},
       {"AND seq > ?3 AND seq < ?5 ORDER BY seq LIMIT ?6", "(product=? AND seq>? AND seq<?)"}}));
  sqlite::Query row(database,
                    "EXPLAIN QUERY PLAN SELECT seq, record FROM audit WHERE product = ?1 AND ?2 = ?2 AND ?4 = ?4 AND "
                    "?7 = ?7 AND ?8 = ?8 AND ?9 = ?9 " +
                        where);
  std::string plan;
  while (row.Step()) plan += row.Text(3) + "\n";
  CHECK_THAT(plan, Contains(expected));
  CHECK_THAT(plan, !Contains("TEMP B-TREE"));
}

}  // namespace
}  // namespace widgent
