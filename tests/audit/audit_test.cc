#include "audit/audit.h"

#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "audit/chain.h"
#include "identity/crypto.h"
#include "support/memory_store.h"

using namespace widgent;

namespace {

constexpr UnixMillis kNow = 1'767'225'600'000;
const ProductId kAcme{"acme"};

User Ana() {
  User user;
  user.sub = "u_42";
  user.name = "Ana";
  user.expires_at_s = kNow / 1000 + 3600;
  return user;
}

IdentityAct Identify(Identity identity) {
  IdentityAct act;
  act.identity = std::move(identity);
  return act;
}

ToolAct Tool(ToolAct::Stage stage, bool success = false) {
  ToolAct act;
  act.stage = stage;
  act.identity = Ana();
  act.tool = "get_order";
  act.success = success;
  return act;
}

// Ten records about Ana, guests and tools.
void Fill(test::MemoryStore& store, const ProductId& product = kAcme) {
  AuditLog log(store);
  const AuditContext context{product, "th_01", "r_01", "203.0.113.7"};
  IdentityAct refused = Identify(Anonymous{});
  refused.kind = IdentityAct::Kind::kRefused;
  refused.code = "invalid_signature";
  UnixMillis now = kNow;
  for (int i = 0; i < 2; ++i) {
    log.Write(context, refused, now++);
    log.Write(context, Identify(Ana()), now++);
    log.Write(context, Tool(ToolAct::Stage::kAttempt), now++);
    log.Write(context, Tool(ToolAct::Stage::kResult, true), now++);
    log.Write(context, Tool(ToolAct::Stage::kDenied), now++);
  }
}

std::string Export(test::MemoryStore& store) {
  std::string lines;
  store.VisitAudit(kAcme, [&](const AuditRow& row) {
    lines += ExportRecord(row) + "\n";
    return true;
  });
  return lines;
}

}  // namespace

TEST_CASE("Acts are found by who, what and how it ended") {
  test::MemoryStore store;
  Fill(store);
  CHECK(store.FindAudit(kAcme, {.user = "u_42"}).size() == 8);
  CHECK(store.FindAudit(kAcme, {.action = "identify"}).size() == 2);
  CHECK(store.FindAudit(kAcme, {.action = "tool", .outcome = "attempt"}).size() == 2);
  CHECK(store.FindAudit(kAcme, {.action = "tool", .outcome = "success"}).size() == 2);
  CHECK(store.FindAudit(kAcme, {.action = "tool", .outcome = "denied"}).size() == 2);
  CHECK(store.FindAudit(kAcme, {.action = "refused", .outcome = "failure"}).size() == 2);
  AuditLog log(store);
  log.Write({kAcme, "", "", ""}, Tool(ToolAct::Stage::kResult, false), kNow + 100);
  CHECK(store.FindAudit(kAcme, {.outcome = "failure", .since = kNow + 100}).size() == 1);
  IdentityAct act = Identify(Ana());
  act.kind = IdentityAct::Kind::kSignOut;
  log.Write({kAcme, "", "", ""}, act, kNow + 101);
  act.kind = IdentityAct::Kind::kSwitch;
  log.Write({kAcme, "", "", ""}, act, kNow + 102);
  CHECK(store.FindAudit(kAcme, {.action = "sign_out"}).size() == 1);
  CHECK(store.FindAudit(kAcme, {.action = "switch"}).size() == 1);
  CHECK_FALSE(VerifyAudit(store, kAcme));
}

TEST_CASE("Each record is chained to the one before, in a way that a shell can check") {
  test::MemoryStore store;
  Fill(store);
  const auto& rows = store.audit[kAcme];
  REQUIRE(rows.size() == 10);
  CHECK(rows[0].prev_hash == std::string(64, '0'));
  CHECK(rows[0].seq == 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i].hash == Hex(Sha256(rows[i].prev_hash + rows[i].record)));
    if (i > 0) CHECK(rows[i].prev_hash == rows[i - 1].hash);
  }
}

