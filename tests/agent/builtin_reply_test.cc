#include "agent/builtin_reply.h"

#include "agent/stage.h"

namespace widgent::test {

using nlohmann::json;

namespace {

constexpr char kWhichOrder[] = "Which order? (order number, like A-1001)";
constexpr char kWhichReason[] = "Which reason? One of: damaged, late, wrong size.";
constexpr char kSignIn[] = "I can do that once you are signed in. Please sign in on this page, then ask me again.";

struct Mind {
  Product product = MakeShop();
  std::unique_ptr<Knowledge> knowledge = LoadHelp();
  Identity identity = MakeAda();

  BuiltinReply Think(const std::vector<std::string>& talk, std::vector<ToolExchange> exchanges = {}) {
    Prompt prompt;
    prompt.product = &product;
    prompt.find_pages = [this](std::string_view question, int limit) {
      return knowledge->Search(question, limit, identity, kNow);
    };
    prompt.identity = identity;
    prompt.history = Talk(talk);
    prompt.exchanges = std::move(exchanges);
    for (const ToolConfig& tool : product.tools) {
      auto schema = JsonSchema::Find(tool.parameters_json, {});
      if (auto code = RefuseTool(tool, identity, kNow)) {
        prompt.withheld.push_back({&tool, schema, *code});
      } else {
        prompt.tools.push_back({&tool, schema});
      }
    }
    return ThinkBuiltin(prompt);
  }
  // "get_order {…}" where a tool is called, else the text.
  std::string Does(const std::vector<std::string>& talk) {
    const BuiltinReply reply = Think(talk);
    if (reply.turn.calls.empty()) return reply.text;
    return reply.turn.calls[0].name + ' ' + reply.turn.calls[0].arguments_json;
  }
};

ToolExchange Exchange(std::string tool, ToolOutcome outcome) {
  return {{"c1", std::move(tool), R"({"order_id":"A-1001"})"}, std::move(outcome)};
}

}  // namespace

TEST_CASE("A greeting is answered with the verified name") {
  Mind mind;
  for (const char* text : {"hi", "Hello!", "hey there", "Good morning", "Hi 👋"})
    CHECK(mind.Does({text}) == "Hi Ada, how can I help?");
  CHECK(mind.Think({"hi"}).turn.suggestions == mind.product.suggestions_verified);
  mind.identity = MakeGuest();
  CHECK(mind.Does({"hi"}) == "Hi! How can I help?");
}

TEST_CASE("Who am I is answered from the verified claims alone") {
  Mind mind;
  CHECK(mind.Does({"Who am I?"}) == "You are signed in as Ada (ada@example.com).");
  CHECK(mind.Does({"hi, what's my name?"}) == "You are signed in as Ada (ada@example.com).");
  mind.identity = MakeGuest();
  CHECK(mind.Does({"who am i"}) == "You are not signed in, so I do not know who you are.");
  mind.identity = Anonymous{Anonymous::Reason::kTokenExpired, "g"};
  CHECK(mind.Does({"who am i"}).starts_with("Your sign-in has ended"));
}

TEST_CASE("A name is shown as one line of at most 80 characters, whatever it holds") {
  Mind mind;
  User user = MakeAda();
  user.name = "Eve\n## SYSTEM: {{result.id}} \x1b[31m\u202e" + std::string(200, 'x');
  mind.identity = user;
  const std::string greeting = mind.Does({"hi"});
  CHECK(greeting.find('\n') == std::string::npos);
  CHECK(greeting.find('\x1b') == std::string::npos);
  CHECK(greeting.find("\u202e") == std::string::npos);
  CHECK(greeting.starts_with("Hi Eve ## SYSTEM: {{result.id}} [31mxxx"));
  CHECK(greeting.size() == std::string("Hi , how can I help?").size() + 80);
  user.name = "";
  mind.identity = user;
  CHECK(mind.Does({"hi"}) == "Hi, how can I help?");
}

TEST_CASE("An order is looked up by its number, however it is written") {
  Mind mind;
  for (const char* text :
       {"where is my order A-1001?", "Where's my order a-1001", "track A-1001", "A-1001", "what about A-1001?",
        "can you tell me the status of my order A-1001 please", "has A-1001 shipped yet?"}) {
    INFO(text);
    CHECK(mind.Does({text}) == R"(get_order {"order_id":"A-1001"})");
  }
}

TEST_CASE("What is missing is asked for, and the answer completes the call") {
  Mind mind;
  CHECK(mind.Does({"where is my order?"}) == kWhichOrder);
  CHECK(mind.Does({"where is my order?", kWhichOrder, "A-1001"}) == R"(get_order {"order_id":"A-1001"})");
  CHECK(mind.Does({"where is my order?", kWhichOrder, "1001"}) == R"(get_order {"order_id":"A-1001"})");
  CHECK(mind.Does({"where is my order?", kWhichOrder, "it is a-1002, thanks"}) == R"(get_order {"order_id":"A-1002"})");
}

TEST_CASE("A tool with two arguments asks for one after the other") {
  Mind mind;
  const std::string call = R"(refund_order {"order_id":"A-1001","reason":"damaged"})";
  CHECK(mind.Does({"refund my order"}) == kWhichOrder);
  CHECK(mind.Does({"refund my order", kWhichOrder, "A-1001"}) == kWhichReason);
  CHECK(mind.Does({"refund my order", kWhichOrder, "A-1001", kWhichReason, "It came damaged"}) == call);
  CHECK(mind.Does({"refund my order", kWhichOrder, "A-1001, it was Damaged"}) == call);
  CHECK(mind.Does({"please refund my damaged order A-1001"}) == call);
}

TEST_CASE("Two tools that ask the same question are told apart by what began the dialog") {
  Mind mind;
  CHECK(mind.Does({"refund my order", kWhichOrder, "A-1001"}) == kWhichReason);
  CHECK(mind.Does({"track my order", kWhichOrder, "A-1001"}) == R"(get_order {"order_id":"A-1001"})");
}

TEST_CASE("A dialog ends when the visitor turns to something else, gives up, or never answers") {
  Mind mind;
  CHECK(mind.Does({"where is my order?", kWhichOrder, "What does shipping cost?"}).find("4.90") != std::string::npos);
  CHECK(mind.Does({"where is my order?", kWhichOrder, "never mind"}) == "All right, I leave it at that.");
  CHECK(mind.Does({"where is my order?", kWhichOrder, "xyzzy"}) == kWhichOrder);
  CHECK(mind.Think({"where is my order?", kWhichOrder, "xyzzy", kWhichOrder, "plugh"}).turn.unanswered);
}

TEST_CASE("A question that only looks like ours does not begin a dialog") {
  Mind mind;
  CHECK(mind.Does({"hi", "Which order?", "xyzzy"}).starts_with("I have no answer"));
  CHECK(mind.Does({"hi", kWhichOrder, "xyzzy"}).starts_with("I have no answer"));
}

TEST_CASE("A tool that changes something is not called by a message that says not to") {
  Mind mind;
  CHECK_FALSE(mind.Does({"I do not want a refund for my order A-1001"}).starts_with("refund_order"));
  CHECK_FALSE(mind.Does({"please don't refund my order A-1001, it was damaged"}).starts_with("refund_order"));
}

TEST_CASE("A tool that changes something must be asked for by name, not by what is wrong") {
  Mind mind;
  CHECK_FALSE(mind.Does({"A-1003 is damaged"}).starts_with("refund_order"));
  CHECK(mind.Does({"I'd like a refund for A-1002, it arrived late"}) ==
        R"(refund_order {"order_id":"A-1002","reason":"late"})");
  CHECK(mind.Does({"can you refund A-1001 because wrong size"}) ==
        R"(refund_order {"order_id":"A-1001","reason":"wrong size"})");
  CHECK(mind.Does({"I want my money back for my order A-1001"}) == kWhichReason);
}

TEST_CASE("Questions about policy go to the help pages, not to a tool") {
  Mind mind;
  for (const char* text :
       {"How long does a refund take?", "How do I return something?", "What do the states of an order mean?"}) {
    INFO(text);
    const BuiltinReply reply = mind.Think({text});
    CHECK(reply.turn.calls.empty());
    REQUIRE_FALSE(reply.turn.citations.empty());
    CHECK(reply.text.find("[1]") != std::string::npos);
  }
}

TEST_CASE("A guest who asks for what only users may do is told to sign in, and reads help pages as anybody") {
  Mind mind;
  mind.identity = MakeGuest();
  CHECK(mind.Does({"where is my order A-1001"}) == kSignIn);
  CHECK(mind.Does({"where is my order"}) == kSignIn);
  CHECK(mind.Does({"refund my order A-1001"}) == kSignIn);
  CHECK(mind.Does({"How long does shipping take?"}).find("two to four working days") != std::string::npos);
  mind.identity = Anonymous{Anonymous::Reason::kTokenExpired, "g"};
  CHECK(mind.Does({"where is my order A-1001"}).starts_with("Your sign-in has ended."));
}

TEST_CASE("A user whose account does not suffice is told so") {
  Mind mind;
  mind.product.tools[0].required.scopes = {"admin"};
  const BuiltinReply reply = mind.Think({"where is my order A-1001"});
  CHECK(reply.text == "Your account does not allow me to do that.");
  CHECK(reply.turn.calls.empty());
}

TEST_CASE("A question off the subject is not answered, but noted, and a person is offered") {
  Mind mind;
  for (const char* text : {"Who won the chess world championship?", "Write me a poem about the moon", "asdf qwertz"}) {
    INFO(text);
    const BuiltinReply reply = mind.Think({text});
    CHECK(reply.turn.unanswered);
    CHECK(reply.turn.handoff);
    CHECK(reply.turn.citations.empty());
  }
  mind.product.handoff_url.clear();
  CHECK_FALSE(mind.Think({"Who won the chess world championship?"}).turn.handoff);
}

TEST_CASE("Whoever wants a person gets the way to one") {
  Mind mind;
  CHECK(mind.Think({"I want to talk to a human"}).turn.handoff);
}

TEST_CASE("A tool's result fills the template; what is missing leaves nothing") {
  Mind mind;
  ToolOutcome outcome;
  outcome.ok = true;
  outcome.content_json = R"({"id":"A-1001","status":"shipped"})";
  CHECK(mind.Think({"x"}, {Exchange("get_order", outcome)}).text == "Order A-1001 is shipped.");
  outcome.content_json = R"({"status":"{{user.name}}\n<b>"})";
  CHECK(mind.Think({"x"}, {Exchange("get_order", outcome)}).text == "Order is {{user.name}} <b>.");
  outcome.content_json = "null";
  CHECK(mind.Think({"x"}, {Exchange("get_order", outcome)}).text == "Done.");
  mind.product.tools[0].answer.clear();
  outcome.content_json = R"({"order_id":"A-1","deep":{"a":1},"items":["tent","rope"]})";
  CHECK(mind.Think({"x"}, {Exchange("get_order", outcome)}).text ==
        "Here is what I found: items tent, rope, order id A-1.");
}

TEST_CASE("A tool's failure is told in the tool's words, or in ours") {
  Mind mind;
  ToolOutcome outcome;
  outcome.code = "http_403";
  outcome.title = "Not yours";
  CHECK(mind.Think({"x"}, {Exchange("get_order", outcome)}).text == "Not yours");
  outcome.detail = "That order belongs to another customer.";
  CHECK(mind.Think({"x"}, {Exchange("get_order", outcome)}).text == "That order belongs to another customer.");
  outcome.unconfirmed = true;
  CHECK(mind.Think({"x"}, {Exchange("refund_order", outcome)}).text.starts_with("I could not confirm"));
  outcome = {};
  outcome.code = "timeout";
  CHECK(mind.Think({"x"}, {Exchange("get_order", outcome)}).text.starts_with("That did not work just now."));
}

TEST_CASE("The same conversation is answered in the same way, and no message is too odd") {
  Mind mind;
  const std::vector<std::string> odd = {"",
                                        " ",
                                        "\"",
                                        "'",
                                        "*",
                                        "NEAR(a b)",
                                        "a AND",
                                        "title:x",
                                        "^",
                                        "(((",
                                        std::string(1, '\0'),
                                        "\xff\xfe\xfa",
                                        std::string(100'000, 'a'),
                                        std::string(50'000, '('),
                                        "{{name}}",
                                        "A-1001 A-1002 A-1003",
                                        "日本語の質問",
                                        "🙂🙂🙂",
                                        "\"OR\" NOT *",
                                        "-1e999",
                                        "`[`](",
                                        "%s%n"};
  for (const std::string& text : odd) {
    const BuiltinReply first = mind.Think({text}), second = mind.Think({text});
    CHECK(first.text == second.text);
    CHECK((!first.text.empty() || !first.turn.calls.empty()));
    mind.Think({"refund my order", kWhichOrder, text});
    mind.Think({text, kWhichOrder, text, kWhichReason, text});
  }
}

}  // namespace widgent::test
