#include "server/app.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "http/client_address.h"
#include "protocol/base64url.h"
#include "server/cors.h"
#include "server/problems.h"

namespace widgent {

struct App::Route {
  std::string_view method, path;
  std::function<void(const ExchangePtr&)> endpoint;
  bool acts = false;  // CheckIdentityRules applies
};

namespace {

constexpr std::string_view kDiagnose = "/v1/products/{pid}/diagnose";
constexpr std::string_view kDashboard = "/dashboard/";
// A key is typed into it, and what it shows comes from visitors and models.
constexpr char kDashboardPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";
constexpr std::string_view kProblemPages = "/problems/";
constexpr std::int64_t kRevokedLatelyMs = 10'000;  // more than the time between two calls of HearOthers

// Fills `ids` with what the template's {…} stand for. Only valid ids fit.
bool Matches(std::string_view path_template, std::string_view path, std::vector<std::string>& ids) {
  ids.clear();
  while (!path_template.empty()) {
    if (!path.starts_with('/')) return false;
    path_template.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view expected = path_template.substr(0, path_template.find('/'));
    const std::string_view segment = path.substr(0, path.find('/'));
    if (expected.starts_with('{')) {
      if (!IsValidId(segment)) return false;
      ids.emplace_back(segment);
    } else if (expected != segment) {
      return false;
    }
    path_template.remove_prefix(expected.size());
    path.remove_prefix(segment.size());
  }
  return path.empty();
}

void Warn(const ProductId& product, const Knowledge& knowledge, const Log& log) {
  if (!log) return;
  for (const std::string& warning : knowledge.Warnings())
    log(LogLevel::kWarning, "knowledge product=" + product.value + ": " + warning);
}

// Throws where a tool or the documents cannot be used. The documents of `old` are not read again where the
// configuration has the same ones: a secret must be revoked at once, whatever became of them.
ServedProductPtr Serve(Product product, const Log& log, const ServedProduct* old = nullptr) {
  if (const auto refusal = RefuseToolSchemas(product)) throw std::runtime_error(*refusal);
  std::shared_ptr<const Knowledge> knowledge;
  if (old && old->config.knowledge == product.knowledge) {
    knowledge = old->knowledge;
  } else if (!product.knowledge.dir.empty()) {
    try {
      knowledge = LoadKnowledge(product.knowledge);
      Warn(product.id, *knowledge, log);
    } catch (const std::exception& error) {
      // A secret that is revoked in the same file must be, whatever is wrong with the help pages.
      if (!old) throw;
      knowledge = old->knowledge;
      if (log)
        log(LogLevel::kError,
            "knowledge product=" + product.id.value + ": " + error.what() + " What was read before goes on.");
    }
  }
  return std::make_shared<ServedProduct>(ServedProduct{std::move(product), std::move(knowledge)});
}

http::Response PlainResponse(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}}, std::move(text)};
}

}  // namespace

App::App(AppPorts ports, std::vector<Product> products, AppOptions options)
    : ports_(std::move(ports)),
      options_(std::move(options)),
      audit_(ports_.store, [this](const ProductId& product, std::string_view action,
                                  std::string_view outcome) { metrics_.CountAudit(product.value, action, outcome); }),
      unread_refusals_(metrics_, ports_.random),
      commits_(ports_.store),
      hub_(MakeAgentPorts(), commits_),
      admission_(ports_.store, audit_, limits_),
      watchers_(ports_.loop, ports_.store),
      widget_api_(ports_.store, audit_, limits_, hub_),
      run_api_(ports_.store, audit_, limits_, hub_, watchers_),
      operator_api_(ports_.store, audit_, commits_, watchers_, ports_.random),
      admin_api_(
          ports_.store, audit_, limits_, hub_, operator_api_, [this](std::string_view id) { return FindProduct(id); },
          options_.files),
      mcp_tools_(ports_.loop, ports_.client, ports_.random, options_.log,
                 [this](const ProductId& product) { TakeMcpTools(product); }) {
  for (Product& product : products) products_.push_back(Serve(std::move(product), options_.log));
  unread_refusals_.Show(products_);
  mcp_tools_.Follow(products_);
  const auto on = [this](std::string_view method, std::string_view path, auto& api, auto endpoint) {
    routes_.push_back({method, path, [&api, endpoint](const ExchangePtr& x) { (api.*endpoint)(x); }});
  };
  const auto on_act = [&](std::string_view method, std::string_view path, auto& api, auto endpoint) {
    on(method, path, api, endpoint);
    routes_.back().acts = true;
  };
  on("POST", "/v1/products/{pid}/session", widget_api_, &WidgetApi::PostSession);
  on_act("POST", "/v1/products/{pid}/agent", run_api_, &RunApi::PostAgent);
  on_act("POST", "/v1/products/{pid}/chat", run_api_, &RunApi::PostChat);
  on("GET", "/v1/products/{pid}/agent/capabilities", widget_api_, &WidgetApi::GetCapabilities);
  on_act("GET", "/v1/products/{pid}/threads", widget_api_, &WidgetApi::ListThreads);
  on("DELETE", "/v1/products/{pid}/threads/{tid}", widget_api_, &WidgetApi::DeleteThread);
  on_act("GET", "/v1/products/{pid}/threads/{tid}/messages", widget_api_, &WidgetApi::ListMessages);
  on_act("POST", "/v1/products/{pid}/threads/{tid}/messages/{mid}/feedback", widget_api_, &WidgetApi::PostFeedback);
  on_act("GET", "/v1/products/{pid}/threads/{tid}/events", run_api_, &RunApi::GetEvents);
  on_act("POST", "/v1/products/{pid}/threads/{tid}/runs/{rid}/cancel", run_api_, &RunApi::PostCancel);
  routes_.push_back({"GET", kDiagnose, nullptr, false});  // open to all, so it is answered before admission
  ports_.store.InterruptRunningRuns();
}

