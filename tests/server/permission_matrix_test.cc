// Who may use which tool, through the whole server: the product is read from its file, the visitor comes with a signed
// token, the model sees what its endpoint is sent and asks for the tool whether it was offered or not, and the audit
// log is read from the store.

#include <sstream>

#include "server/hostile_world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

struct Person {
  std::string description;
  std::string claims;            // of the token, without times; empty: there is no token
  std::int64_t age_s = 60;       // since `iat`; 0: the token does not tell
  std::int64_t left_s = 1800;    // until `exp`
  bool comes_after_pro = false;  // in this browser `pro` was signed in before
};

constexpr char kPro[] = R"({"sub":"u_pro","scope":"orders:read orders:write","roles":["member","support"],
                            "metadata":{"plan":"pro","level":3,"tenant":"t1"}})";

const std::map<std::string, Person> kPeople = {
    {"guest", {"somebody without a token", ""}},
    {"ended", {"a user whose token has ended", kPro, 3600, -100}},
    {"plain", {"a user of whom nothing but the name is known", R"({"sub":"u_plain","name":"Paula"})"}},
    {"member", {"a user with one scope and one role", R"({"sub":"u_member","scope":"orders:read","roles":["member"],
                 "metadata":{"plan":"free","level":1,"tenant":"t1"}})"}},
    {"pro", {"a user with everything", kPro}},
    {"old", {"the same, signed in twenty minutes ago", kPro, 1200}},
    {"undated", {"the same, with a token that does not tell since when", kPro, 0}},
    {"lists", {"a user whose claims have the other forms", R"({"sub":"u_lists","scopes":["orders:read","orders:write"],
                "role":"support","metadata":{"plan":"enterprise","level":2,"tenant":7}})"}},
    {"odd", {"a user whose claims are nearly right", R"({"sub":"u_odd","scope":"orders:READ xorders:write",
              "roles":{"support":true},"metadata":{"plan":["pro"],"level":"3","tenant":null}})"}},
    {"next", {"another user, after an account switch", R"({"sub":"u_next","name":"Nick"})", 60, 1800, true}},
    {"ends", {"a user whose token ends while the model thinks", kPro, 60, 5}},
};

// What a tool's configuration says besides the usual.
const std::map<std::string, std::string> kDemands = {
    {"nothing", "{}"},
    {"identified", R"({"requires":{"identified":true}})"},
    {"scope", R"({"requires":{"scopes":["orders:read"]}})"},
    {"scopes", R"({"requires":{"scopes":["orders:read","orders:write"]}})"},
    {"role", R"({"requires":{"roles":["support"]}})"},
    {"plan-in", R"({"requires":{"claims":[{"path":"/metadata/plan","in":["pro","enterprise"]}]}})"},
    {"plan-equals", R"({"requires":{"claims":[{"path":"/metadata/plan","equals":"free"}]}})"},
    {"plan-absent", R"({"requires":{"claims":[{"path":"/metadata/plan","exists":false}]}})"},
    {"tenant-exists", R"({"requires":{"claims":[{"path":"/metadata/tenant","exists":true}]}})"},
    {"level-gte", R"({"requires":{"claims":[{"path":"/metadata/level","gte":2}]}})"},
    {"level-lte", R"({"requires":{"claims":[{"path":"/metadata/level","lte":2}]}})"},
    {"level-between", R"({"requires":{"claims":[{"path":"/metadata/level","gte":2,"lte":2}]}})"},
    {"list-element", R"({"requires":{"claims":[{"path":"/roles/1","equals":"support"}]}})"},
    {"two-claims", R"({"requires":{"claims":[{"path":"/metadata/plan","equals":"pro"},
                                             {"path":"/metadata/level","gte":3}]}})"},
    {"token-age", R"({"requires":{"max_token_age_s":900}})"},
    {"bind-tenant", R"({"bind":{"tenant_id":"/metadata/tenant"}})"},
    {"bind-sub", R"({"bind":{"customer_id":"/sub"}})"},
    {"all", R"({"requires":{"identified":true,"scopes":["orders:write"],"roles":["support"],
                            "claims":[{"path":"/metadata/plan","in":["pro"]}],"max_token_age_s":900},
                "bind":{"tenant_id":"/metadata/tenant"}})"},
    {"approval", R"({"effect":"write","approval":{"by":"user","message":"Do it?"}})"},
    {"role-approval", R"({"effect":"delete","requires":{"roles":["support"]},
                          "approval":{"by":"user","message":"Do it?"}})"},
};

// What becomes of a call. `runs`: offered, executed, audited as an attempt and a success. `asks`: offered, and nothing
// is executed before the user's yes. `ends`: offered, not executed, denied. The others: neither offered nor executed,
// and denied where the model asks all the same.
const std::map<std::string, std::string> kDeniedAs = {
    {"who", "identity_required"}, {"scope", "scope_missing"}, {"role", "role_missing"},  {"claim", "claim_mismatch"},
    {"bind", "claim_missing"},    {"age", "token_too_old"},   {"ends", "token_expired"},
};

constexpr char kMatrix[] = R"(
               guest ended plain member pro   old   undated lists odd   next  ends
