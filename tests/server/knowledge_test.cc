// Who is told what of the help pages, and how they are kept up to date, through the whole server.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "identity/crypto.h"
#include "server/hostile_world.h"
#include "server/knowledge_watch.h"
#include "store/temporary_folder.h"

namespace widgent::test {

namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  explicit Folder(std::string kind = "builtin") : kind_(std::move(kind)) {
    Write("public.md", "# Tents\n\n## Care\n\nTents are dried in the sun.\n");
    Write("member.md", "---\naudience: identified\n---\n# Tents\n\n## Discount\n\nTents cost members half.\n");
    Write("pro.md",
          "---\naudience: {\"claims\": [{\"path\": \"/metadata/plan\", \"equals\": \"pro\"}]}\n---\n# Tents\n\n"
          "## Wholesale\n\nTents are sold by the hundred.\n");
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.File(name), std::ios::binary) << text;
  }
  std::string File(const std::string& name) const { return folder_.File(name); }
  Product Shop() const {
    nlohmann::json agent = {{"kind", kind_}};
    if (kind_ == "openai") agent.update({{"base_url", "https://llm.example/v1"}, {"model", "m"}});
    const nlohmann::json knowledge = {{"dir", folder_.File("")}, {"base_url", "https://shop.example/help/"}};
    return ReadShop(nlohmann::json::array(), {{"agent", agent}, {"knowledge", knowledge}});
  }

 private:
  TemporaryFolder folder_;
  std::string kind_;
};

std::string TokenOf(World& world, const std::string& sub, const std::string& plan, int lifetime_s = 3600) {
  const std::int64_t now = world.loop.Now() / 1000;
  return SignToken(
      nlohmann::json{{"sub", sub}, {"iat", now}, {"exp", now + lifetime_s}, {"metadata", {{"plan", plan}}}}.dump());
}

// Asks in a thread of its own.
Answer Ask(HostileWorld& world, const Caller& caller, const std::string& text) {
  static int n = 0;
  const std::string id = std::to_string(++n);
  return world.Run(caller, {.thread = "th_" + id, .run = "r_" + id, .id = "u_" + id, .text = text});
}

