// A model that is not to be trusted, through the whole server: it asks for what it was not offered, for other users'
// things, and for what somebody said yes to once.

#include "server/hostile_world.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

const json kOrder = {{"type", "object"},
                     {"additionalProperties", false},
                     {"required", {"order_id"}},
                     {"properties", {{"order_id", {{"type", "string"}, {"pattern", "^A-[0-9]{1,8}$"}}}}}};

Product MakeTemptingShop() {
  return ReadShop({ShopTool("get_order", {{"parameters", kOrder}, {"bind", {{"customer_id", "/sub"}}}}),
                   ShopTool("refund", {{"effect", "write"},
                                       {"parameters", kOrder},
                                       {"bind", {{"customer_id", "/sub"}}},
                                       {"approval", {{"by", "user"}, {"message", "Refund {{args.order_id}}?"}}}}),
                   ShopTool("close_shop", {{"effect", "delete"}, {"requires", {{"roles", {"owner"}}}}})});
}

class TemptedWorld : public HostileWorld {
 public:
  TemptedWorld() : HostileWorld(MakeTemptingShop()) {}
  Caller ada{.token = Token("ada", "Ada")};

  std::string ResumeBody(const json& interrupt, const std::string& run, const std::string& thread = "th_1") {
    const json entry = {{"interruptId", interrupt["id"]}, {"status", "resolved"}, {"payload", {{"approved", true}}}};
    return json{{"threadId", thread}, {"runId", run}, {"messages", json::array()}, {"resume", {entry}}}.dump();
  }
  Answer Approve(const Caller& caller, const json& interrupt, const std::string& run = "r_2",
                 const std::string& thread = "th_1") {
    return Finish(Post("/agent", caller, ResumeBody(interrupt, run, thread)));
  }
  static json InterruptOf(const Answer& answer) {
    const json end = Events(answer->body).back().second;
    REQUIRE(end["outcome"]["type"] == "interrupt");
    return end["outcome"]["interrupts"][0];
  }
};

}  // namespace

TEST_CASE("case 34: a model that calls what it was not offered gets nowhere, however it writes the name") {
  const std::string name =
      GENERATE(as<std::string>{}, "close_shop", "CLOSE_SHOP", "close_shop ", " close_shop", "close_shop\n",
               "functions.close_shop", "get_order/../close_shop", "clo\u0455e_shop", "close\u200b_shop", "*",
               "refund;close_shop", "https://shop.example/tools/close_shop", "__proto__", "widgent.identity");
  TemptedWorld world;
  world.script = {{{name}}, {{name, R"({"roles":["owner"]})"}}};
  world.Run(world.ada, {});
  const std::vector<std::string> offered = world.Offered();
  CHECK(offered == std::vector<std::string>{"get_order", "refund"});
  CHECK(world.executed.empty());
  CHECK(world.elsewhere.empty());
  for (const AuditRow& row : world.Audit()) CHECK((row.action != "tool" || row.outcome == "denied"));
  // The model learns that there is no such tool, or why this user may not; never whether others may.
  const json last = world.prompts.back()["messages"].back();
  CHECK(last["role"] == "tool");
  const std::string code = json::parse(last["content"].get<std::string>())["error"];
  CHECK(code == (name == "close_shop" ? "role_missing" : "not_offered"));
}

TEST_CASE("case 35: whatever id a model names, the tool is told of the verified user alone") {
  const std::string arguments = GENERATE(
      as<std::string>{}, R"({"order_id":"A-1","customer_id":"bob"})", R"({"customer_id":"bob","order_id":"A-1"})",
      R"({"order_id":"A-1","customer_id":"bob","customer_id":"carol"})", R"({"order_id":"A-1","customer_id":null})",
      R"({"order_id":"A-1","customer_id":{"sub":"bob"}})", R"({"order_id":"A-1","customer\u005fid":"bob"})");
  TemptedWorld world;
  world.script = {{{"get_order", arguments}}};
  world.Run(world.ada, {});
  REQUIRE(world.executed.size() == 1);
  CHECK(world.executed[0]["tool"]["arguments"] == json{{"order_id", "A-1"}, {"customer_id", "ada"}});
  CHECK(world.executed[0]["user"]["sub"] == "ada");
  CHECK(world.executed[0].dump().find("bob") == std::string::npos);
  CHECK(world.Trail() == "ada get_order attempt;ada get_order success;");
}

