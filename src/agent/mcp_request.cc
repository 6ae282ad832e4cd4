#include "agent/mcp_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "agent/json.h"
#include "agent/rpc_reader.h"
#include "agent/text.h"
#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;
using Error = http::ClientResult::Error;

namespace {

constexpr std::size_t kAnswerBytesMax = 256 * 1024, kSessionIdBytesMax = 256, kErrorCodePointsMax = 300;
constexpr int kCloseMs = 2000;
constexpr std::string_view kClientInfo = R"({"name":"Widgent","version":")" WIDGENT_VERSION R"("})";
// Whose sessions work like those of kMcpSessions.
constexpr std::string_view kSessionVersions[] = {kMcpSessions, "2025-06-18", "2025-03-26"};

bool HasSessions(std::string_view version) {
  return std::find(std::begin(kSessionVersions), std::end(kSessionVersions), version) != std::end(kSessionVersions);
}

std::string Join(const std::string& members, std::string_view more) {
  return members + (members.empty() || more.empty() ? "" : ",") + std::string(more);
}

class Exchange final : public McpExchange {
 public:
  Exchange(http::EventLoop& loop, http::Client& client, McpRequest request, std::function<void(McpAnswer)> done)
      : loop_(loop),
        client_(client),
        request_(std::move(request)),
        done_(std::move(done)),
        deadline_(loop.Now() + request_.timeout_ms) {
    if (request_.version == kMcpStateless) Ask();
    else Initialize();
  }

  ~Exchange() override {
    if (fetch_) client_.Cancel(*fetch_);
    CloseSession();
  }

 private:
  void Initialize() {
    JsonWriter body;
    body.Open('{').Put("jsonrpc", "2.0").Put("id", ++id_).Put("method", "initialize").Key("params").Open('{');
    body.Put("protocolVersion", kMcpSessions).Key("capabilities").Raw("{}").Key("clientInfo").Raw(kClientInfo);
    body.Close('}').Close('}');
    Post(body.Take(), {}, false, [this](const std::optional<RpcAnswer>& answer) { OnInitialized(answer); });
  }

  void OnInitialized(const std::optional<RpcAnswer>& answer) {
    if (!answer || answer->result_json.empty()) {
      // A server of the other protocol knows no such method, or no such version.
      const bool may_be_stateless = fetch_result_.error == Error::kNone &&
                                    (answer || fetch_result_.status == 400 || fetch_result_.status == 404) &&
                                    request_.version.empty();
      if (may_be_stateless) return Ask();
      return End(answer, false);
    }
    const json result = json::parse(answer->result_json, nullptr, false);
    const auto version = result.find("protocolVersion");
    version_ = version != result.end() && version->is_string() ? version->get<std::string>() : "";
    if (!HasSessions(version_)) {
      RpcAnswer refused;
      refused.message = "The server speaks no protocol that we know.";
      return End(refused, false);
    }
    for (const http::Header& header : fetch_result_.headers)
      if (header.name == "mcp-session-id" && header.value.size() <= kSessionIdBytesMax) session_ = header.value;
    Post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", {}, false,
         [this](const std::optional<RpcAnswer>&) {
           if (fetch_result_.error != Error::kNone || fetch_result_.status / 100 != 2) return End(std::nullopt, false);
           Ask();
         });
  }

  void Ask() {
    if (version_.empty()) version_ = kMcpStateless;
    std::string meta = request_.meta_json;
    std::vector<http::Header> headers;
    if (version_ == kMcpStateless) {
      JsonWriter own;
      own.Open('{').Put("io.modelcontextprotocol/protocolVersion", version_);
      own.Key("io.modelcontextprotocol/clientInfo").Raw(kClientInfo);
      own.Key("io.modelcontextprotocol/clientCapabilities").Raw("{}").Close('}');
      meta = Join(meta, std::string_view(own.text()).substr(1, own.text().size() - 2));
      headers.push_back({"Mcp-Method", request_.method});
      if (!request_.name.empty()) headers.push_back({"Mcp-Name", request_.name});
    }
    const std::string params = Join(request_.params_json, meta.empty() ? "" : "\"_meta\":{" + meta + '}');
    JsonWriter body;
    body.Open('{').Put("jsonrpc", "2.0").Put("id", ++id_).Put("method", request_.method);
    body.Key("params").Raw('{' + params + '}').Close('}');
    Post(body.Take(), std::move(headers), true, [this](const std::optional<RpcAnswer>& answer) { End(answer, true); });
  }

  // `answered` gets the answer to the request of this id_, or nothing; fetch_result_ tells the rest. With `may_cut` a
  // stream is left as soon as the answer is there: it may stay open. Its headers are then not known.
  void Post(std::string body, std::vector<http::Header> headers, bool may_cut,
            std::function<void(const std::optional<RpcAnswer>&)> answered) {
    http::ClientRequest fetch;
    fetch.url = request_.url;
    fetch.headers = std::move(headers);
    AddHeaders(fetch);
    fetch.body = std::move(body);
    fetch.timeout_ms = static_cast<int>(std::max<std::int64_t>(deadline_ - loop_.Now(), 1));
    fetch.response_bytes_max = kAnswerBytesMax;
    fetch.egress = request_.egress;
    reader_.emplace(id_);
    answered_ = std::move(answered);
    const auto step = std::make_shared<char>();
    step_ = step;
    const auto on_body = [this, step = std::weak_ptr<char>(step)](std::string_view piece) {
      if (step.expired() || !reader_->Feed(piece)) return;
      if (fetch_) client_.Cancel(*std::exchange(fetch_, std::nullopt));
      http::ClientResult result;
      result.status = 200;
      OnFetched(std::move(result));
    };
    if (may_cut) fetch.on_body = on_body;
    fetch_ = client_.Fetch(std::move(fetch), [this, step = std::weak_ptr<char>(step)](http::ClientResult result) {
      if (step.expired()) return;
      fetch_.reset();
      reader_->Feed(result.body);
      OnFetched(std::move(result));
    });
  }

  void OnFetched(http::ClientResult result) {
    step_.reset();
    fetch_result_ = std::move(result);
    const auto answered = std::exchange(answered_, nullptr);
    answered(reader_->End());
  }

  void AddHeaders(http::ClientRequest& fetch) {
    fetch.headers.push_back({"Content-Type", "application/json"});
    fetch.headers.push_back({"Accept", "application/json, text/event-stream"});
    fetch.headers.push_back({"User-Agent", "Widgent/1.0 (+tool)"});
    if (!request_.bearer.empty()) fetch.headers.push_back({"Authorization", "Bearer " + request_.bearer});
    if (!request_.traceparent.empty()) fetch.headers.push_back({"traceparent", request_.traceparent});
    if (!session_.empty()) fetch.headers.push_back({"Mcp-Session-Id", session_});
    if (!version_.empty()) fetch.headers.push_back({"MCP-Protocol-Version", version_});
  }

  // Nobody waits for it.
  void CloseSession() {
    if (session_.empty()) return;
    http::ClientRequest fetch;
    fetch.method = "DELETE";
    fetch.url = request_.url;
    fetch.timeout_ms = kCloseMs;
    fetch.egress = request_.egress;
    AddHeaders(fetch);
    session_.clear();
    client_.Fetch(std::move(fetch), [](const http::ClientResult&) {});
  }

  // The last act: `done` may drop this exchange.
  void End(const std::optional<RpcAnswer>& rpc, bool is_request) {
    McpAnswer answer;
    if (rpc) answer.result_json = rpc->result_json, answer.error = rpc->message;
    // A server that quotes what it was sent must not put the token before the model, the visitor, or into the log.
    answer.result_json = WithoutSecret(std::move(answer.result_json), request_.bearer);
    answer.error = CleanLine(WithoutSecret(std::move(answer.error), request_.bearer), kErrorCodePointsMax);
    answer.fetch = std::move(fetch_result_);
    answer.fetch.request_sent = is_request && answer.fetch.request_sent;
    answer.version = version_;
    const auto done = std::move(done_);
    done(std::move(answer));
  }

  http::EventLoop& loop_;
  http::Client& client_;
  const McpRequest request_;
  std::function<void(McpAnswer)> done_;
  const std::int64_t deadline_;
  std::int64_t id_ = 0;
  std::string version_, session_;
  std::optional<RpcReader> reader_;
  std::function<void(const std::optional<RpcAnswer>&)> answered_;
  http::ClientResult fetch_result_;
  std::optional<http::FetchId> fetch_;
  std::shared_ptr<char> step_;  // of the fetch that goes on; what comes of an earlier one finds it gone
};

}  // namespace

std::unique_ptr<McpExchange> AskMcp(http::EventLoop& loop, http::Client& client, McpRequest request,
                                    std::function<void(McpAnswer)> done) {
  return std::make_unique<Exchange>(loop, client, std::move(request), std::move(done));
}

}  // namespace widgent
