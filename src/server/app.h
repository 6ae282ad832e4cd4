// The whole server without its sockets: what is made of what, and which path leads where. Runs on the loop's one
// thread, is deterministic given its ports, and may be destroyed at any time, as by a crash: nobody is answered then.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/limits.h"
#include "agent/tool_guard.h"
#include "audit/audit.h"
#include "http/client.h"
#include "http/event_loop.h"
#include "http/message.h"
#include "product/product.h"
#include "server/admin_api.h"
#include "server/admission.h"
#include "server/commit_queue.h"
#include "server/exchange.h"
#include "server/mcp_tools.h"
#include "server/metrics.h"
#include "server/operator_api.h"
#include "server/product_change.h"
#include "server/run_api.h"
#include "server/run_hub.h"
#include "server/unread_refusals.h"
#include "server/widget_api.h"
#include "store/store.h"

namespace widgent {

// All outlive the App.
struct AppPorts {
  http::EventLoop& loop;
  http::Client& client;
  Store& store;
  std::function<std::string(std::size_t bytes)> random;
};

struct AppOptions {
  Log log;                                                                    // may be empty
  std::function<std::optional<http::Response>(const http::Request&)> assets;  // may be empty; GET and HEAD outside /v1
  std::function<std::size_t()> connections;                                   // how many are open; may be empty
  // Addresses and blocks that /metrics is told to; to others there is no such address.
  std::vector<std::string> metrics_from{"127.0.0.0/8", "::1"};
  ProductFileAccess files;  // what the admin API may change; may be empty
};

class App {
 public:
  // Reads the products' documents and tools; throws std::runtime_error with a sentence that names the file or tool that
  // cannot be used. Runs that a crash left are marked as interrupted.
  App(AppPorts ports, std::vector<Product> products, AppOptions options);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  void Handle(http::Request request, std::shared_ptr<http::Responder> responder);

  // The answer to a request that was refused before it was whole; `request` holds what was understood of it. Safe from
  // any thread.
  http::Response RefuseUnread(std::string_view code, const http::Request& request) {
    return unread_refusals_.Answer(code, request);
  }

  // To be called whenever the loop has nothing more to do at once: makes the turn's writes durable and lets the
  // answers that wait for it go.
  void EndTurn();

  // Serves these products from now on. Requests and runs that go on end with what they began with, but for the runs of
  // users whose secret is no longer live: they are cancelled. A product that cannot be used keeps its present form;
  // answers a sentence for each.
  std::vector<std::string> Replace(std::vector<Product> products);

  // The product answers from these pages from now on, and runs that go on from those they began with. Does nothing
  // where the product is configured for other pages by now.
  void TakeKnowledge(const ProductId& product, const KnowledgeConfig& config,
                     std::shared_ptr<const Knowledge> knowledge);
  const std::vector<ServedProductPtr>& products() const { return products_; }

  // Takes in what another process has written: cancels the runs of users who were revoked, and tells pages what
  // operators have decided. To be called about once a second.
  void HearOthers();

  // Admits no new runs, and /readyz says so. IsIdle: no run goes on.
  void Drain();
  bool IsIdle() const { return hub_.IsEmpty(); }

 private:
  struct Route;
  void BeginReading();
  void Dispatch(const ExchangePtr& x);
  void HandleProduct(const ExchangePtr& x, const Route& route);
  ServedProductPtr FindProduct(std::string_view id) const;
  AgentPorts MakeAgentPorts();
  void TakeMcpTools(const ProductId& product);
  std::string NewRequestId();
  void HandleSite(const ExchangePtr& x);
  http::Response MetricsResponse();

  AppPorts ports_;
  AppOptions options_;
  std::vector<ServedProductPtr> products_;
  Metrics metrics_;
  AuditLog audit_;
  Limits limits_;
  ToolGuard tool_guard_;
  UnreadRefusals unread_refusals_;
  CommitQueue commits_;
  RunHub hub_;
  Admission admission_;
  Watchers watchers_;
  WidgetApi widget_api_;
  RunApi run_api_;
  OperatorApi operator_api_;
  AdminApi admin_api_;
  McpTools mcp_tools_;
  std::vector<Route> routes_;
  std::string id_bytes_;  // random, for the next request ids
  bool is_draining_ = false;
  UnixMillis reading_at_ = 0;
};

}  // namespace widgent
