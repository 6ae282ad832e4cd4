#include "agent/knowledge.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "agent/stage.h"

namespace widgent::test {

namespace fs = std::filesystem;

namespace {

// A folder of help pages that is gone after the test.
class Pages {
 public:
  Pages()
      : dir_(fs::temp_directory_path() / ("widgent_pages_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)))) {
    fs::create_directories(dir_);
  }
  ~Pages() { fs::remove_all(dir_); }
  void Write(const std::string& name, const std::string& text) {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name, std::ios::binary) << text;
  }
  std::unique_ptr<Knowledge> Load(double coverage_min = 0.5) const {
    return LoadKnowledge({dir_.string(), "https://shop.example/help/", coverage_min});
  }
  std::string dir() const { return dir_.string(); }

 private:
  fs::path dir_;
};

// As a guest finds it, where nobody else is named.
std::vector<Passage> Search(const Knowledge& knowledge, std::string_view question, int limit = 3,
                            const Identity& identity = MakeGuest()) {
  return knowledge.Search(question, limit, identity, kNow);
}

std::string BestUrl(const Knowledge& knowledge, std::string_view question) {
  const std::vector<Passage> found = Search(knowledge, question);
  return found.empty() ? "" : found[0].url.substr(std::string("https://shop.example/help/").size());
}

}  // namespace

TEST_CASE("The demo's help pages answer what shoppers ask, each with the right page first") {
  const std::unique_ptr<Knowledge> help = LoadHelp();
  CHECK(help->SectionCount() > 40);
  const std::vector<std::pair<std::string, std::string>> questions = {
      {"How long does shipping take?", "shipping#how-long-shipping-takes"},
      {"what does shipping cost", "shipping#what-shipping-costs"},
      {"can I return a gift", "returns#"},
      {"How do returns work?", "returns#"},
      {"Which boot size do I need?", "sizes#boot-sizes"},
      {"how do I return something?", "returns#how-to-return-something"},
      {"which things cannot be returned", "returns#what-cannot-be-returned"},
      {"how long does a refund take", "refunds#how-long-a-refund-takes"},
      {"I want my money back", "refunds#"},
      {"I forgot my password", "account#resetting-the-password"},
      {"how can I delete my account?", "account#deleting-the-account"},
      {"can I pay with PayPal?", "payment#"},
      {"my payment was declined", "payment#a-payment-was-declined"},
      {"where is the tracking number", "tracking#finding-the-tracking-number"},
      {"tracking does not move", "tracking#the-tracking-does-not-move"},
      {"do you deliver to Norway?", "shipping#countries-we-deliver-to"},
      {"how long is the warranty", "warranty#how-long-the-warranty-lasts"},
      {"spare parts", "warranty#spare-parts"},
      {"what is your phone number", "contact#"},
      {"how do I redeem a gift card", "gift-cards#redeeming-a-gift-card"},
      {"I lost my gift card", "gift-cards#a-lost-gift-card"},
      {"which boot size should I take", "sizes#boot-sizes"},
      {"opening hours", "contact#"},
      {"how can I reach you by phone", "contact#"},
      {"when do I get my money back", "refunds#"},
      {"where is my parcel", "tracking#"},
      {"do you accept american express", "payment#ways-to-pay"},
  };
  int right = 0;
  for (const auto& [question, url] : questions) {
    const std::string best = BestUrl(*help, question);
    INFO(question << " -> " << best << ", expected " << url);
    CHECK(best.starts_with(url));
    right += best.starts_with(url);
  }
  CHECK(right == static_cast<int>(questions.size()));
}

TEST_CASE("Questions off the subject find nothing") {
  const std::unique_ptr<Knowledge> help = LoadHelp();
  for (const char* question :
       {"Who won the world championship in chess?", "What is the capital of France?", "Write a poem about the moon",
        "How do I install Linux on my laptop?", "tell me a joke", "Is there life on Mars?", "", "the and of", "???"}) {
    INFO(question);
    CHECK(Search(*help, question).empty());
  }
}

TEST_CASE("A page is one passage a section, with chapter, address and plain text") {
  Pages pages;
  pages.Write("a b/Größe.md",
              "---\ntitle: Sizes\n---\nBefore any *heading*.\n\n## Big & small!\n\nSee [the table](x.md) for "
              "**both**.\n\n## Empty\n");
  const auto knowledge = pages.Load();
  REQUIRE(knowledge->SectionCount() == 2);
  const std::vector<Passage> found = Search(*knowledge, "table big");
  REQUIRE(found.size() == 1);
  CHECK(found[0].chapter == "Sizes");
  CHECK(found[0].title == "Big & small!");
  CHECK(found[0].text == "See the table for both.");
  CHECK(found[0].url == "https://shop.example/help/a%20b/Gr%C3%B6%C3%9Fe#big--small");
  CHECK(found[0].coverage == Approx(1));
  CHECK(Search(*knowledge, "heading").at(0).url == "https://shop.example/help/a%20b/Gr%C3%B6%C3%9Fe");
}

TEST_CASE("Front matter gives a page its address and its other names") {
  Pages pages;
  pages.Write(
      "x.md",
      "---\nurl: https://shop.example/faq\naliases:\n  - voucher\n  - \"promo code\"\n---\n# Cards\n\nText of it.\n");
  const auto knowledge = pages.Load();
  CHECK(Search(*knowledge, "voucher", 1).at(0).url == "https://shop.example/faq#cards");
  CHECK(Search(*knowledge, "promo codes", 1).size() == 1);
}

TEST_CASE("A passage counts only where it has enough of the question's weight") {
  Pages pages;
  pages.Write("a.md", "# Tents\n\nTents are waterproof.\n");
  pages.Write("b.md", "# Ropes\n\nRopes are strong and long.\n");
  CHECK(Search(*pages.Load(0.5), "tents on zanzibar mountain").empty());
  CHECK(Search(*pages.Load(0.1), "tents on zanzibar mountain").size() == 1);
  CHECK(Search(*pages.Load(0.5), "waterproof tents").size() == 1);
}

TEST_CASE("No question is a syntax to the index") {
  const std::unique_ptr<Knowledge> help = LoadHelp();
  for (const std::string question : {"\"", "shipping\"", "shipping*", "shipping AND", "NEAR(shipping, 2)",
                                     "title:shipping", "- shipping", "^shipping", "(shipping", "{shipping}",
                                     "shipping OR NOT", "sh\0ip", "\xff\xfeshipping", "shipping; DROP TABLE section"}) {
    INFO(question);
    CHECK_NOTHROW(Search(*help, question));
  }
  CHECK_NOTHROW(Search(*help, std::string(1'000'000, '"')));
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "word" + std::to_string(i) + ' ';
  CHECK_NOTHROW(Search(*help, many));
}

TEST_CASE("A folder that cannot be read is named, and no folder is no knowledge") {
  CHECK(LoadKnowledge({})->SectionCount() == 0);
  CHECK(Search(*LoadKnowledge({}), "anything").empty());
  CHECK_THROWS_WITH(LoadKnowledge({"/nonexistent/help", "", 0.5}), Catch::Contains("/nonexistent/help"));
  Pages pages;
  pages.Write("huge.md", std::string((4 << 20) + 1, 'x'));
  CHECK_THROWS_WITH(pages.Load(), Catch::Contains("huge.md"));
}

// ---- Who may read what

namespace {

constexpr char kIdentified[] = "identified", kPro[] = R"({"claims": [{"path": "/metadata/plan", "equals": "pro"}]})";

std::string Page(std::string_view audience, std::string_view text) {
  return "---\naudience: " + std::string(audience) + "\n---\n# Tents\n\n" + std::string(text) + "\n";
}

std::vector<std::string> Texts(const std::vector<Passage>& passages) {
  std::vector<std::string> texts;
  for (const Passage& passage : passages) texts.push_back(passage.text);
  return texts;
}

}  // namespace

TEST_CASE("A page is found by those alone whom its audience lets in") {
  Pages pages;
  pages.Write("public.md", Page("public", "Tents are for everybody."));
  pages.Write("none.md", "# Tents\n\nTents have no audience.\n");
  pages.Write("identified.md", Page(kIdentified, "Tents are for members."));
  pages.Write("pro.md", Page(kPro, "Tents are for professionals."));
  pages.Write("staff.md", Page(R"({"roles": ["staff"]})", "Tents are for staff."));
  const auto knowledge = pages.Load();
  User ada = MakeAda(), free = MakeAda();
  free.claims_json = R"({"sub":"u_7","roles":["staff"],"metadata":{"plan":"free"}})";
  const auto found = [&](const Identity& identity, UnixMillis now = kNow) {
    std::vector<std::string> texts = Texts(knowledge->Search("tents", 9, identity, now));
    std::sort(texts.begin(), texts.end());
    return texts;
  };
  const std::vector<std::string> for_all = {"Tents are for everybody.", "Tents have no audience."};
  CHECK(found(MakeGuest()) == for_all);
  CHECK(found(ada) == std::vector<std::string>{"Tents are for everybody.", "Tents are for members.",
                                               "Tents are for professionals.", "Tents have no audience."});
  CHECK(found(free) == std::vector<std::string>{"Tents are for everybody.", "Tents are for members.",
                                                "Tents are for staff.", "Tents have no audience."});
  SECTION("A token that has ended in between opens no page any more") {
    CHECK(found(ada, ada.expires_at_s * 1000) == for_all);
  }
}

TEST_CASE("An audience that is not understood lets nobody in, and the owner is told") {
  const std::string front =
      GENERATE(as<std::string>{}, "audience: identfied", "audience:", "audience: {\"roles\": []}",
               "audience: {\"role\": [\"staff\"]}", "audience:\n  roles: [staff]", "audience:\n- identified",
               "Audience: identified", "\"audience\": identified", "  audience: identified", "\taudience: identified",
               "audience: identified\naudience: public", "audience: public\n  identified", "audience: [identified]",
               "audience: \"identified", "AUDIENCE : identified", "audiences: identified", "audiance: identified",
               "{\"audience\": \"identified\"}", "? audience\n: identified", "!!str audience: identified");
  INFO(front);
  const std::string page = GENERATE(
      as<std::string>{}, "---\ntitle: Tents\n%\n---\n\nText of tents.\n", "\xEF\xBB\xBF---\n%\n...\nText of tents.\n",
      "\n \n---\r\n%\r\n---\r\nText of tents.\n", "---\r%\r---\rText of tents.\r", "---\n%\n\nText of tents.\n");
  INFO(page);
  Pages pages;
  std::string text = page;
  pages.Write("tents.md", text.replace(text.find('%'), 1, front));
  const auto knowledge = pages.Load();
  CHECK(Search(*knowledge, "tents", 3, MakeAda()).empty());
  CHECK(Search(*knowledge, "tents").empty());
  REQUIRE(knowledge->Warnings().size() == 1);
  CHECK_THAT(knowledge->Warnings()[0], Catch::Contains("tents.md: nobody can read this page"));
}

TEST_CASE("What another program would take for front matter with an audience publishes nothing") {
  const std::string top =
      GENERATE(as<std::string>{}, "+++\naudience = \"identified\"\n+++", "----\naudience: identified\n----",
               "--- # yaml\naudience: identified\n---", "<!-- c -->\n---\naudience: identified\n---");
  INFO(top);
  Pages pages;
  pages.Write("tents.md", top + "\nText of tents.\n");
  const auto knowledge = pages.Load();
  CHECK(Search(*knowledge, "tents", 3, MakeAda()).empty());
  CHECK(knowledge->Warnings().size() == 1);
}

TEST_CASE("An audience may be quoted, commented, and span lines of JSON") {
  const auto [front, reader] = GENERATE(table<std::string, std::string>({
      {"audience: public", "guest"},
      {"audience: \"public\"", "guest"},
      {"audience: 'identified'  # not for guests", "user"},
      {"audience : identified", "user"},
      {"audience: {\"claims\": [\n  {\"path\": \"/metadata/plan\",\n   \"equals\": \"pro\"}]}", "user"},
      {"# audience: identified", "guest"},
  }));
  INFO(front);
  Pages pages;
  pages.Write("tents.md", "---\n" + front + "\n---\nText of tents.\n");
  const auto knowledge = pages.Load();
  CHECK(knowledge->Warnings().empty());
  CHECK(Search(*knowledge, "tents", 3, MakeAda()).size() == 1);
  CHECK(Search(*knowledge, "tents").size() == (reader == "guest" ? 1 : 0));
}

TEST_CASE("What a visitor may not read has no influence on what is found, and how well") {
  Pages all, open;
  for (Pages* pages : {&all, &open}) {
    pages->Write("a.md", "# Tents\n\nTents are waterproof and light.\n");
    pages->Write("b.md", "# Ropes\n\nRopes are strong and light. So are tents.\n");
    pages->Write("c.md", "---\naliases: [shelter]\n---\n# Tarps\n\nA tarp is a light tent.\n");
  }
  for (int i = 0; i < 40; ++i)
    all.Write("secret/" + std::to_string(i) + ".md", Page(kIdentified, "Waterproof tents, ropes and zanzibar."));
  const auto with = all.Load(), without = open.Load();
  for (const char* question : {"tents", "light tents", "waterproof", "zanzibar tents", "strong shelter", "ropes light",
                               "tents on zanzibar mountain", "zanzibar"}) {
    INFO(question);
    const std::vector<Passage> found = Search(*with, question), expected = Search(*without, question);
    REQUIRE(Texts(found) == Texts(expected));
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i].coverage == expected[i].coverage);
  }
}

TEST_CASE("Of two pages that fit alike, the one for fewer people goes first") {
  Pages pages;
  pages.Write("a.md", Page("public", "Refunds of tents take a week."));
  pages.Write("b.md", Page(kIdentified, "Refunds of tents take a day for members."));
  const auto knowledge = pages.Load();
  CHECK(Search(*knowledge, "refunds of tents", 1, MakeAda()).at(0).text == "Refunds of tents take a day for members.");
  CHECK(Search(*knowledge, "refunds of tents", 1).at(0).text == "Refunds of tents take a week.");
}

TEST_CASE("A folder of one page answers what the page is about, and nothing else") {
  Pages pages;
  pages.Write("shipping.md", "# Shipping\n\nParcels arrive within three days.\n");
  const auto help = pages.Load();
  CHECK(BestUrl(*help, "how long does shipping take") == "shipping#shipping");
  CHECK(BestUrl(*help, "shipping?") == "shipping#shipping");
  CHECK(Search(*help, "can I pay by invoice").empty());
}

}  // namespace widgent::test