// Looks until `is_so`, for five seconds at most.
template <class Condition>
bool LookUntil(KnowledgeWatch& watch, Condition is_so) {
  for (int i = 0; i < 500; ++i) {
    watch.Look();
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("The builtin agent quotes and cites a page to those alone who may read it") {
  Folder folder;
  HostileWorld world(folder.Shop());
  const Caller guest{.guest = kGuest}, member{.token = TokenOf(world, "ada", "free")},
      pro{.token = TokenOf(world, "bob", "pro")};
  for (const char* question : {"tents discount for members", "half price tents cost", "tents wholesale hundred sold"}) {
    INFO(question);
    const std::string of_guest = Ask(world, guest, question)->body;
    CHECK_THAT(of_guest, !Catch::Contains("members half") && !Catch::Contains("by the hundred") &&
                             !Catch::Contains("help/member") && !Catch::Contains("help/pro"));
    const std::string of_member = Ask(world, member, question)->body;
    CHECK_THAT(of_member, !Catch::Contains("by the hundred") && !Catch::Contains("help/pro"));
  }
  CHECK_THAT(Ask(world, member, "tents discount for members")->body,
             Catch::Contains("https://shop.example/help/member#discount"));
  CHECK_THAT(TextOf(Ask(world, pro, "tents wholesale")->body), Catch::Contains("sold by the hundred"));
  CHECK_THAT(TextOf(Ask(world, guest, "tents care sun")->body), Catch::Contains("dried in the sun"));
}

TEST_CASE("A model is sent the pages alone that the visitor may read") {
  Folder folder("openai");
  HostileWorld world(folder.Shop());
  const auto sent = [&](const Caller& caller) {
    world.Clear();
    Ask(world, caller, "tents");
    std::string all;
    for (const nlohmann::json& prompt : world.prompts) all += prompt.dump();
    return all;
  };
  const std::string of_guest = sent({.guest = kGuest}), of_member = sent({.token = TokenOf(world, "ada", "free")}),
                    of_pro = sent({.token = TokenOf(world, "bob", "pro")});
  CHECK_THAT(of_guest, Catch::Contains("dried in the sun") && !Catch::Contains("members half") &&
                           !Catch::Contains("by the hundred"));
  CHECK_THAT(of_member, Catch::Contains("dried in the sun") && Catch::Contains("members half") &&
                            !Catch::Contains("by the hundred"));
  CHECK_THAT(of_pro, Catch::Contains("members half") && Catch::Contains("by the hundred"));
}

TEST_CASE("A question to which the help pages hold nothing goes to the owner's list, whichever agent answers") {
  const std::string kind = GENERATE(as<std::string>{}, "builtin", "openai");
  INFO(kind);
  Folder folder(kind);
  HostileWorld world(folder.Shop());
  const Caller ada{.token = TokenOf(world, "ada", "free")};
  Ask(world, ada, "how do lanterns work, write to ada@example.com or 555 0199");
  Ask(world, ada, "tents care sun");
  Ask(world, ada, "thanks!");
  const auto all = world.store->ListUnanswered({"acme"}, 10);
  REQUIRE(all.size() == 1);
  CHECK(all[0].text == "how do lanterns work, write to … or …");
  CHECK(all[0].times == 1);
}

TEST_CASE("The owner's key, and no other, reads the questions without an answer") {
  Folder folder;
  Product shop = folder.Shop();
  shop.admin_keys = {Hex(Sha256("wsk_owner"))};
  HostileWorld world(shop);
  Ask(world, {.guest = kGuest}, "how do lanterns work");
  http::Request request;
  request.method = "GET";
  request.path = "/v1/admin/products/acme/unanswered";
  request.headers = {{"authorization", "Bearer wsk_owner"}};
  const nlohmann::json questions = world.Handle(request)->Json()["questions"];
  REQUIRE(questions.size() == 1);
  CHECK(questions[0]["question"] == "how do lanterns work");
  CHECK(questions[0]["times"] == 1);
  request.headers = {{"authorization", "Bearer wsk_other"}};
  CHECK(world.Handle(request)->Code() == "admin_key_invalid");
}

TEST_CASE("Pages that nobody can read are named when the server starts") {
  Folder folder;
  folder.Write("typo.md", "---\naudience: member\n---\nTents.\n");
  World world(":memory:", folder.Shop());
  REQUIRE(world.log.size() == 1);
  CHECK_THAT(world.log[0], Catch::Contains("knowledge product=acme") && Catch::Contains("typo.md: nobody can read"));
}

TEST_CASE("A page that is written, changed or removed counts for the next question, and nobody is interrupted") {
  Folder folder;
  HostileWorld world(folder.Shop());
  KnowledgeWatch watch(*world.app, [&](LogLevel, std::string_view line) { world.log.emplace_back(line); });
  const Caller guest{.guest = kGuest};
  const auto said = [&](const std::string& text) { return TextOf(Ask(world, guest, text)->body); };
  CHECK_THAT(said("lantern batteries"), Catch::Contains("I have no answer"));

  const Answer running = world.Say(guest, {.text = "tents care sun"});
  folder.Write("lantern.md", "# Lanterns\n\nA lantern takes three batteries.\n");
  REQUIRE(LookUntil(watch, [&] { return world.app->products()[0]->knowledge->SectionCount() == 4; }));
  CHECK_THAT(TextOf(world.Finish(running)->body), Catch::Contains("dried in the sun"));
  CHECK_THAT(said("lantern batteries"), Catch::Contains("three batteries"));

  folder.Write("lantern.md", "# Lanterns\n\nA lantern takes seven batteries.\n");
  REQUIRE(LookUntil(watch, [&] { return said("lantern batteries").find("seven") != std::string::npos; }));
  folder.Write("lantern.md", "---\naudience: identified\n---\n# Lanterns\n\nA lantern takes seven batteries.\n");
  REQUIRE(LookUntil(watch, [&] { return said("lantern batteries").find("seven") == std::string::npos; }));
  fs::remove(folder.File("lantern.md"));
  CHECK(LookUntil(watch, [&] { return world.app->products()[0]->knowledge->SectionCount() == 3; }));
}

TEST_CASE("A folder that cannot be read is told once, and what was read before goes on") {
  Folder folder;
  HostileWorld world(folder.Shop());
  KnowledgeWatch watch(*world.app, [&](LogLevel, std::string_view line) { world.log.emplace_back(line); });
  const auto knowledge = world.app->products()[0]->knowledge;
  folder.Write("huge.md", std::string((4 << 20) + 1, 'x'));
  REQUIRE(LookUntil(watch, [&] { return !world.log.empty(); }));
  for (int i = 0; i < 20; ++i) {
    watch.Look();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  REQUIRE(world.log.size() == 1);
  CHECK_THAT(world.log[0], Catch::Contains("huge.md is over 4 MiB. What was read before goes on."));
  CHECK(world.app->products()[0]->knowledge == knowledge);

  folder.Write("huge.md", "# Huge\n\nIt is small now.\n");
  CHECK(LookUntil(watch, [&] { return world.app->products()[0]->knowledge->SectionCount() == 4; }));
}

}  // namespace widgent::test
