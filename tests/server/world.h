// A whole server in one process, without sockets: an App over a real store, a loop whose clock is moved by hand, and a
// tool's backend that the test answers for.
#pragma once
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/sse.h"
#include "server/app.h"
#include "store/sqlite_store.h"
#include "support/signed_token.h"
#include "support/sim_event_loop.h"

namespace widgent::test {

inline constexpr UnixMillis kStart = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
inline constexpr char kOrigin[] = "https://shop.example";
inline constexpr char kServiceKey[] = "pk_acme";
inline constexpr char kGuest[] = "guest-0123456789";

// Keeps what it is told, as the peer would see it.
class RecordingResponder final : public http::Responder {
 public:
  int status = 0;  // 0: not answered yet
  std::vector<http::Header> headers;
  std::string body;
  bool is_finished = false, is_open = true;
  std::size_t backlog = 0;

  void Send(http::Response response) override {
    StartStream(http::Response{response.status, response.headers, ""});
    Write(std::move(response.body));
    Finish();
  }
  void StartStream(http::Response head) override {
    REQUIRE(status == 0);
    if (!is_open) return;
    status = head.status;
    headers = std::move(head.headers);
  }
  void Write(std::string chunk) override {
    REQUIRE_FALSE(is_finished);
    if (is_open) body += chunk;
  }
  void Finish() override {
    is_finished = true;
    Leave();
  }
  bool IsOpen() const override { return is_open; }
  std::size_t Backlog() const override { return backlog; }
  void OnClosed(std::function<void()> closed) override { closed_ = std::move(closed); }

  // The peer goes away.
  void Leave() {
    is_open = false;
    if (const auto closed = std::exchange(closed_, nullptr)) closed();
  }

  std::optional<std::string> Header(const std::string& name) const {
    for (const http::Header& header : headers)
      if (header.name == name) return header.value;
    return std::nullopt;
  }
  nlohmann::json Json() const { return nlohmann::json::parse(body); }
  std::string Code() const { return Json().value("code", ""); }

 private:
  std::function<void()> closed_;
};

using Answer = std::shared_ptr<RecordingResponder>;

class FakeClient final : public http::Client {
 public:
  struct Pending {
    http::ClientRequest request;
    std::function<void(http::ClientResult)> done;
  };
  std::map<http::FetchId, Pending> pending;

  explicit FakeClient(http::EventLoop& loop) : loop_(loop) {}
  http::FetchId Fetch(http::ClientRequest request, std::function<void(http::ClientResult)> done) override {
    pending[++last_] = {std::move(request), std::move(done)};
    return last_;
  }
  void Cancel(http::FetchId fetch) override {
    http::ClientResult result;
    result.error = http::ClientResult::Error::kCancelled;
    Answer(fetch, result);
  }
  void AnswerOne(http::FetchId fetch, const std::string& json) {
    http::ClientResult result;
    result.status = 200;
    result.headers = {{"content-type", "application/json"}};
    result.body = json;
    Answer(fetch, result);
  }
  void AnswerAll(const std::string& json) {
    while (!pending.empty()) AnswerOne(pending.begin()->first, json);
  }

 private:
  void Answer(http::FetchId fetch, http::ClientResult result) {
    auto entry = pending.extract(fetch);
    if (entry.empty()) return;
    if (const auto& on_body = entry.mapped().request.on_body; on_body && result.status / 100 == 2)
      loop_.Post([on_body, piece = std::exchange(result.body, "")] { on_body(piece); });
    loop_.Post([done = std::move(entry.mapped().done), result = std::move(result)] { done(result); });
  }
  http::EventLoop& loop_;
  http::FetchId last_ = 0;
};

inline OriginPattern Origin(const std::string& entry) { return std::get<OriginPattern>(ParseOriginPattern(entry)); }

inline Product MakeProduct() {
  Product product;
  product.id.value = "acme";
  product.name = "Acme";
  product.origins = {Origin(kOrigin)};
  product.service_keys = {kServiceKey};
  product.keys.secrets = {{"k1", kSecret, std::nullopt}};
  product.token_policy.audience = "acme";
  product.greeting_verified = "Hi {{name}}, how can I help?";
  product.greeting_anonymous = "Hi! Ask me anything.";
  product.suggestions_verified = {"Where is my order?"};
  product.handoff_url = "https://shop.example/contact";
  product.handoff_label = "Talk to us";
  product.accent = "#336699";
  product.egress.allow_hosts = {"shop.example"};
  ToolConfig tool;
  tool.name = "get_order";
  tool.description = "Status of one of the signed-in user's orders";
  tool.url = "https://shop.example/tools/get_order";
  tool.secret = "whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh";
  tool.parameters_json = R"({"type":"object","additionalProperties":false,"required":["order_id"],
    "properties":{"order_id":{"type":"string","pattern":"^A-[0-9]{1,8}$","maxLength":10}}})";
  tool.required.identified = true;
  tool.examples = {"where is my order", "track my order"};
  tool.answer = "Order {{result.id}} is {{result.status}}.";
  product.tools = {tool};
  return product;
}