App::~App() = default;

AgentPorts App::MakeAgentPorts() {
  AgentPorts ports{ports_.loop, ports_.client, ports_.store, audit_, tool_guard_, ports_.random};
  ports.warn = [this](const std::string& line) {
    if (options_.log) options_.log(LogLevel::kWarning, line);
  };
  return ports;
}

void App::Handle(http::Request request, std::shared_ptr<http::Responder> responder) {
  const auto x = std::make_shared<Exchange>(std::move(request), std::move(responder), NewRequestId(), ports_.loop,
                                            commits_, options_.log, metrics_);
  try {
    Dispatch(x);
  } catch (const std::exception& error) {
    if (options_.log) options_.log(LogLevel::kError, "request=" + x->request_id + " error=" + error.what());
    x->Refuse(MakeProblem("backend_down", "The store cannot be read.", "Try again in a moment.", 5));
  }
}

std::string App::NewRequestId() {
  constexpr std::size_t kBytes = kRequestIdBytes,
                        kIdsAtOnce = 64;  // one call of the generator costs as much as many bytes of it
  if (id_bytes_.empty()) id_bytes_ = ports_.random(kBytes * kIdsAtOnce);
  const std::string bytes = id_bytes_.substr(id_bytes_.size() - kBytes);
  id_bytes_.resize(id_bytes_.size() - kBytes);
  return "req_" + EncodeBase64Url(bytes);
}

// The requests of one turn read together, and what another process has written is seen a millisecond later.
void App::BeginReading() {
  if (const UnixMillis now = ports_.loop.Now(); std::exchange(reading_at_, now) != now) ports_.store.EndReading();
  ports_.store.BeginReading();
}

void App::EndTurn() {
  const bool has_writes = ports_.store.HasPending();
  const bool is_durable = commits_.EndTurn();
  ports_.store.EndReading();
  if (has_writes) metrics_.CountCommit(is_durable);
  if (!is_durable && options_.log)
    options_.log(LogLevel::kError, "The store refused a transaction; its requests were answered with 503.");
}

std::vector<std::string> App::Replace(std::vector<Product> products) {
  std::vector<ServedProductPtr> served;
  std::vector<std::string> refusals;
  for (Product& product : products) {
    const std::string id = product.id.value;
    const ServedProductPtr old = FindProduct(id);
    try {
      served.push_back(Serve(std::move(product), options_.log, old.get()));
    } catch (const std::exception& refused) {
      refusals.push_back(refused.what());
      if (old) served.push_back(old);
    }
  }
  products_ = std::move(served);
  unread_refusals_.Show(products_);
  mcp_tools_.Follow(products_);
  for (const ServedProductPtr& product : std::vector(products_)) TakeMcpTools(product->config.id);
  for (const ServedProductPtr& product : products_) hub_.CancelUnkeyed(product->config, ports_.loop.Now());
  return refusals;
}

// Runs that go on keep the tools they began with.
void App::TakeMcpTools(const ProductId& product) {
  for (ServedProductPtr& served : products_) {
    if (served->config.id != product || served->config.mcp_servers.empty()) continue;
    ServedProduct changed = *served;
    std::erase_if(changed.config.tools, [](const ToolConfig& tool) { return !tool.mcp_name.empty(); });
    std::vector<ToolConfig>& tools = changed.config.tools;
    for (ToolConfig& tool : mcp_tools_.Find(product)) {
      const auto has_same_name = [&](const ToolConfig& other) { return other.name == tool.name; };
      // Two servers' names may meet: the first one has it.
      if (std::none_of(tools.begin(), tools.end(), has_same_name)) tools.push_back(std::move(tool));
    }
    served = std::make_shared<ServedProduct>(std::move(changed));
  }
}

