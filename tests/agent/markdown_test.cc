#include "agent/markdown.h"

#include <catch2/catch.hpp>
#include <random>

namespace widgent::test {

TEST_CASE("A line of Markdown loses its marks and keeps its words") {
  const auto [markdown, plain] = GENERATE(table<std::string, std::string>({
      {"plain", "plain"},
      {"*a* **b** ***c*** _d_ __e__ ~~f~~", "a b c d e f"},
      {"snake_case_name and 2*3 and a * b", "snake_case_name and 2*3 and a * b"},
      {"see [the table](https://x.example/a_(b) \"Title\") now", "see the table now"},
      {"[![logo](a.png)](https://x.example) here", "logo here"},
      {"[text][ref] and [^1] and [x]", "text and and [x]"},
      {"`a * b` and ``c ` d``", "a * b and c ` d"},
      {"<https://x.example/a> or <mailto:a@x.example>", "https://x.example/a or a@x.example"},
      {"un<b>bold</b>ed and a<br>b", "unbolded and a b"},
      {"a <!-- hidden --> b", "a b"},
      {"\\*not\\* 5 &lt; 6 &amp; 7", "*not* 5 < 6 & 7"},
      {"1 < 2 > 1", "1 < 2 > 1"},
      {"![image](x.png)!", "image!"},
      {"[unclosed](x and `code", "[unclosed](x and `code"},
      {"", ""},
  }));
  INFO(markdown);
  CHECK(PlainInline(markdown) == plain);
}

TEST_CASE("Sections follow the headings, and anchors are GitHub's") {
  const MarkdownDocument document = ReadMarkdown(
      "# Hello, World! #\ntext\n\nSetext\n======\n\nmore\nof it\n\nTwo\n---\n### A `b` & [c](d)\n#no heading\n"
      "# Same\n# Same\n#\n```\n# in a fence\n```\n");
  std::vector<std::string> anchors;
  for (const MarkdownSection& section : document.sections) anchors.push_back(section.anchor);
  CHECK(anchors == std::vector<std::string>{"", "hello-world", "setext", "two", "a-b--c", "same", "same-1", ""});
  CHECK(document.sections[1].text == "text");
  CHECK(document.sections[2].text == "more of it");
  CHECK(document.sections[4].text == "#no heading");
  CHECK(document.sections[7].text == "# in a fence");
}

TEST_CASE("Lists, tables, quotes and rules read as lines of text") {
  const MarkdownDocument document = ReadMarkdown(
      "Intro:\n- one\n- two\n  goes on\n1. first\n\n| a | b |\n|---|:-:|\n| 1 | **2** |\n\n> quoted\n> text\n\n***\n"
      "<!-- a comment\nof two lines -->\n[ref]: https://x.example\nend\n");
  CHECK(document.sections[0].text == "Intro:\n\n- one\n- two goes on\n1. first\n\na, b\n1, 2\n\nquoted text\n\nend");
}

TEST_CASE("Front matter is read in its usual forms, and a rule at the top is none") {
  const MarkdownDocument inline_list =
      ReadMarkdown("---\ntitle: \"A: b\"\naliases: [one, \"two, three\", 'four']\nother: x\n---\nText");
  CHECK(inline_list.title == "A: b");
  CHECK(inline_list.aliases == std::vector<std::string>{"one", "two, three", "four"});
  CHECK(inline_list.sections[0].text == "Text");
  const MarkdownDocument words = ReadMarkdown("\xEF\xBB\xBF---\r\naliases: a b, c\r\nurl: /x\r\n---\r\nText\r\n");
  CHECK(words.aliases == std::vector<std::string>{"a b", "c"});
  CHECK(words.url == "/x");
  const MarkdownDocument none = ReadMarkdown("---\ntitle: x\n\nno end of it");
  CHECK(none.title.empty());
  CHECK(none.sections[0].text.find("no end of it") != std::string::npos);
}

TEST_CASE("No bytes are too odd to be read as Markdown") {
  std::mt19937 random(42);
  const std::string alphabet = "#*_`~[]()<>!&\\|-=+ \t\n\r:'\"0aA\xff\xc3\xa4\xf0.{}^$";
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 3 ? "" : "---\n";
    const std::size_t length = random() % 200;
    for (std::size_t i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
    const MarkdownDocument document = ReadMarkdown(text);
    CHECK_FALSE(document.sections.empty());
  }
  for (const char* piece : {"[", "![", "<", "`", "``` ", "> ", "- ", "&", "*", "\\", "<!--", "](", "|", "#"}) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    CHECK_FALSE(ReadMarkdown(text).sections.empty());
  }
}

}  // namespace widgent::test