// What a caller sends besides the path. Empty: that header is absent.
struct Caller {
  std::string token = "", guest = "", origin = kOrigin, service_key = kServiceKey, last_event_id = "";
};

class World {
 public:
  // ":memory:" dies with the process; a file survives Crash().
  explicit World(std::string store_path = ":memory:", Product product = MakeProduct(),
                 std::unique_ptr<Store> (*open_store)(const std::string&) = OpenSqliteStore,
                 std::vector<Product> others = {}, ProductFileAccess files = {})
      : store_path_(std::move(store_path)),
        products_(std::move(others)),
        open_store_(open_store),
        files_(std::move(files)) {
    products_.insert(products_.begin(), std::move(product));
    Boot();
  }

  SimEventLoop loop{kStart};
  FakeClient client{loop};
  std::unique_ptr<Store> store;
  std::unique_ptr<App> app;
  std::vector<std::string> log;

  // The process dies: what was not committed is gone, and nobody is answered.
  void Crash() {
    app.reset();
    store.reset();
    client.pending.clear();
    Boot();
  }

  Answer Send(const std::string& method, const std::string& path, const Caller& caller, const std::string& body = "") {
    http::Request request;
    request.method = method;
    const auto question = path.find('?');
    request.path = path.substr(0, question);
    if (question != path.npos) request.query = path.substr(question + 1);
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) request.headers.push_back({name, value});
    };
    add("origin", caller.origin);
    add("widgent-service-key", caller.service_key);
    add("widgent-anonymous-id", caller.guest);
    add("last-event-id", caller.last_event_id);
    if (!caller.token.empty()) add("authorization", "Bearer " + caller.token);
    if (!body.empty()) add("content-type", "application/json");
    request.body = body;
    request.peer_address = "203.0.113.7";
    return Handle(std::move(request));
  }
  Answer Handle(http::Request request) {
    auto responder = std::make_shared<RecordingResponder>();
    loop.Post([this, request = std::move(request), responder] { app->Handle(request, responder); });
    loop.RunReady();
    return responder;
  }
  Answer Get(const std::string& path, const Caller& caller) { return Send("GET", "/v1/products/acme" + path, caller); }
  Answer Post(const std::string& path, const Caller& caller, const std::string& body = "") {
    return Send("POST", "/v1/products/acme" + path, caller, body);
  }

  struct Message {
    std::string thread = "th_1", run = "r_1", id = "u_1", text = "hello";
  };
  static std::string Body(const Message& message) {
    return nlohmann::json{{"threadId", message.thread},
                          {"runId", message.run},
                          {"messages", {{{"id", message.id}, {"role", "user"}, {"content", message.text}}}}}
        .dump();
  }
  Answer Say(const Caller& caller, const Message& message) { return Post("/agent", caller, Body(message)); }

  std::string Token(const std::string& sub, const std::string& name = "", std::int64_t lifetime_s = 3600) {
    const std::int64_t now = loop.Now() / 1000;
    nlohmann::json claims{{"sub", sub}, {"iat", now}, {"exp", now + lifetime_s}};
    if (!name.empty()) claims["name"] = name;
    return SignToken(claims.dump());
  }
  std::vector<AuditRow> Audit() {
    auto rows = store->FindAudit(ProductId{"acme"}, {});
    return {rows.rbegin(), rows.rend()};
  }

 private:
  void Boot() {
    store = open_store_(store_path_);
    AppOptions options;
    options.files = files_;
    options.log = [this](LogLevel, std::string_view line) { log.emplace_back(line); };
    options.assets = [](const http::Request& request) -> std::optional<http::Response> {
      if (request.path != "/widgent.js") return std::nullopt;
      return http::Response{200, {}, "the loader"};
    };
    // Ids are counted, so that every run of a test is the same.
    const auto random = [this](std::size_t count) {
      std::string bytes(count, '\0');
      for (std::size_t i = 0, n = ++drawn_; i < count && n > 0; ++i, n >>= 8) bytes[i] = static_cast<char>(n & 0xFF);
      return bytes;
    };
    app = std::make_unique<App>(AppPorts{loop, client, *store, random}, products_, std::move(options));
    loop.on_turn_end = [this] { app->EndTurn(); };
    loop.RunReady();
  }

  std::string store_path_;
  std::vector<Product> products_;  // the first one is acme
  std::unique_ptr<Store> (*open_store_)(const std::string&);
  ProductFileAccess files_;
  std::size_t drawn_ = 0;
};

// The events of a stream, with the id of each.
inline std::vector<std::pair<std::string, nlohmann::json>> Events(const std::string& stream) {
  std::vector<std::pair<std::string, nlohmann::json>> events;
  SseDecoder decoder;
  decoder.Feed(stream, [&](std::string_view id, std::string_view data) {
    events.emplace_back(id, nlohmann::json::parse(data));
  });
  return events;
}
inline std::string TextOf(const std::string& stream) {
  std::string text;
  for (const auto& [id, event] : Events(stream))
    if (event["type"] == "TEXT_MESSAGE_CONTENT") text += event["delta"];
  return text;
}

}  // namespace widgent::test
