// A whole server whose product is read from its file and whose model does whatever a test tells it: what it is offered
// is read from the requests to its endpoint, what it asks for is answered there.
#pragma once
#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "server/world.h"

namespace widgent::test {

struct Wish {
  std::string tool, arguments = "{}";
};

// The file of a product with these tools, and other members that replace the usual ones.
inline Product ReadShop(const nlohmann::json& tools, const nlohmann::json& changes = nlohmann::json::object()) {
  nlohmann::json product = {
      {"id", "acme"},
      {"name", "Acme"},
      {"origins", {kOrigin}},
      {"service_keys", {{{"id", kServiceKey}}}},
      {"verification", {{"secrets", {{{"kid", "k1"}, {"value", kSecret}}}}}},
      {"agent", {{"kind", "openai"}, {"base_url", "https://llm.example/v1"}, {"model", "m"}}},
      {"egress", {{"allow_hosts", {"shop.example"}}}},
      {"rate_limits", {{"per_user_per_min", 1000}, {"per_ip_per_min", 1000}, {"concurrent_runs_per_user", 10}}},
      {"tools", tools}};
  product.update(changes);
  const auto read = ReadProduct(product.dump(), "acme.json", "", {});
  if (const auto* error = std::get_if<ConfigError>(&read)) FAIL(error->where + ": " + error->detail);
  return std::get<Product>(read);
}

// A tool of the shop, with these members besides the usual ones.
inline nlohmann::json ShopTool(const std::string& name, const nlohmann::json& members = nlohmann::json::object()) {
  nlohmann::json tool = {{"name", name},
                         {"description", "A tool of the shop"},
                         {"kind", "http"},
                         {"url", "https://shop.example/tools/" + name},
                         {"secret", "whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh"},
                         {"effect", "read"}};
  tool.update(members);
  return tool;
}

class HostileWorld : public World {
 public:
  explicit HostileWorld(Product product, const std::string& path = ":memory:") : World(path, std::move(product)) {}

  // What the model says, round after round; then "Done.".
  std::deque<std::vector<Wish>> script;
  std::int64_t think_ms = 0;  // before each answer of the model
  std::string tool_answer = R"({"ok":true})";

  // What happened since the last Clear().
  std::vector<nlohmann::json> prompts;   // bodies of the requests to the model
  std::vector<nlohmann::json> executed;  // bodies of the requests to tools
  std::vector<std::string> elsewhere;    // addresses that are neither's

  void Clear() {
    prompts.clear();
    executed.clear();
    elsewhere.clear();
    seen_rows_ = Audit().size();
  }

  // One run, to its end.
  Answer Run(const Caller& caller, const Message& message) { return Finish(Say(caller, message)); }
  Answer Finish(Answer answer) {
    for (int i = 0; i < 100 && !answer->is_finished; ++i) {
      if (!client.pending.empty()) Serve(client.pending.begin()->first);
      loop.Advance(10);
    }
    REQUIRE(answer->is_finished);
    return answer;
  }

  // The names that the model was offered in the first round.
  std::vector<std::string> Offered() const {
    std::vector<std::string> names;
    REQUIRE_FALSE(prompts.empty());
    for (const auto& tool : prompts.front().value("tools", nlohmann::json::array()))
      names.push_back(tool["function"]["name"]);
    return names;
  }

  // "u_42 get_order attempt;u_42 get_order success;" of the tool calls since the last Clear(); a refusal with its
  // reason: "u_42 get_order denied scope_missing;". A guest has no name.
  std::string Trail() {
    std::string trail;
    const std::vector<AuditRow> rows = Audit();
    for (std::size_t i = seen_rows_; i < rows.size(); ++i) {
      if (rows[i].action != "tool") continue;
      const nlohmann::json record = nlohmann::json::parse(rows[i].record);
      const nlohmann::json user = record["actor"]["user"];
      CHECK(user.value("uid", "") == rows[i].user);
      const bool is_denied = rows[i].outcome == "denied" || rows[i].outcome == "rejected";
      CHECK((record["action_id"] == 2) == is_denied);
      trail += user.value("uid", "guest") + ' ' + record["api"]["operation"].get<std::string>() + ' ' + rows[i].outcome;
      if (is_denied) trail += ' ' + record.value("status_detail", "");
      trail += ';';
    }
    return trail;
  }

 private:
  void Serve(http::FetchId fetch) {
    const http::ClientRequest request = client.pending.at(fetch).request;
    if (request.url.ends_with("/chat/completions")) {
      prompts.push_back(nlohmann::json::parse(request.body));
      loop.Advance(think_ms);
      return client.AnswerOne(fetch, NextReply());
    }
    if (request.url.starts_with("https://shop.example/tools/")) executed.push_back(nlohmann::json::parse(request.body));
    else elsewhere.push_back(request.url);
    client.AnswerOne(fetch, tool_answer);
  }

  std::string NextReply() {
    nlohmann::json message = {{"role", "assistant"}, {"content", "Done."}};
    if (!script.empty()) {
      message["content"] = "";
      for (const Wish& wish : script.front()) {
        message["tool_calls"].push_back({{"id", "call_" + std::to_string(++calls_)},
                                         {"type", "function"},
                                         {"function", {{"name", wish.tool}, {"arguments", wish.arguments}}}});
      }
      script.pop_front();
    }
    return nlohmann::json{{"choices", {{{"index", 0}, {"message", message}, {"finish_reason", "stop"}}}}}.dump();
  }

  std::size_t seen_rows_ = 0;
  int calls_ = 0;
};

}  // namespace widgent::test