TEST_CASE("Products have chains of their own") {
  test::MemoryStore store;
  const ProductId other{"other"};
  Fill(store);
  Fill(store, other);
  CHECK(store.audit[other][0].seq == 1);
  CHECK(store.audit[other][0].prev_hash == std::string(64, '0'));
  CHECK_FALSE(VerifyAudit(store, kAcme));
  store.audit[other][4].record[5] ^= 1;
  CHECK_FALSE(VerifyAudit(store, kAcme));
  CHECK(VerifyAudit(store, other));
  store.audit[other] = store.audit[kAcme];
  REQUIRE(VerifyAudit(store, other));
  CHECK(VerifyAudit(store, other)->seq == 1);
}

TEST_CASE("An empty log holds") {
  test::MemoryStore store;
  CHECK_FALSE(VerifyAudit(store, kAcme));
  std::istringstream lines("");
  CHECK_FALSE(VerifyAuditExport(lines));
}

TEST_CASE("Whatever is done to a record, the first broken one is named") {
  struct Harm {
    const char* what;
    std::function<void(std::vector<AuditRow>&)> act;
    std::int64_t seq;
    const char* detail;
  };
  const Harm harms[] = {
      {"text", [](auto& rows) { rows[3].record[40] ^= 1; }, 4, "text was changed"},
      {"text of the first", [](auto& rows) { rows[0].record.back() = ' '; }, 1, "text was changed"},
      {"text of the last", [](auto& rows) { rows[9].record += " "; }, 10, "text was changed"},
      {"hash", [](auto& rows) { rows[3].hash[0] ^= 1; }, 4, "text was changed"},
      {"prev_hash", [](auto& rows) { rows[3].prev_hash[0] ^= 1; }, 4, "does not follow"},
      {"text and hash",
       [](auto& rows) {
         rows[3].record = "{}";
         rows[3].hash = ChainHash(rows[3].prev_hash, "{}");
       },
       4, "columns"},
      {"text that is no JSON",
       [](auto& rows) {
         rows[9].record = "x";
         rows[9].hash = ChainHash(rows[9].prev_hash, "x");
       },
       10, "columns"},
      {"user", [](auto& rows) { rows[3].user = "u_43"; }, 4, "columns"},
      {"user removed", [](auto& rows) { rows[3].user = ""; }, 4, "columns"},
      {"user of a guest", [](auto& rows) { rows[0].user = "u_43"; }, 1, "columns"},
      {"action", [](auto& rows) { rows[3].action = "identify"; }, 4, "columns"},
      {"outcome", [](auto& rows) { rows[4].outcome = "success"; }, 5, "columns"},
      {"time", [](auto& rows) { rows[3].at += 1; }, 4, "columns"},
      {"removed", [](auto& rows) { rows.erase(rows.begin() + 3); }, 4, "missing: the next one found is 5"},
      {"removed first", [](auto& rows) { rows.erase(rows.begin()); }, 1, "missing"},
      {"removed and renumbered",
       [](auto& rows) {
         rows.erase(rows.begin() + 3);
         for (std::size_t i = 3; i < rows.size(); ++i) rows[i].seq = static_cast<std::int64_t>(i) + 1;
       },
       4, "does not follow"},
      {"swapped", [](auto& rows) { std::swap(rows[3], rows[4]); }, 4, "missing"},
      {"swapped and renumbered",
       [](auto& rows) {
         std::swap(rows[3], rows[4]);
         std::swap(rows[3].seq, rows[4].seq);
       },
       4, "does not follow"},
      {"doubled", [](auto& rows) { rows.insert(rows.begin() + 3, rows[2]); }, 3, "stands behind record 3"},
      {"inserted",
       [](auto& rows) {
         AuditRow row = rows[9];
         row.seq = 11;
         rows.push_back(row);
       },
       11, "does not follow"},
      {"seq", [](auto& rows) { rows[9].seq = 12; }, 10, "missing"},
      {"seq of zero", [](auto& rows) { rows[0].seq = 0; }, 0, "stands behind record 0"},
  };
  for (const Harm& harm : harms) {
    INFO(harm.what);
    test::MemoryStore store;
    Fill(store);
    harm.act(store.audit[kAcme]);
    const auto fault = VerifyAudit(store, kAcme);
    REQUIRE(fault);
    CHECK(fault->seq == harm.seq);
    CHECK_THAT(fault->detail, Catch::Contains(harm.detail));
  }
}

