#include "audit/audit.h"

#include "audit/chain.h"
#include "audit/ocsf.h"

namespace widgent {

namespace {

std::string_view ActionName(const IdentityAct& act) {
  static constexpr std::string_view kNames[] = {"identify", "switch", "sign_out", "refused", "merge", "revoke"};
  return kNames[static_cast<int>(act.kind)];
}
std::string_view ActionName(const ToolAct&) { return "tool"; }
std::string_view ActionName(const OperatorAct& act) {
  return act.kind == OperatorAct::Kind::kMessage ? "operator_message" : "hand_back";
}
std::string_view ActionName(const AdminAct& act) {
  return act.kind == AdminAct::Kind::kProductChange ? "product_change" : "erase";
}

std::string_view OutcomeName(const IdentityAct& act) {
  return act.kind == IdentityAct::Kind::kRefused ? "failure" : "success";
}
std::string_view OutcomeName(const OperatorAct&) { return "success"; }
std::string_view OutcomeName(const AdminAct&) { return "success"; }
std::string_view OutcomeName(const ToolAct& act) {
  switch (act.stage) {
    case ToolAct::Stage::kAttempt:
      return "attempt";
    case ToolAct::Stage::kDenied:
      return "denied";
    case ToolAct::Stage::kApproved:
      return "approved";
    case ToolAct::Stage::kRejected:
      return "rejected";
    case ToolAct::Stage::kResult:
      break;
  }
  return act.success ? "success" : "failure";
}

}  // namespace

template <class Act>
void AuditLog::Append(const AuditContext& context, const Act& act, UnixMillis now) {
  store_.BeginWriting();  // the head must not be another process's by the time the row is written
  const AuditHead head = store_.FindAuditHead(context.product);
  const User* user = AsUser(act.identity);
  ChainLink link{head.count + 1, head.count == 0 ? std::string(kHashBeforeFirst) : head.hash,
                 std::string(ActionName(act)), std::string(OutcomeName(act))};
  AuditRow row;
  row.seq = link.seq;
  row.at = now;
  row.user = user ? user->sub : "";
  row.record = WriteOcsf(context, act, link, now);
  row.hash = ChainHash(link.prev_hash, row.record);
  row.action = std::move(link.action);
  row.outcome = std::move(link.outcome);
  row.prev_hash = std::move(link.prev_hash);
  store_.AppendAudit(context.product, row);
  if (observer_) observer_(context.product, row.action, row.outcome);
}

void AuditLog::Write(const AuditContext& context, const IdentityAct& act, UnixMillis now) { Append(context, act, now); }

void AuditLog::Write(const AuditContext& context, const ToolAct& act, UnixMillis now) { Append(context, act, now); }

void AuditLog::Write(const AuditContext& context, const OperatorAct& act, UnixMillis now) { Append(context, act, now); }

void AuditLog::Write(const AuditContext& context, const AdminAct& act, UnixMillis now) { Append(context, act, now); }

}  // namespace widgent
