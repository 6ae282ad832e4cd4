#include "agent/knowledge.h"

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

std::string BestUrl(const Knowledge& knowledge, std::string_view question) {
  const std::vector<Passage> found = knowledge.Search(question, 3);
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
    CHECK(help->Search(question, 3).empty());
  }
}

TEST_CASE("A page is one passage a section, with chapter, address and plain text") {
  Pages pages;
  pages.Write("a b/Größe.md",
              "---\ntitle: Sizes\n---\nBefore any *heading*.\n\n## Big & small!\n\nSee [the table](x.md) for "
              "**both**.\n\n## Empty\n");
  const auto knowledge = pages.Load();
  REQUIRE(knowledge->SectionCount() == 2);
  const std::vector<Passage> found = knowledge->Search("table big", 3);
  REQUIRE(found.size() == 1);
  CHECK(found[0].chapter == "Sizes");
  CHECK(found[0].title == "Big & small!");
  CHECK(found[0].text == "See the table for both.");
  CHECK(found[0].url == "https://shop.example/help/a%20b/Gr%C3%B6%C3%9Fe#big--small");
  CHECK(found[0].coverage == Approx(1));
  CHECK(knowledge->Search("heading", 3).at(0).url == "https://shop.example/help/a%20b/Gr%C3%B6%C3%9Fe");
}

TEST_CASE("Front matter gives a page its address and its other names") {
  Pages pages;
  pages.Write(
      "x.md",
      "---\nurl: https://shop.example/faq\naliases:\n  - voucher\n  - \"promo code\"\n---\n# Cards\n\nText of it.\n");
  const auto knowledge = pages.Load();
  CHECK(knowledge->Search("voucher", 1).at(0).url == "https://shop.example/faq#cards");
  CHECK(knowledge->Search("promo codes", 1).size() == 1);
}

TEST_CASE("A passage counts only where it has enough of the question's weight") {
  Pages pages;
  pages.Write("a.md", "# Tents\n\nTents are waterproof.\n");
  pages.Write("b.md", "# Ropes\n\nRopes are strong and long.\n");
  CHECK(pages.Load(0.5)->Search("tents on zanzibar mountain", 3).empty());
  CHECK(pages.Load(0.1)->Search("tents on zanzibar mountain", 3).size() == 1);
  CHECK(pages.Load(0.5)->Search("waterproof tents", 3).size() == 1);
}

TEST_CASE("No question is a syntax to the index") {
  const std::unique_ptr<Knowledge> help = LoadHelp();
  for (const std::string question : {"\"", "shipping\"", "shipping*", "shipping AND", "NEAR(shipping, 2)",
                                     "title:shipping", "- shipping", "^shipping", "(shipping", "{shipping}",
                                     "shipping OR NOT", "sh\0ip", "\xff\xfeshipping", "shipping; DROP TABLE section"}) {
    INFO(question);
    CHECK_NOTHROW(help->Search(question, 3));
  }
  CHECK_NOTHROW(help->Search(std::string(1'000'000, '"'), 3));
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "word" + std::to_string(i) + ' ';
  CHECK_NOTHROW(help->Search(many, 3));
}

TEST_CASE("A folder that cannot be read is named, and no folder is no knowledge") {
  CHECK(LoadKnowledge({})->SectionCount() == 0);
  CHECK(LoadKnowledge({})->Search("anything", 3).empty());
  CHECK_THROWS_WITH(LoadKnowledge({"/nonexistent/help", "", 0.5}), Catch::Contains("/nonexistent/help"));
  Pages pages;
  pages.Write("huge.md", std::string((4 << 20) + 1, 'x'));
  CHECK_THROWS_WITH(pages.Load(), Catch::Contains("huge.md"));
}

}  // namespace widgent::test
