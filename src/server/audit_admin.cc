#include "server/audit_admin.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "audit/audit.h"
#include "identity/token.h"
#include "product/timestamp.h"
#include "protocol/json_writer.h"
#include "server/admin_input.h"
#include "server/problems.h"

namespace widgent {

namespace {

constexpr int kRowsMax = 1000;
constexpr std::size_t kPageBytes = 4u << 20;  // the record that goes beyond is the last of the page

// Puts what a parameter says into the query; otherwise what is wrong with it.
std::optional<Problem> ReadParameter(const std::string& name, const std::string& value, AuditQuery& query) {
  const auto is_among = [&](const auto& words) {
    return std::find(std::begin(words), std::end(words), value) != std::end(words);
  };
  if (name == "user") {
    if (!IsUsableSub(value)) return MakeProblem("invalid_input", "user can be no user's id.");
    query.user = value;
  } else if (name == "action") {
    if (!is_among(kAuditActions)) return MakeProblem("invalid_input", "action is none that the log knows.");
    query.action = value;
  } else if (name == "outcome") {
    if (!is_among(kAuditOutcomes)) return MakeProblem("invalid_input", "outcome is none that the log knows.");
    query.outcome = value;
  } else if (name == "since" || name == "until") {
    const auto time = ReadTimestamp(value);
    if (!time) return MakeProblem("invalid_input", name + " is no time.", "Write it as 2026-01-31T12:00:00Z.");
    (name == "since" ? query.since : query.until) = *time;
  } else {
    const bool is_limit = name == "limit";
    const auto number = ReadNumber(name, value, is_limit ? 1 : 0, is_limit ? kRowsMax : INT64_MAX);
    if (const auto* problem = std::get_if<Problem>(&number)) return *problem;
    if (is_limit) query.limit = static_cast<int>(std::get<std::int64_t>(number));
    else (name == "before" ? query.before : query.after) = std::get<std::int64_t>(number);
  }
  return std::nullopt;
}

}  // namespace

void AuditAdmin::List(const ExchangePtr& x) const {
  const auto read =
      ReadParameters(x->request.query, {"user", "action", "outcome", "since", "until", "before", "after", "limit"});
  if (const auto* problem = std::get_if<Problem>(&read)) return x->Refuse(*problem);
  AuditQuery query;
  for (const auto& [name, value] : std::get<Parameters>(read))
    if (const auto problem = ReadParameter(name, value, query)) return x->Refuse(*problem);
  std::string lines;
  for (const AuditRow& row : store_.FindAudit(x->product->config.id, query)) {
    if (lines.size() > kPageBytes) break;
    lines += ExportRecord(row) + '\n';
  }
  x->Send({200, {{"Content-Type", "application/x-ndjson"}, {"Cache-Control", "no-store"}}, std::move(lines)});
}

void AuditAdmin::GetHead(const ExchangePtr& x) const {
  const AuditHead head = store_.FindAuditHead(x->product->config.id);
  JsonWriter writer;
  x->SendJson(200, writer.Open('{').Put("count", head.count).Put("hash", head.hash).Close('}').Take());
}

}  // namespace widgent
