#include "audit/ocsf.h"

#include "protocol/json_writer.h"

namespace widgent {

namespace {

constexpr std::string_view kOcsfVersion = "1.8.0";

enum Category { kIdentityAndAccess = 3, kApplicationActivity = 6 };
enum Class { kAuthentication = 3002, kApiActivity = 6003 };
enum Status { kSuccess = 1, kFailure = 2, kOtherStatus = 99 };
enum Severity { kInformational = 1, kLow = 2 };
enum UserType { kUnknownUser = 0, kUserType = 1, kAdminType = 2 };
enum Verdict { kAllowed = 1, kDenied = 2 };
enum Disposition {
  kDispositionAllowed = 1,
  kDispositionApproved = 8,
  kDispositionRejected = 25,
  kDispositionUnauthorized = 26
};
enum AuthProtocol { kOtherProtocol = 99 };

struct Event {
  Class klass;
  int activity;
  Status status;
  std::string status_name;    // of kOtherStatus
  std::string status_code;    // may be empty
  std::string status_detail;  // may be empty
  std::string message;
  UnixMillis began_at;
  std::int64_t duration_ms = 0;
  bool denied = false;
  std::string activity_name = {};  // of activity 99
};

std::string SubjectName(const Identity& identity) {
  const User* user = AsUser(identity);
  return user ? user->sub : "a guest";
}

void PutHead(JsonWriter& writer, const AuditContext& context, const Event& event, const ChainLink& link,
             UnixMillis now) {
  const int category = event.klass == kAuthentication ? kIdentityAndAccess : kApplicationActivity;
  writer.Open('{')
      .Put("activity_id", event.activity)
      .PutIf("activity_name", event.activity_name)
      .Put("category_uid", category)
      .Put("class_uid", static_cast<int>(event.klass))
      .Put("type_uid", event.klass * 100 + event.activity)
      .Put("severity_id", event.status == kFailure ? int{kLow} : int{kInformational})
      .Put("time", event.began_at);
  if (event.duration_ms > 0) writer.Put("duration", event.duration_ms);
  writer.Put("status_id", static_cast<int>(event.status))
      .PutIf("status", event.status_name)
      .PutIf("status_code", event.status_code)
      .PutIf("status_detail", event.status_detail)
      .Put("message", event.message);
  writer.Key("metadata").Open('{').Put("version", kOcsfVersion);
  writer.Put("uid", context.product.value + ":" + std::to_string(link.seq));
  writer.PutIf("correlation_uid", context.correlation).Put("logged_time", now);
  writer.Key("profiles").Open('[').Value("security_control").Close(']');
  writer.Key("product").Open('{').Put("name", "Widgent").Put("vendor_name", "Widgent").Put("version", WIDGENT_VERSION);
  writer.Close('}').Close('}');
}

void PutUser(JsonWriter& writer, const Identity& identity) {
  writer.Key("user").Open('{');
  if (const User* user = AsUser(identity)) {
    writer.Put("uid", user->sub).PutIf("email_addr", user->email).PutIf("name", user->name);
    writer.Put("type_id", int{kUserType});
  } else {
    writer.Put("type_id", int{kUnknownUser});
  }
  writer.Close('}');
}

void PutSession(JsonWriter& writer, const AuditContext& context, const Identity& identity) {
  writer.Key("session").Open('{').PutIf("uid", context.session).Put("is_remote", true);
  const User* user = AsUser(identity);
  if (user && user->expires_at_s > 0) writer.Put("expiration_time", user->expires_at_s * 1000);
  writer.Close('}');
}

// `by`: the operator who acted in place of the user; empty where that was the user.
void PutActor(JsonWriter& writer, const AuditContext& context, const Identity& identity, std::string_view by = "") {
  if (!by.empty()) {
    writer.Key("actor").Open('{').Key("user").Open('{').Put("name", by).Put("type_id", int{kAdminType}).Close('}');
    writer.Put("app_name", context.product.value).Close('}');
    return;
  }
  PutUser(writer.Key("actor").Open('{'), identity);
  PutSession(writer, context, identity);
  writer.Put("app_name", context.product.value).Close('}');
}

void PutSource(JsonWriter& writer, const AuditContext& context) {
  if (!context.peer_address.empty()) {
    writer.Key("src_endpoint").Open('{').Put("ip", context.peer_address).Close('}');
  }
}

void PutControl(JsonWriter& writer, bool denied, Disposition disposition) {
  writer.Put("action_id", denied ? int{kDenied} : int{kAllowed}).Put("disposition_id", int{disposition});
}

void PutControl(JsonWriter& writer, bool denied) {
  PutControl(writer, denied, denied ? kDispositionUnauthorized : kDispositionAllowed);
}

// `by` as in PutActor.
JsonWriter& OpenUnmapped(JsonWriter& writer, const Identity& identity, const std::string& token_sha256,
                         std::string_view by = "") {
  const User* user = AsUser(identity);
  writer.Key("unmapped").Open('{').Key("widgent").Open('{');
  writer.Put("identity", !by.empty() ? "operator" : user ? "verified" : "anonymous").PutIf("by", by);
  if (user) writer.PutIf("kid", user->kid);
  return writer.PutIf("token_sha256", user && token_sha256.empty() ? user->token_sha256 : token_sha256);
}

// Closes the record. prev_hash is last, so that an export can put the hash behind it.
std::string CloseRecord(JsonWriter& writer, const ChainLink& link) {
  writer.Put("action", link.action).Put("outcome", link.outcome).Put("seq", link.seq).Put("prev_hash", link.prev_hash);
  return writer.Close('}').Close('}').Close('}').Take();
}

Event DescribeIdentityAct(const IdentityAct& act, UnixMillis now) {
  enum Activity { kLogon = 1, kLogoff = 2, kAccountSwitch = 7, kOtherActivity = 99 };
  const std::string subject = SubjectName(act.identity);
  Event event{kAuthentication, kLogon, kSuccess, "", "", "", "identified " + subject, now, 0, false};
  switch (act.kind) {
    case IdentityAct::Kind::kIdentify:
      break;
    case IdentityAct::Kind::kSwitch:
      event.activity = kAccountSwitch;
      event.message = "switched to " + subject;
      break;
    case IdentityAct::Kind::kSignOut:
      event.activity = kLogoff;
      event.message = "signed out " + subject;
      break;
    case IdentityAct::Kind::kMerge:
      event.activity = kOtherActivity;
      event.activity_name = "Merge";
      event.message = "took a guest's conversation over for " + subject;
      break;
    case IdentityAct::Kind::kRevoke:
      event.activity = kOtherActivity;
      event.activity_name = "Revoke";
      event.message = "revoked the tokens of " + subject;
      break;
    case IdentityAct::Kind::kRefused:
      event.status = kFailure;
      event.denied = true;
      event.message = "refused a visitor: " + act.code;
      break;
  }
  event.status_detail = act.code;
  return event;
}

Event DescribeToolAct(const ToolAct& act, UnixMillis now) {
  static constexpr int kActivities[] = {2, 1, 3, 4};  // read, create, update, delete, in the order of Effect
  Event event{kApiActivity, kActivities[static_cast<int>(act.effect)], kSuccess, "", "", act.reason, "", now, 0, false};
  event.message = "tool " + act.tool + " for " + SubjectName(act.identity);
  switch (act.stage) {
    case ToolAct::Stage::kAttempt:
      event.status = kOtherStatus;
      event.status_name = "Attempt";
      break;
    case ToolAct::Stage::kResult:
      event.status = act.success ? kSuccess : kFailure;
      if (act.status_code > 0) event.status_code = std::to_string(act.status_code);
      event.began_at = now - act.duration_ms;
      event.duration_ms = act.duration_ms;
      break;
    case ToolAct::Stage::kDenied:
      event.status = kFailure;
      event.denied = true;
      event.message += ", denied";
      break;
    case ToolAct::Stage::kApproved:
      event.message += ", approved";
      break;
    case ToolAct::Stage::kRejected:
      event.denied = true;
      event.message += ", rejected";
      break;
  }
  return event;
}

}  // namespace

std::string WriteOcsf(const AuditContext& context, const IdentityAct& act, const ChainLink& link, UnixMillis now) {
  const Event event = DescribeIdentityAct(act, now);
  JsonWriter writer;
  PutHead(writer, context, event, link, now);
  PutUser(writer, act.identity);
  PutActor(writer, context, act.identity, act.by);
  PutSession(writer, context, act.identity);
  writer.Put("auth_protocol_id", int{kOtherProtocol}).Put("auth_protocol", "JWT").Put("is_remote", true);
  writer.Key("service").Open('{').Put("name", "widgent").Put("uid", context.product.value).Close('}');
  PutSource(writer, context);
  PutControl(writer, event.denied);
  OpenUnmapped(writer, act.identity, act.token_sha256, act.by);
  writer.PutIf("merged_thread", act.merged_thread).PutIf("guest_sha256", act.guest_sha256);
  return CloseRecord(writer, link);
}

std::string WriteOcsf(const AuditContext& context, const OperatorAct& act, const ChainLink& link, UnixMillis now) {
  enum Activity { kCreate = 1, kUpdate = 3 };
  const bool is_message = act.kind == OperatorAct::Kind::kMessage;
  const std::string subject = SubjectName(act.identity);
  const Event event{kApiActivity,
                    is_message ? int{kCreate} : int{kUpdate},
                    kSuccess,
                    "",
                    "",
                    "",
                    is_message ? "a person answered " + subject : "handed back the conversation of " + subject,
                    now,
                    0,
                    false};
  JsonWriter writer;
  PutHead(writer, context, event, link, now);
  PutUser(writer, act.identity);
  PutActor(writer, context, act.identity, act.by);
  writer.Key("api").Open('{').Put("operation", link.action);
  writer.Key("service").Open('{').Put("name", "handoff").Close('}').Close('}');
  PutSource(writer, context);
  PutControl(writer, false);
  OpenUnmapped(writer, act.identity, "", act.by).PutIf("thread", context.session).PutIf("message", act.message);
  return CloseRecord(writer, link);
}

std::string WriteOcsf(const AuditContext& context, const AdminAct& act, const ChainLink& link, UnixMillis now) {
  enum Activity { kUpdate = 3, kDelete = 4 };
  const bool is_erase = act.kind == AdminAct::Kind::kErase;
  const Event event{kApiActivity, is_erase ? int{kDelete} : int{kUpdate}, kSuccess, "", "", "", act.what, now, 0,
                    false};
  JsonWriter writer;
  PutHead(writer, context, event, link, now);
  if (is_erase) PutUser(writer, act.identity);
  PutActor(writer, context, act.identity, act.by);
  writer.Key("api").Open('{').Put("operation", link.action);
  writer.Key("service").Open('{').Put("name", "admin").Close('}').Close('}');
  PutSource(writer, context);
  PutControl(writer, false);
  OpenUnmapped(writer, act.identity, "", act.by);
  return CloseRecord(writer, link);
}

std::string WriteOcsf(const AuditContext& context, const ToolAct& act, const ChainLink& link, UnixMillis now) {
  const Event event = DescribeToolAct(act, now);
  JsonWriter writer;
  PutHead(writer, context, event, link, now);
  if (!act.by.empty()) PutUser(writer, act.identity);
  PutActor(writer, context, act.identity, act.by);
  writer.Key("api").Open('{').Put("operation", act.tool);
  writer.Key("service").Open('{').Put("name", "tools").Close('}');
  writer.Key("request").Open('{').Put("uid", act.call_id).Close('}');
  if (act.status_code > 0) writer.Key("response").Open('{').Put("code", act.status_code).Close('}');
  writer.Close('}');
  PutSource(writer, context);
  if (!act.host.empty()) {
    writer.Key("dst_endpoint").Open('{').Put("hostname", act.host).Put("port", act.port).Close('}');
  }
  if (act.stage == ToolAct::Stage::kApproved) PutControl(writer, false, kDispositionApproved);
  else if (act.stage == ToolAct::Stage::kRejected) PutControl(writer, true, kDispositionRejected);
  else PutControl(writer, event.denied);
  OpenUnmapped(writer, act.identity, "", act.by);
  writer.Key("policy").Open('{').Put("tool", act.tool).Put("result", event.denied ? "deny" : "allow").Close('}');
  writer.Key("approval");
  if (act.approval.empty()) writer.Raw("null");
  else writer.Open('{').Put("id", act.approval).Put("by", act.by_operator ? "operator" : "user").Close('}');
  writer.PutIf("args_sha256", act.arguments_sha256);
  return CloseRecord(writer, link);
}

}  // namespace widgent
