#include "audit/ocsf.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace widgent;
using nlohmann::json;

namespace {

constexpr UnixMillis kNow = 1'767'225'600'207;
const AuditContext kContext{ProductId{"acme"}, "th_01", "r_01", "203.0.113.7"};

User Ana() {
  User user;
  user.sub = "u_42";
  user.name = "Ana";
  user.email = "ana@example.com";
  user.metadata_json = R"({"plan":"pro"})";
  user.expires_at_s = 1'767'229'200;
  user.kid = "2026-11";
  user.token_sha256 = "5e88";
  return user;
}

ToolAct GetOrder(ToolAct::Stage stage) {
  ToolAct act;
  act.stage = stage;
  act.identity = Ana();
  act.tool = "get_order";
  act.call_id = "tcall_01JD";
  act.arguments_sha256 = "ab12";
  act.host = "shop.example";
  act.port = 443;
  return act;
}

template <class Act>
json Record(const Act& act, const AuditContext& context = kContext) {
  return json::parse(WriteOcsf(context, act, {8123, "11aa", "some action", "some outcome"}, kNow));
}

}  // namespace

TEST_CASE("A tool's result is the API activity of OCSF 1.8.0") {
  ToolAct act = GetOrder(ToolAct::Stage::kResult);
  act.success = true;
  act.status_code = 200;
  act.duration_ms = 84;
  json expected = json::parse(R"({
    "activity_id":2,"category_uid":6,"class_uid":6003,"type_uid":600302,"severity_id":1,
    "time":1767225600123,"duration":84,
    "status_id":1,"status_code":"200","message":"tool get_order for u_42",
    "metadata":{"version":"1.8.0","uid":"acme:8123","correlation_uid":"r_01","logged_time":1767225600207,
      "profiles":["security_control"],"product":{"name":"Widgent","vendor_name":"Widgent"}},
    "actor":{"user":{"uid":"u_42","email_addr":"ana@example.com","name":"Ana","type_id":1},
      "session":{"uid":"th_01","is_remote":true,"expiration_time":1767229200000},"app_name":"acme"},
    "api":{"operation":"get_order","service":{"name":"tools"},"request":{"uid":"tcall_01JD"},"response":{"code":200}},
    "src_endpoint":{"ip":"203.0.113.7"},"dst_endpoint":{"hostname":"shop.example","port":443},
    "action_id":1,"disposition_id":1,
    "unmapped":{"widgent":{"identity":"verified","kid":"2026-11","token_sha256":"5e88",
      "policy":{"tool":"get_order","result":"allow"},"approval":null,"args_sha256":"ab12",
      "action":"some action","outcome":"some outcome","seq":8123,"prev_hash":"11aa"}}})");
  expected["metadata"]["product"]["version"] = WIDGENT_VERSION;
  CHECK(Record(act) == expected);
}

TEST_CASE("An attempt, a failure and a denial can be told apart") {
  const json attempt = Record(GetOrder(ToolAct::Stage::kAttempt));
  CHECK(attempt["status_id"] == 99);
  CHECK(attempt["status"] == "Attempt");
  CHECK_FALSE(attempt["api"].contains("response"));
  CHECK_FALSE(attempt.contains("duration"));

  ToolAct timeout = GetOrder(ToolAct::Stage::kResult);
  timeout.reason = "timeout";
  const json failure = Record(timeout);
  CHECK(failure["status_id"] == 2);
  CHECK(failure["severity_id"] == 2);
  CHECK(failure["status_detail"] == "timeout");
  CHECK(failure["action_id"] == 1);
  CHECK_FALSE(failure.contains("status_code"));

  ToolAct denied = GetOrder(ToolAct::Stage::kDenied);
  denied.identity = Anonymous{};
  denied.reason = "identity_required";
  denied.host.clear();
  const json denial = Record(denied);
  CHECK(denial["action_id"] == 2);
  CHECK(denial["disposition_id"] == 26);
  CHECK(denial["status_detail"] == "identity_required");
  CHECK(denial["message"] == "tool get_order for a guest, denied");
  CHECK(denial["unmapped"]["widgent"]["policy"]["result"] == "deny");
  CHECK_FALSE(denial.contains("dst_endpoint"));
}

TEST_CASE("What the user said to a question is a disposition of its own, and the question is named") {
  ToolAct act = GetOrder(ToolAct::Stage::kApproved);
  act.approval = "int_7";
  const json approved = Record(act);
  CHECK(approved["action_id"] == 1);
  CHECK(approved["disposition_id"] == 8);
  CHECK(approved["status_id"] == 1);
  CHECK(approved["unmapped"]["widgent"]["approval"] == json({{"id", "int_7"}, {"by", "user"}}));

  act.stage = ToolAct::Stage::kRejected;
  const json rejected = Record(act);
  CHECK(rejected["action_id"] == 2);
  CHECK(rejected["disposition_id"] == 25);
  CHECK(rejected["message"] == "tool get_order for u_42, rejected");
  CHECK(rejected["unmapped"]["widgent"]["policy"]["result"] == "deny");
}

