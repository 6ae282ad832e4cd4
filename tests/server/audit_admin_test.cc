// The audit log over HTTP: searched, paged, and exported so that it can be verified elsewhere.
#include <sstream>

#include "audit/audit.h"
#include "server/admin_world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

struct Audited : AdminWorld {
  Audited() {
    AuditLog log(*world.store);
    for (const char* sub : {"ada", "bob", "ada", "a+b c/ë", "ada"}) {
      User user;
      user.sub = sub;
      IdentityAct act;
      act.kind = IdentityAct::Kind::kRevoke;
      act.identity = std::move(user);
      act.by = "command line";
      world.loop.Advance(1000);
      log.Write({{"acme"}, "", "req_1", ""}, act, world.loop.Now());
    }
    log.Write({{"other"}, "", "req_1", ""}, AdminAct(), world.loop.Now());
    world.store->Commit();
  }
  // The seqs of the answered records.
  std::vector<int> Seqs(const std::string& query) {
    const Answer answer = Send("GET", "/audit" + query);
    REQUIRE(answer->status == 200);
    std::vector<int> seqs;
    std::istringstream lines(answer->body);
    for (std::string line; std::getline(lines, line);)
      seqs.push_back(json::parse(line)["unmapped"]["widgent"]["seq"].get<int>());
    return seqs;
  }
};
using List = std::vector<int>;

}  // namespace

TEST_CASE("The log is searched by user, action, outcome and time") {
  Audited audited;
  const auto [query, seqs] = GENERATE(table<std::string, List>({{"", {5, 4, 3, 2, 1}},
                                                                {"?", {5, 4, 3, 2, 1}},
                                                                {"?user=ada", {5, 3, 1}},
                                                                {"?user=nobody", {}},
                                                                {"?user=a%2Bb+c%2F%C3%AB", {4}},
                                                                {"?user=&action=", {5, 4, 3, 2, 1}},
                                                                {"?action=revoke&outcome=success&limit=2", {5, 4}},
                                                                {"?action=tool", {}},
                                                                {"?outcome=failure", {}},
                                                                {"?since=2026-01-01T00:00:04Z", {5, 4}},
                                                                {"?since=2026-01-01T00:00:02.000Z&until="
                                                                 "2026-01-01T00%3A00%3A03Z&user=ada",
                                                                 {3}}}));
  CAPTURE(query);
  CHECK(audited.Seqs(query) == seqs);
}

TEST_CASE("The log is paged backward by before, and forward by after") {
  Audited audited;
  const auto [query, seqs] = GENERATE(table<std::string, List>({{"?limit=2", {5, 4}},
                                                                {"?limit=2&before=4", {3, 2}},
                                                                {"?limit=2&before=2", {1}},
                                                                {"?before=1", {}},
                                                                {"?before=0", {}},
                                                                {"?user=ada&before=5", {3, 1}},
                                                                {"?after=0", {1, 2, 3, 4, 5}},
                                                                {"?after=0&limit=2", {1, 2}},
                                                                {"?after=2&limit=2", {3, 4}},
                                                                {"?after=5", {}},
                                                                {"?after=9223372036854775807", {}},
                                                                {"?before=9223372036854775807&limit=1", {5}},
                                                                {"?after=1&before=4", {2, 3}},
                                                                {"?user=ada&after=1", {3, 5}}}));
  CAPTURE(query);
  CHECK(audited.Seqs(query) == seqs);
}

TEST_CASE("An export page by page is the chain, and holds") {
  Audited audited;
  std::string all;
  for (int after = 0; after < 5; after += 2)
    all += audited.Send("GET", "/audit?limit=2&after=" + std::to_string(after))->body;
  std::istringstream lines(all);
  CHECK_FALSE(VerifyAuditExport(lines));
  const json head = audited.Get("/audit/head");
  CHECK(head["count"] == 5);
  CHECK(all.find(head["hash"].get<std::string>()) != std::string::npos);
  std::istringstream cut(all.substr(all.find('\n') + 1));
  CHECK(VerifyAuditExport(cut));
}

TEST_CASE("Records are answered as NDJSON that no cache keeps") {
  Audited audited;
  const Answer answer = audited.Send("GET", "/audit");
  CHECK(answer->Header("Content-Type") == "application/x-ndjson");
  CHECK(answer->Header("Cache-Control") == "no-store");
}

TEST_CASE("A question to the log that is none is refused by the name of what is wrong") {
  Audited audited;
  const auto [query, named] = GENERATE(table<std::string, std::string>({{"?usr=ada", "usr"},
                                                                        {"?=ada", "\"\""},
                                                                        {"?ada", "ada"},
                                                                        {"?user=ada&user=bob", "user"},
                                                                        {"?user=%", "user"},
                                                                        {"?user=%zz", "user"},
                                                                        {"?user=%00", "user"},
                                                                        {"?user=%FF", "user"},
                                                                        {"?user=" + std::string(300, 'x'), "user"},
                                                                        {"?action=drop+table", "action"},
                                                                        {"?outcome=ok", "outcome"},
                                                                        {"?since=yesterday", "since"},
                                                                        {"?until=2026-01-01", "until"},
                                                                        {"?until=99999999999999999999", "until"},
                                                                        {"?before=-1", "before"},
                                                                        {"?before=1.5", "before"},
                                                                        {"?after=9223372036854775808", "after"},
                                                                        {"?after=0x1", "after"},
                                                                        {"?limit=0", "limit"},
                                                                        {"?limit=1001", "limit"},
                                                                        {"?limit=+5", "limit"},
                                                                        {"?limit=99999999999999999999", "limit"},
                                                                        {"?%75ser=ada", "%75ser"}}));
  CAPTURE(query);
  const Answer refused = audited.Send("GET", "/audit" + query);
  CHECK(refused->status == 400);
  CHECK(refused->Code() == "invalid_input");
  CHECK(refused->Json()["detail"].get<std::string>().find(named) != std::string::npos);
}

TEST_CASE("A page of long records is cut where it is long enough, and the next one goes on") {
  Audited audited;
  AuditLog log(*audited.world.store);
  AdminAct act;
  act.what = std::string(3u << 20, 'x');
  for (int i = 0; i < 3; ++i) log.Write({{"acme"}, "", "req_1", ""}, act, audited.world.loop.Now());
  CHECK(audited.Seqs("?after=5") == List{6, 7});
  CHECK(audited.Seqs("?after=7") == List{8});
}
