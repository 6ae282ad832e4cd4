#include "server/tool_trial.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/tool_call.h"
#include "agent/tool_guard.h"
#include "http/curl_client.h"
#include "http/real_event_loop.h"
#include "identity/crypto.h"
#include "identity/minted_token.h"
#include "protocol/base64url.h"
#include "store/sqlite_store.h"

namespace widgent {

namespace {

constexpr std::int64_t kTokenLifetimeSeconds = 600, kDryRunMs = 5000;
constexpr char kTrialId[] = "tool-test";

class Trial {
 public:
  Trial(const Product& product, const ToolTrial& trial) : trial_(trial) {
    request_.product = &product;
    request_.identity = trial.identity;
    request_.thread = {kTrialId};
    request_.run = {"r_" + EncodeBase64Url(RandomBytes(12))};
    OfferTools(product, request_.identity, loop_.Now(), prompt_);
    Thread thread;
    thread.product = product.id;
    thread.id = request_.thread;
    store_->PutThread(thread);
    loop_.OnTurnEnd([this] { store_->Commit(); });
    // Whatever a tool may wait for, a dry run is over soon: a server stands still as long.
    if (trial.is_dry) loop_.After(kDryRunMs, [this] { loop_.Stop(); });
  }

  TrialReport Run() {
    LookUp();
    Call(nullptr);
    if (report_.question && trial_.says_yes) Call(&*report_.question);
    report_.fetches = client_.fetches();
    return std::move(report_);
  }

 private:
  void LookUp() {
    const auto is_named = [&](const auto& tool) { return tool.config->name == trial_.tool; };
    const auto withheld = std::find_if(prompt_.withheld.begin(), prompt_.withheld.end(), is_named);
    report_.is_offered = std::any_of(prompt_.tools.begin(), prompt_.tools.end(), is_named);
    if (!report_.is_offered && withheld != prompt_.withheld.end()) report_.withheld = withheld->code;
  }

  void Call(const StoredInterrupt* approved) {
    ToolCall::Callbacks callbacks;
    callbacks.on_begin = [this] { report_.is_allowed = true; };
    callbacks.on_ask = [this](const StoredInterrupt& question) {
      report_.question = question;
      loop_.Stop();
    };
    callbacks.done = [this](ToolOutcome outcome) {
      report_.outcome = std::move(outcome);
      loop_.Stop();
    };
    AgentPorts ports{loop_, client_, *store_, audit_, guard_, RandomBytes};
    ToolCall call(ports, request_, prompt_, {"call_1", trial_.tool, trial_.arguments_json}, approved,
                  std::move(callbacks));
    loop_.Post([&] { call.Start(); });
    loop_.Run();
  }

  const ToolTrial& trial_;
  http::RealEventLoop loop_;
  const std::unique_ptr<http::CurlClient> network_{trial_.is_dry ? nullptr : new http::CurlClient(loop_)};
  ShownClient client_{network_.get(), [this] {
                        report_.is_held = true;
                        loop_.Stop();
                      }};
  std::unique_ptr<Store> store_ = OpenSqliteStore(":memory:");
  AuditLog audit_{*store_};
  ToolGuard guard_;
  RunRequest request_;
  Prompt prompt_;
  TrialReport report_;
};

}  // namespace

TrialReport TryTool(const Product& product, const ToolTrial& trial) { return Trial(product, trial).Run(); }

std::variant<Identity, TrialRefusal> IdentifyByClaims(const Product& product, std::string_view claims_json) {
  using std::chrono::system_clock;
  const UnixMillis now =
      std::chrono::duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch()).count();
  nlohmann::json claims = nlohmann::json::parse(claims_json, nullptr, false);
  if (!claims.is_object()) return TrialRefusal{"The claims are no JSON object.", ""};
  const auto& secrets = product.keys.secrets;
  const auto live = std::find_if(secrets.begin(), secrets.end(), [now](const VerificationSecret& secret) {
    return !secret.not_after || *secret.not_after > now;
  });
  if (live == secrets.end()) return TrialRefusal{"The product has no live secret, so nobody can be signed in.", ""};
  if (!claims.contains("iat")) claims["iat"] = now / 1000;
  if (!claims.contains("exp")) claims["exp"] = now / 1000 + kTokenLifetimeSeconds;
  const std::string token = SignJwt(live->value, claims.dump());
  auto verdict = VerifyToken(token, product.keys, product.token_policy, now);
  if (const auto* error = std::get_if<TokenError>(&verdict))
    return TrialRefusal{"A token of these claims is refused: " + error->code + '.', error->hint};
  if (const auto* guest = std::get_if<Anonymous>(&verdict)) return Identity(*guest);
  return Identity(std::get<User>(std::move(verdict)));
}

Identity TrialGuest() { return Anonymous{Anonymous::Reason::kTokenMissing, kTrialId, ""}; }

}  // namespace widgent