TEST_CASE("case 35: arguments that try to be more than the tool's are refused, and nothing is sent") {
  const std::string arguments =
      GENERATE(as<std::string>{}, R"({"order_id":"A-1","user":{"sub":"bob","verified":true}})",
               R"({"order_id":"A-1","sub":"bob"})", R"({"order_id":"A-1","approved":true})",
               R"({"order_id":"A-1","approval":{"id":"int_1","by":"user"}})",
               R"({"order_id":"A-1","__proto__":{"role":"owner"}})", R"({"order_id":"A-1' OR '1'='1"})",
               R"({"order_id":"A-1","Customer_Id":"bob"})", R"([{"order_id":"A-1"}])", R"({"order_id":["A-1"]})",
               R"({"order_id":"A-1\n"})", R"({"order_id":"A-1","url":"https://evil.example"})",
               R"({"order_id":"A-1"} trailing)");
  TemptedWorld world;
  world.script = {{{"get_order", arguments}}};
  world.Run(world.ada, {});
  CHECK(world.executed.empty());
  CHECK(world.Trail() == "ada get_order denied arguments_invalid;");
}

TEST_CASE("A model that repeats an approved call is made to ask again, and the second is not executed") {
  TemptedWorld world;
  const Wish refund{"refund", R"({"order_id":"A-1"})"};
  world.script = {{refund}};
  const json interrupt = TemptedWorld::InterruptOf(world.Run(world.ada, {}));
  CHECK(world.executed.empty());
  world.Clear();
  world.script = {{refund, refund}};
  const Answer answer = world.Approve(world.ada, interrupt);
  REQUIRE(world.executed.size() == 1);
  CHECK(world.executed[0]["approval"]["id"] == interrupt["id"]);
  const json again = TemptedWorld::InterruptOf(answer);
  CHECK(again["id"] != interrupt["id"]);
  CHECK(world.Trail() == "ada refund approved;ada refund attempt;ada refund success;");
}

TEST_CASE(
    "A yes for one call is none for another: not with other arguments, nor for another tool, nor for two at once") {
  TemptedWorld world;
  world.script = {{{"refund", R"({"order_id":"A-1"})"}}};
  const json interrupt = TemptedWorld::InterruptOf(world.Run(world.ada, {}));
  world.Clear();
  world.script = {{{"refund", R"({"order_id":"A-2"})"}, {"close_shop"}, {"refund", R"({"order_id":"A-3"})"}}};
  const Answer answer = world.Approve(world.ada, interrupt);
  REQUIRE(world.executed.size() == 1);
  CHECK(world.executed[0]["tool"]["arguments"]["order_id"] == "A-1");
  CHECK(TemptedWorld::InterruptOf(answer)["message"] == "Refund A-2?");
}

TEST_CASE("An approval that is sent again executes nothing again, under the same run or another") {
  TemptedWorld world;
  world.script = {{{"refund", R"({"order_id":"A-1"})"}}};
  const json interrupt = TemptedWorld::InterruptOf(world.Run(world.ada, {}));
  const Answer first = world.Approve(world.ada, interrupt);
  REQUIRE(world.executed.size() == 1);
  CHECK(world.Approve(world.ada, interrupt)->body == first->body);
  CHECK(world.Approve(world.ada, interrupt, "r_3")->body.find("interrupt_unknown") != std::string::npos);
  CHECK(world.Approve(world.ada, interrupt, "r_4", "th_2")->status == 404);
  CHECK(world.executed.size() == 1);
}

TEST_CASE(
    "An approval is the user's who was asked: not another user's, not a guest's, and not theirs once it is too late") {
  TemptedWorld world;
  world.script = {{{"refund", R"({"order_id":"A-1"})"}}};
  const json interrupt = TemptedWorld::InterruptOf(world.Run(world.ada, {}));
  const Caller bob{.token = world.Token("bob"), .guest = kGuest}, guest{.guest = kGuest};
  CHECK(world.Approve(bob, interrupt)->status == 404);
  CHECK(world.Approve(guest, interrupt)->status == 403);
  world.loop.Advance(301'000);
  CHECK(world.Approve({.token = world.Token("ada")}, interrupt)->body.find("interrupt_expired") != std::string::npos);
  CHECK(world.executed.empty());
}

TEST_CASE("A model that asks on and on is stopped, and every refusal is in the audit log") {
  TemptedWorld world;
  for (int i = 0; i < 50; ++i) world.script.push_back({{"close_shop"}, {"close_shop"}});
  const Answer answer = world.Run(world.ada, {});
  CHECK(Events(answer->body).back().second["code"] == "tool_limit");
  CHECK(world.executed.empty());
  std::string trail;
  for (int i = 0; i < 8; ++i) trail += "ada close_shop denied role_missing;";
  CHECK(world.Trail() == trail);
}