void App::TakeKnowledge(const ProductId& product, const KnowledgeConfig& config,
                        std::shared_ptr<const Knowledge> knowledge) {
  for (ServedProductPtr& served : products_) {
    if (served->config.id != product || served->config.knowledge != config) continue;
    if (options_.log)
      options_.log(LogLevel::kInfo, "knowledge product=" + product.value + ": the help pages were read again, " +
                                        std::to_string(knowledge->SectionCount()) + " passages.");
    Warn(product, *knowledge, options_.log);
    ServedProduct changed = *served;
    changed.knowledge = std::move(knowledge);
    served = std::make_shared<ServedProduct>(std::move(changed));
    return;
  }
}

void App::HearOthers() {
  const UnixMillis now = ports_.loop.Now();
  for (const Revocation& revocation : ports_.store.ListRevocations(now - kRevokedLatelyMs))
    hub_.CancelRevoked(revocation, now);
  watchers_.RefreshQuestions();
}

ServedProductPtr App::FindProduct(std::string_view id) const {
  const auto product = std::find_if(products_.begin(), products_.end(),
                                    [id](const ServedProductPtr& served) { return served->config.id.value == id; });
  return product == products_.end() ? nullptr : *product;
}

void App::Drain() {
  is_draining_ = true;
  run_api_.Drain();
  watchers_.Close();
}

void App::Dispatch(const ExchangePtr& x) {
  if (!x->request.path.starts_with("/v1/")) return HandleSite(x);
  if (AdminApi::Owns(x->request.path)) return admin_api_.Handle(x);
  std::string allowed;
  for (const Route& route : routes_) {
    if (!Matches(route.path, x->request.path, x->ids)) continue;
    x->route = route.path;
    if (x->request.method == route.method || x->request.method == "OPTIONS") return HandleProduct(x, route);
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  if (allowed.empty()) return x->Refuse(MakeProblem("not_found", "There is no such endpoint."));
  x->cors = {{"Allow", allowed + ", OPTIONS"}};
  x->Refuse(MakeProblem("method_not_allowed", "This endpoint takes " + allowed + "."));
}

void App::HandleProduct(const ExchangePtr& x, const Route& route) {
  x->product = FindProduct(x->ids[0]);
  const bool is_diagnose = route.path == kDiagnose;
  if (is_diagnose) x->cors = {{"Access-Control-Allow-Origin", "*"}};
  if (!x->product) {
    return x->Refuse(MakeProblem("product_not_found", "This server has no product of this id.",
                                 "Check the productId given to init against `widgentd product list`."));
  }
  const bool is_preflight = x->request.method == "OPTIONS";
  if (is_diagnose) {
    return x->Send(is_preflight ? PreflightResponse()
                                : DiagnoseResponse(x->product->config, x->request, ports_.loop.Now()));
  }

  BeginReading();
  if (auto problem = admission_.CheckOrigin(*x)) return x->Refuse(*problem);
  if (is_preflight) return x->Send(PreflightResponse());
  if (auto problem = admission_.CheckCaller(*x)) return x->Refuse(*problem);
  if (route.acts) {
    if (auto problem = CheckIdentityRules(*x)) return x->Refuse(*problem);
  }
  route.endpoint(x);
}

http::Response App::MetricsResponse() {
  const Metrics::Now now{options_.connections ? options_.connections() : 0, hub_.size(), products_.size()};
  return {200,
          {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}, {"Cache-Control", "no-store"}},
          metrics_.Write(now)};
}

void App::HandleSite(const ExchangePtr& x) {
  const std::string& path = x->request.path;
  const bool is_read = x->request.method == "GET" || x->request.method == "HEAD";
  if (is_read && path == "/healthz") return x->Send(PlainResponse(200, "ok\n"));
  if (is_read && path == "/readyz")
    return x->Send(is_draining_ ? PlainResponse(503, "draining\n") : PlainResponse(200, "ready\n"));
  if (is_read && path == "/metrics" && http::IsTrusted(x->request.peer_address, options_.metrics_from))
    return x->Send(MetricsResponse());
  if (is_read && path.starts_with(kProblemPages)) {
    x->route = "/problems/{code}";
    return x->Send(ProblemPage(path.substr(kProblemPages.size()), x->request.Find("accept").value_or("")));
  }
  if (is_read && options_.assets) {
    if (kDashboard == path + '/') return x->Send({308, {{"Location", std::string(kDashboard)}}, ""});
    if (auto asset = options_.assets(x->request)) {
      if (path.starts_with(kDashboard)) {
        asset->headers.push_back({"Content-Security-Policy", kDashboardPolicy});
        asset->headers.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
      }
      return x->Send(std::move(*asset));
    }
  }
  x->Refuse(MakeProblem("not_found", "There is nothing at this address."));
}

}  // namespace widgent
