// Who may enter: the one place where a request's origin, service key and token are judged. What it decides stands in
// the Exchange as a value; nothing below reads these headers again.
#pragma once
#include <optional>

#include "agent/limits.h"
#include "audit/audit.h"
#include "protocol/problem.h"
#include "server/exchange.h"
#include "store/store.h"

namespace widgent {

class Admission {
 public:
  Admission(Store& store, AuditLog& audit, Limits& limits) : store_(store), audit_(audit), limits_(limits) {}

  // Nothing: `x` has its CORS headers, and its page may talk to the product. Also for preflights.
  std::optional<Problem> CheckOrigin(Exchange& x);

  // Nothing: `x` has its identity. A refusal is audited and nothing else happens.
  std::optional<Problem> CheckCaller(Exchange& x);

 private:
  // A row for a refusal, as long as the address has not had too many: strangers must not fill the disk.
  void AuditRefusal(const Exchange& x, std::string_view code, std::string token_sha256);

  // Each at most once a minute for each secret, so that it costs no write per request.
  void RecordUse(const Exchange& x, const std::string& kid);
  void RecordLeak(const Exchange& x, const std::string& kid);

  Store& store_;
  AuditLog& audit_;
  Limits& limits_;
};

// Nothing: this caller may act. A guest may not where the product asks for an identity, nor may somebody whose token
// has ended where the product locks then.
std::optional<Problem> CheckIdentityRules(const Exchange& x);

// What the Authorization header bears; empty where there is none, nothing where it is of another scheme.
std::optional<std::string_view> BearerToken(const http::Request& request);

// Where an act came from.
AuditContext ContextOf(const Exchange& x, const ThreadId& thread = {}, const std::string& correlation = {});

// To whom the threads of this identity belong; a guest without an anonymous id owns none.
std::optional<Owner> OwnerOf(const Identity& identity);

}  // namespace widgent
