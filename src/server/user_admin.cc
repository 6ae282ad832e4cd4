#include "server/user_admin.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocol/json_writer.h"
#include "server/admin_input.h"
#include "server/admission.h"
#include "server/history.h"

namespace widgent {

namespace {

constexpr std::size_t kPageBytes = 4u << 20;  // the conversation that goes beyond is the last of the page
constexpr int kThreadsListedMax = 200, kAll = std::numeric_limits<int>::max();

Owner OwnerOfSub(const std::string& sub) { return {Owner::Kind::kUser, sub}; }

User UserOf(const std::string& sub) {
  User user;
  user.sub = sub;
  return user;
}

// `by` with the body's name behind it; otherwise what is wrong.
std::optional<Problem> ReadSigner(const Exchange& x, std::string& by) {
  nlohmann::json body;
  if (auto problem = ReadMembers(x.request, {"name"}, body)) return problem;
  return SignByName(body, by);
}

JsonWriter& OpenThread(JsonWriter& writer, const Thread& thread) {
  writer.Open('{').Put("id", thread.id.value).Put("title", thread.title);
  return writer.Put("created_at", WriteTime(thread.created_at)).Put("active_at", WriteTime(thread.active_at));
}

void PutMessage(JsonWriter& writer, const StoredMessage& message) {
  constexpr std::string_view kRoles[] = {"user", "assistant", "operator"};
  constexpr std::string_view kStatuses[] = {"done", "interrupted", "failed"};
  writer.Open('{').Put("id", message.id.value).Put("role", kRoles[static_cast<int>(message.role)]);
  writer.Put("text", message.text).Put("at", WriteTime(message.at));
  writer.Put("status", kStatuses[static_cast<int>(message.status)]).Key("rating");
  if (message.rating == StoredMessage::Rating::kNone) writer.Raw("null");
  else writer.Value(RatingName(message.rating)).PutIf("comment", message.comment);
  // What a guest had said before the user took the conversation over is not the user's word.
  if (IsUnverified(message)) writer.Put("unverified", true);
  writer.Close('}');
}

}  // namespace

void UserAdmin::Get(const ExchangePtr& x, const std::string& sub) const {
  const ProductId& product = x->product->config.id;
  JsonWriter writer;
  writer.Open('{').Put("sub", sub).Key("revoked_at");
  if (const auto revoked_at = store_.FindRevocation(product, sub)) writer.Value(WriteTime(*revoked_at));
  else writer.Raw("null");
  writer.Key("threads").Open('[');
  for (const Thread& thread : store_.ListThreads(product, OwnerOfSub(sub), kThreadsListedMax))
    OpenThread(writer, thread).Close('}');
  x->SendJson(200, writer.Close(']').Close('}').Take());
}

void UserAdmin::Export(const ExchangePtr& x, const std::string& sub) const {
  const auto read = ReadParameters(x->request.query, {"from"});
  if (const auto* problem = std::get_if<Problem>(&read)) return x->Refuse(*problem);
  const auto& parameters = std::get<Parameters>(read);
  const auto from = ReadNumber("from", parameters.contains("from") ? parameters.at("from") : "0", 0, kAll);
  if (const auto* problem = std::get_if<Problem>(&from)) return x->Refuse(*problem);
  const ProductId& product = x->product->config.id;
  JsonWriter writer;
  writer.Open('{').Put("product", product.value).Put("sub", sub).Put("exported_at", WriteTime(x->Now()));
  writer.Key("threads").Open('[');
  const auto threads = store_.ListThreads(product, OwnerOfSub(sub), kAll);
  auto next = static_cast<std::size_t>(std::get<std::int64_t>(from));
  for (std::size_t bytes = 0; next < threads.size() && bytes < kPageBytes; ++next) {
    OpenThread(writer, threads[next]).Key("messages").Open('[');
    for (const StoredMessage& message : store_.ListMessages(product, threads[next].id, kAll)) {
      PutMessage(writer, message);
      bytes += message.text.size();
    }
    writer.Close(']').Close('}');
  }
  writer.Close(']').Key("next");
  if (next < threads.size()) writer.Value(std::to_string(next));
  else writer.Raw("null");
  x->SendJson(200, writer.Close('}').Take());
}

void UserAdmin::PostRevoke(const ExchangePtr& x, const std::string& sub, std::string by) {
  if (const auto problem = ReadSigner(*x, by)) return x->Refuse(*problem);
  const ProductId& product = x->product->config.id;
  const UnixMillis now = x->Now();
  RevokeUser(store_, audit_, ContextOf(*x), sub, by, now);
  const int cancelled = hub_.CancelRevoked({product, sub, now}, now);
  JsonWriter writer;
  writer.Open('{').Put("product", product.value).Put("sub", sub).Put("revoked_at", WriteTime(now));
  x->SendJson(200, writer.Put("runs_cancelled", cancelled).Close('}').Take());
}

void UserAdmin::PostErase(const ExchangePtr& x, const std::string& sub, std::string by) {
  if (const auto problem = ReadSigner(*x, by)) return x->Refuse(*problem);
  const ProductId& product = x->product->config.id;
  const auto threads = store_.ListThreads(product, OwnerOfSub(sub), kAll);
  for (const Thread& thread : threads) {
    if (const auto run = hub_.Find(product, thread.id)) run->Drop();
    store_.DeleteThread(product, thread.id);
  }
  AdminAct act;
  act.kind = AdminAct::Kind::kErase;
  act.identity = UserOf(sub);
  act.by = by;
  act.what = "erased the conversations of " + sub + ": " + std::to_string(threads.size());
  audit_.Write(ContextOf(*x), act, x->Now());
  JsonWriter writer;
  writer.Open('{').Put("sub", sub).Put("threads_erased", static_cast<std::int64_t>(threads.size()));
  x->SendJson(200, writer.Close('}').Take());
}

void RevokeUser(Store& store, AuditLog& audit, const AuditContext& context, const std::string& sub,
                const std::string& by, UnixMillis now) {
  store.PutRevocation({context.product, sub, now});
  IdentityAct act;
  act.kind = IdentityAct::Kind::kRevoke;
  act.identity = UserOf(sub);
  act.by = by;
  audit.Write(context, act, now);
}

}  // namespace widgent