TEST_CASE("A head that does not fit the records is a fault") {
  class WrongHead : public test::MemoryStore {
   public:
    AuditHead head;
    AuditHead FindAuditHead(const ProductId&) override { return head; }
  };
  test::MemoryStore good;
  Fill(good);
  WrongHead store;
  store.audit = good.audit;
  store.head = good.FindAuditHead(kAcme);
  CHECK_FALSE(VerifyAudit(store, kAcme));
  store.head.count = 12;
  REQUIRE(VerifyAudit(store, kAcme));
  CHECK(VerifyAudit(store, kAcme)->seq == 11);
  store.head = {10, std::string(64, 'a')};
  REQUIRE(VerifyAudit(store, kAcme));
  CHECK(VerifyAudit(store, kAcme)->seq == 10);
  store.head = {9, good.audit[kAcme][8].hash};
  CHECK(VerifyAudit(store, kAcme));
}

TEST_CASE("No change of a single byte of a record passes") {
  test::MemoryStore store;
  Fill(store);
  AuditRow& row = store.audit[kAcme][3];
  for (char& c : row.record) {
    c ^= 1;
    const auto fault = VerifyAudit(store, kAcme);
    REQUIRE(fault);
    REQUIRE(fault->seq == 4);
    c ^= 1;
  }
  CHECK_FALSE(VerifyAudit(store, kAcme));
}

TEST_CASE("An export holds the hash within each record and can be checked without the store") {
  test::MemoryStore store;
  Fill(store);
  const std::string lines = Export(store);
  const auto first = nlohmann::json::parse(lines.substr(0, lines.find('\n')));
  CHECK(first["unmapped"]["widgent"]["hash"] == store.audit[kAcme][0].hash);

  const auto verify = [](const std::string& text) {
    std::istringstream stream(text);
    const auto fault = VerifyAuditExport(stream);
    return fault ? std::to_string(fault->seq) + " " + fault->detail : "holds";
  };
  CHECK(verify(lines) == "holds");
  CHECK_THAT(verify(lines.substr(lines.find('\n') + 1)), Catch::StartsWith("1 it is missing"));
  CHECK_THAT(verify("\n"), Catch::StartsWith("1 its line"));
  CHECK_THAT(verify(lines + "{}\n"), Catch::StartsWith("11 its line"));
  CHECK_THAT(verify(lines.substr(0, lines.size() - 20)), Catch::StartsWith("10 its line"));
  const std::string tail = R"(,"hash":")" + std::string(64, 'a') + R"("}}})";
  CHECK_THAT(verify("x" + tail), Catch::StartsWith("1 its line"));
  CHECK_THAT(verify(R"({"a":{"b":{"c":"")" + tail), Catch::StartsWith("1 its line"));
  CHECK_THAT(verify(R"({"unmapped":{"widgent":{"seq":1)" + tail), Catch::StartsWith("1 its line"));
  CHECK_THAT(verify(R"({"unmapped":{"widgent":{"seq":1,"prev_hash":7)" + tail), Catch::StartsWith("1 its line"));

  std::string changed = lines;
  changed[changed.find("get_order")] = 'G';
  CHECK_THAT(verify(changed), Catch::StartsWith("3 its text was changed"));
}
