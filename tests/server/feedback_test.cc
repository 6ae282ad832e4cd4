// Judgements of replies: taken from the owner alone, shown with the history, read by the site's owner.
#include <filesystem>
#include <fstream>

#include "server/widgentd.h"
#include "server/world.h"
#include "store/temporary_folder.h"

using namespace widgent;
using namespace widgent::test;
using nlohmann::json;

namespace {

struct Judged {
  explicit Judged(const std::string& store = ":memory:", Product product = MakeProduct())
      : world(store, std::move(product)) {
    world.Say(ada, {});
    world.loop.Advance(20'000);
    reply = world.Get("/threads/th_1/messages", ada)->Json()["messages"][1]["id"];
  }
  Answer Rate(const Caller& caller, const json& body, const std::string& message = "", const std::string& thread = "") {
    return world.Post("/threads/" + (thread.empty() ? "th_1" : thread) + "/messages/" +
                          (message.empty() ? reply : message) + "/feedback",
                      caller, body.dump());
  }
  json Shown() { return world.Get("/threads/th_1/messages", ada)->Json()["messages"][1]["metadata"]["widgent"]; }

  World world;
  Caller ada{.token = world.Token("ada", "Ada")};
  std::string reply;
};

}  // namespace

TEST_CASE("A user's judgement of a reply is kept and shown with the history, the last one alone") {
  Judged judged;
  CHECK_FALSE(judged.Shown().contains("rating"));
  CHECK(judged.Rate(judged.ada, {{"rating", "up"}})->status == 204);
  CHECK(judged.Shown()["rating"] == "up");
  CHECK(judged.Rate(judged.ada, {{"rating", "down"}, {"comment", "too long"}})->status == 204);
  CHECK(judged.Shown()["rating"] == "down");
  const auto all = judged.world.store->ListFeedback({"acme"}, 10);
  REQUIRE(all.size() == 1);
  CHECK(all[0].reply.comment == "too long");
}

TEST_CASE("Nobody judges what is somebody else's, and only replies are judged") {
  Judged judged;
  World& world = judged.world;
  CHECK(judged.Rate({.token = world.Token("bob")}, {{"rating", "up"}})->Code() == "thread_not_found");
  CHECK(judged.Rate({.guest = kGuest}, {{"rating", "up"}})->Code() == "thread_not_found");
  CHECK(judged.Rate(judged.ada, {{"rating", "up"}}, "u_1")->Code() == "message_not_found");
  CHECK(judged.Rate(judged.ada, {{"rating", "up"}}, "m_none")->Code() == "message_not_found");
  CHECK(judged.Rate(judged.ada, {{"rating", "up"}}, "", "th_none")->Code() == "thread_not_found");
  CHECK(world.store->ListFeedback({"acme"}, 10).empty());
}

TEST_CASE("A judgement is up or down, with a comment of at most 1,000 characters") {
  Judged judged;
  const auto comment = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "é";
    return json{{"rating", "up"}, {"comment", text}};
  };
  CHECK(judged.Rate(judged.ada, comment(1000))->status == 204);
  CHECK(judged.Rate(judged.ada, comment(1001))->Code() == "invalid_input");
  CHECK(judged.Rate(judged.ada, {{"rating", "sideways"}})->Code() == "invalid_input");
  CHECK(judged.Rate(judged.ada, json::object())->Code() == "invalid_input");
}

TEST_CASE("Judgements count among what a user may send in a minute") {
  Product product = MakeProduct();
  product.rate_limits.per_user_per_min = 3;
  Judged judged(":memory:", product);
  judged.world.loop.Advance(60'000);
  for (int n = 0; n < 3; ++n) CHECK(judged.Rate(judged.ada, {{"rating", "up"}})->status == 204);
  const Answer refused = judged.Rate(judged.ada, {{"rating", "down"}});
  CHECK(refused->Code() == "rate_limited");
  CHECK(refused->Header("Retry-After"));
  CHECK(judged.Shown()["rating"] == "up");
}

TEST_CASE("feedback list shows the site's owner what was judged, fit for a terminal or as JSON") {
  const TemporaryFolder folder;
  const std::string data = folder.File("data");
  std::filesystem::create_directories(data);
  const auto list = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"feedback", "list", "acme", "--data", data, "--config", data};
    words.insert(words.end(), more.begin(), more.end());
    return Widgentd(words);
  };
  CHECK(list().code == kExitUsage);
  {
    Judged judged(data + "/widgent.db");
    std::ofstream(data + "/acme.json") << R"({"id":"acme"})";
    CHECK(Has(list().out, "No reply of acme has been judged."));
    judged.Rate(judged.ada, {{"rating", "down"}, {"comment", "red\x1b[31m\nalert"}});
  }
  const Printed shown = list();
  CHECK(shown.code == kExitOk);
  CHECK(Has(shown.out, "down  ada  th_1"));
  CHECK(Has(shown.out, "comment: red [31m alert"));
  const json line = json::parse(list({"--json"}).out);
  CHECK(line["user"] == "ada");
  CHECK(line["rating"] == "down");
  CHECK(line["message"].get<std::string>().starts_with("m_"));
}