TEST_CASE("The activity says what a tool does to the data") {
  const std::pair<ToolConfig::Effect, int> activities[] = {{ToolConfig::Effect::kCreate, 1},
                                                           {ToolConfig::Effect::kRead, 2},
                                                           {ToolConfig::Effect::kUpdate, 3},
                                                           {ToolConfig::Effect::kDelete, 4}};
  for (const auto& [effect, activity] : activities) {
    ToolAct act = GetOrder(ToolAct::Stage::kAttempt);
    act.effect = effect;
    CHECK(Record(act)["activity_id"] == activity);
    CHECK(Record(act)["type_uid"] == 600300 + activity);
  }
}

TEST_CASE("Identifying, switching and signing out are authentication by a real user") {
  const std::pair<IdentityAct::Kind, int> activities[] = {
      {IdentityAct::Kind::kIdentify, 1}, {IdentityAct::Kind::kSignOut, 2}, {IdentityAct::Kind::kSwitch, 7}};
  for (const auto& [kind, activity] : activities) {
    IdentityAct act;
    act.kind = kind;
    act.identity = Ana();
    act.token_sha256 = "77ff";
    const json record = Record(act);
    CHECK(record["class_uid"] == 3002);
    CHECK(record["category_uid"] == 3);
    CHECK(record["activity_id"] == activity);
    CHECK(record["type_uid"] == 300200 + activity);
    CHECK(record["status_id"] == 1);
    CHECK(record["user"]["uid"] == "u_42");
    CHECK(record["actor"]["user"]["uid"] == "u_42");
    CHECK(record["session"]["expiration_time"] == 1'767'229'200'000);
    CHECK(record["src_endpoint"]["ip"] == "203.0.113.7");
    CHECK(record["unmapped"]["widgent"]["token_sha256"] == "77ff");
    CHECK_FALSE(record.contains("status_detail"));
  }
}

TEST_CASE("A merge names the guest's thread, and the guest by a hash alone") {
  IdentityAct act;
  act.kind = IdentityAct::Kind::kMerge;
  act.identity = Ana();
  act.merged_thread = "th_guest";
  act.guest_sha256 = "66dd";
  const json record = Record(act);
  CHECK(record["activity_id"] == 99);
  CHECK(record["activity_name"] == "Merge");
  CHECK(record["type_uid"] == 300299);
  CHECK(record["user"]["uid"] == "u_42");
  CHECK(record["session"]["uid"] == "th_01");
  CHECK(record["unmapped"]["widgent"]["merged_thread"] == "th_guest");
  CHECK(record["unmapped"]["widgent"]["guest_sha256"] == "66dd");
}

TEST_CASE("A refusal names its code and nobody") {
  IdentityAct act;
  act.kind = IdentityAct::Kind::kRefused;
  act.identity = Anonymous{};
  act.code = "invalid_signature";
  const json record = Record(act, {ProductId{"acme"}, "", "", ""});
  CHECK(record["activity_id"] == 1);
  CHECK(record["status_id"] == 2);
  CHECK(record["status_detail"] == "invalid_signature");
  CHECK(record["disposition_id"] == 26);
  CHECK(record["user"] == json::parse(R"({"type_id":0})"));
  CHECK(record["actor"]["user"] == json::parse(R"({"type_id":0})"));
  CHECK(record["actor"]["session"] == json::parse(R"({"is_remote":true})"));
  CHECK(record["unmapped"]["widgent"]["identity"] == "anonymous");
  CHECK_FALSE(record["unmapped"]["widgent"].contains("token_sha256"));
  CHECK_FALSE(record.contains("src_endpoint"));
}

TEST_CASE("A record is one line of JSON, whatever a name holds") {
  ToolAct act = GetOrder(ToolAct::Stage::kAttempt);
  User user = Ana();
  user.name = "Ana\r\n{\"class_uid\":3002}\u2028\xff\"\\";
  act.identity = user;
  act.tool = "a\nb";
  const std::string text = WriteOcsf(kContext, act, {1, "", "", ""}, kNow);
  CHECK(text.find('\n') == std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
  const json record = json::parse(text);
  CHECK(record["actor"]["user"]["name"] == "Ana\r\n{\"class_uid\":3002}\u2028\uFFFD\"\\");
  CHECK(record["api"]["operation"] == "a\nb");
}