nothing        runs  runs  runs  runs   runs  runs  runs    runs  runs  runs  ends
identified     who   who   runs  runs   runs  runs  runs    runs  runs  runs  ends
scope          who   who   scope runs   runs  runs  runs    runs  scope scope ends
scopes         who   who   scope scope  runs  runs  runs    runs  scope scope ends
role           who   who   role  role   runs  runs  runs    runs  role  role  ends
plan-in        who   who   claim claim  runs  runs  runs    runs  claim claim ends
plan-equals    who   who   claim runs   claim claim claim   claim claim claim claim
plan-absent    who   who   runs  claim  claim claim claim   claim claim runs  claim
tenant-exists  who   who   claim runs   runs  runs  runs    runs  runs  claim ends
level-gte      who   who   claim claim  runs  runs  runs    runs  claim claim ends
level-lte      who   who   claim runs   claim claim claim   runs  claim claim claim
level-between  who   who   claim claim  claim claim claim   runs  claim claim claim
list-element   who   who   claim claim  runs  runs  runs    claim claim claim ends
two-claims     who   who   claim claim  runs  runs  runs    claim claim claim ends
token-age      who   who   runs  runs   runs  age   age     runs  runs  runs  ends
bind-tenant    who   who   bind  runs   runs  runs  runs    runs  runs  bind  ends
bind-sub       who   who   runs  runs   runs  runs  runs    runs  runs  runs  ends
all            who   who   scope scope  runs  age   age     claim scope scope ends
approval       who   who   asks  asks   asks  asks  asks    asks  asks  asks  ends
role-approval  who   who   role  role   asks  asks  asks    asks  role  role  ends
)";

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// The token of `person` as their backend would sign it now.
std::string TokenOf(const Person& person, UnixMillis now) {
  if (person.claims.empty()) return "";
  json claims = json::parse(person.claims);
  const std::int64_t now_s = now / 1000;
  if (person.age_s > 0) claims["iat"] = now_s - person.age_s;
  claims["exp"] = now_s + person.left_s;
  return SignToken(claims.dump());
}

void CheckCell(const Person& person, const json& demand, const std::string& verdict) {
  HostileWorld world(ReadShop({ShopTool("act", demand), ShopTool("other")}));
  if (person.comes_after_pro) {
    world.script = {{{"act"}}};
    world.Run({.token = TokenOf(kPeople.at("pro"), world.loop.Now())}, {.thread = "th_0", .run = "r_0", .id = "u_0"});
    world.Clear();
  }
  world.script = {{{"act"}}};
  world.think_ms = person.left_s < 10 ? 10'000 : 0;
  const Answer answer = world.Run({.token = TokenOf(person, world.loop.Now()), .guest = kGuest}, {});
  REQUIRE(answer->status == 200);

  const bool is_offered = verdict == "runs" || verdict == "asks" || verdict == "ends";
  const std::vector<std::string> offered = world.Offered();
  CHECK(std::count(offered.begin(), offered.end(), "act") == (is_offered ? 1 : 0));
  CHECK(std::count(offered.begin(), offered.end(), "other") == 1);

  const bool is_user = !person.claims.empty() && person.left_s > 0;
  const std::string sub = is_user ? json::parse(person.claims)["sub"].get<std::string>() : "";
  REQUIRE(world.executed.size() == (verdict == "runs" ? 1 : 0));
  if (verdict == "runs") {
    CHECK(world.executed[0]["user"]["verified"] == is_user);
    CHECK(world.executed[0]["user"].value("sub", "") == sub);
  }
  CHECK(world.elsewhere.empty());

  const std::string act = (is_user ? sub : "guest") + " act ";
  std::string trail;
  if (verdict == "runs") trail = act + "attempt;" + act + "success;";
  else if (verdict != "asks") trail = act + "denied " + kDeniedAs.at(verdict) + ";";
  CHECK(world.Trail() == trail);
  const json end = Events(answer->body).back().second;
  CHECK((end["outcome"]["type"] == "interrupt") == (verdict == "asks"));
}

}  // namespace

TEST_CASE("Each kind of visitor is offered, may execute, and is audited for exactly what each tool's rules allow") {
  std::istringstream lines(kMatrix);
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  const std::vector<std::string> people = Split(line);
  REQUIRE(people.size() == kPeople.size());
  std::size_t rows = 0;
  for (; std::getline(lines, line); ++rows) {
    const std::vector<std::string> row = Split(line);
    REQUIRE(row.size() == people.size() + 1);
    for (std::size_t i = 0; i < people.size(); ++i) {
      const Person& person = kPeople.at(people[i]);
      CAPTURE(row[0], person.description, row[i + 1]);
      CheckCell(person, json::parse(kDemands.at(row[0])), row[i + 1]);
    }
  }
  CHECK(rows == kDemands.size());
}

TEST_CASE("A token that is refused starts no run: no model is asked, no tool is called, and the refusal is audited") {
  const auto [change, code] = GENERATE(table<std::string, std::string>({
      {"signed with another secret", "invalid_signature"},
      {"of another product", "wrong_audience"},
      {"for longer than an hour", "lifetime_too_long"},
      {"without a sub", "sub_required"},
  }));
  HostileWorld world(ReadShop(json::array({ShopTool("act")})));
  const std::int64_t now = world.loop.Now() / 1000;
  json claims = {{"sub", "u_42"}, {"iat", now}, {"exp", now + 600}};
  if (code == "wrong_audience") claims["aud"] = "globex";
  if (code == "lifetime_too_long") claims["exp"] = now + 7200;
  if (code == "sub_required") claims.erase("sub");
  const std::string secret = code == "invalid_signature" ? "wvs_another_secret_with_at_least_32_bytes" : kSecret;
  const Answer answer = world.Say({.token = SignToken(claims.dump(), secret), .guest = kGuest}, {});
  CAPTURE(change);
  CHECK(answer->status == 401);
  CHECK(answer->Code() == code);
  CHECK(world.client.pending.empty());
  CHECK(world.Trail().empty());
  REQUIRE(world.Audit().size() == 1);
  CHECK(world.Audit()[0].action == "refused");
}
