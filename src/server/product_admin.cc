#include "server/product_admin.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/text.h"
#include "protocol/json_writer.h"
#include "server/admin_input.h"
#include "server/admission.h"
#include "server/history.h"
#include "server/problems.h"
#include "server/product_view.h"
#include "server/tool_trial.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::int64_t kOverlapHours = 24, kOverlapHoursMax = 24 * 365;
constexpr std::size_t kOriginCharactersShown = 100, kChangeCharactersMax = 400;

using Edited = std::variant<std::string, Problem>;

// A hint about the command line says little to whoever is not there; `hint` may be empty.
Edited Refused(std::variant<std::string, ProductFileError> result, const std::string& hint = "") {
  if (auto* error = std::get_if<ProductFileError>(&result))
    return MakeProblem("change_refused", std::move(error->detail), hint);
  return std::get<std::string>(std::move(result));
}

// The body's origins; otherwise what is wrong.
std::variant<std::vector<std::string>, Problem> ReadOrigins(const json& body) {
  const auto list = body.find("origins");
  const char* const example = R"(Send {"origins": ["https://shop.example"]}.)";
  if (list == body.end() || !list->is_array()) return MakeProblem("invalid_input", "origins must be a list.", example);
  if (list->empty())
    return MakeProblem("invalid_input", "origins is empty, so no page could use the product.", example);
  std::vector<std::string> origins;
  for (const json& entry : *list) {
    if (!entry.is_string()) return MakeProblem("invalid_input", "Each of origins must be a text.", example);
    const auto& text = entry.get_ref<const std::string&>();
    const auto parsed = ParseOriginPattern(text);
    if (const auto* error = std::get_if<OriginError>(&parsed)) {
      return MakeProblem("invalid_input",
                         "The origin " + CleanLine(text, kOriginCharactersShown) + " cannot be registered.",
                         error->detail);
    }
    const std::string& origin = std::get<OriginPattern>(parsed).text;
    if (std::find(origins.begin(), origins.end(), origin) == origins.end()) origins.push_back(origin);
  }
  return origins;
}

// "origin https://a.example added, origin https://b.example removed"; empty where both have the same.
std::string DescribeChange(const std::vector<OriginPattern>& before, const std::vector<std::string>& after) {
  std::string change;
  const auto add = [&](const std::string& origin, const char* what) {
    change += (change.empty() ? "origin " : ", origin ") + origin + what;
  };
  for (const std::string& origin : after) {
    const auto is_same = [&](const OriginPattern& other) { return other.text == origin; };
    if (std::none_of(before.begin(), before.end(), is_same)) add(origin, " added");
  }
  for (const OriginPattern& origin : before)
    if (std::find(after.begin(), after.end(), origin.text) == after.end()) add(origin.text, " removed");
  return change;
}

// When the last of the secrets before the newest ends; nothing where none of them goes on.
std::optional<UnixMillis> EndOfOlder(const Product& product, const std::string& newest, UnixMillis now) {
  std::optional<UnixMillis> end;
  for (const VerificationSecret& secret : product.keys.secrets)
    if (secret.kid != newest && secret.not_after && *secret.not_after > now) end = std::max(end, secret.not_after);
  return end;
}

std::variant<std::int64_t, Problem> ReadOverlap(const json& body) {
  const auto hours = body.find("overlap_hours");
  if (hours == body.end()) return kOverlapHours;
  return ReadNumber("overlap_hours", hours->is_number_integer() ? hours->dump() : "", 0, kOverlapHoursMax);
}

// Without its signature: the tool would believe whoever sends the request on, whatever user it names. Of the address
// the host alone, as everywhere: hooks have secrets in their paths.
void PutRequest(JsonWriter& writer, const ShownFetch& fetch) {
  const std::size_t host = fetch.url.find("://");
  const std::string at = fetch.url.substr(0, fetch.url.find('/', host == fetch.url.npos ? 0 : host + 3));
  writer.Open('{').Put("method", fetch.method).Put("url", at + '/' + kNotShown).Key("headers").Open('[');
  for (const http::Header& header : fetch.headers) {
    const bool is_signature = LowerAscii(header.name) == "webhook-signature";
    writer.Open('[').Value(header.name).Value(is_signature ? kNotShown : header.value).Close(']');
  }
  writer.Close(']').Put("body", fetch.body).Close('}');
}

std::string WriteReport(const TrialReport& report, const Identity& identity) {
  JsonWriter writer;
  const auto put_or_null = [&](const char* key, const std::string* text) {
    if (text) writer.Put(key, *text);
    else writer.Key(key).Raw("null");
  };
  const User* user = AsUser(identity);
  writer.Open('{');
  put_or_null("visitor", user ? &user->sub : nullptr);
  writer.Put("offered", report.is_offered);
  put_or_null("withheld", report.withheld.empty() ? nullptr : &report.withheld);
  writer.Key("question");
  if (report.question) {
    writer.Open('{').Put("by", report.question->by_operator ? "operator" : "user");
    writer.Put("message", report.question->message).Close('}');
  } else {
    writer.Raw("null");
  }
  writer.Key("request");
  if (report.fetches.empty()) writer.Raw("null");
  else PutRequest(writer, report.fetches.front());
  writer.Key("outcome");
  if (report.outcome) {
    writer.Open('{').Put("code", report.outcome->code).Put("title", report.outcome->title);
    writer.Put("detail", report.outcome->detail).Close('}');
  } else {
    writer.Raw("null");
  }
  return writer.Close('}').Take();
}

}  // namespace

void ProductAdmin::Get(const ExchangePtr& x) const {
  const ProductId& product = x->product->config.id;
  x->SendJson(
      200, WriteProductView(*x->product, store_.ListSecretRecords(product), store_.FindAuditHead(product), x->Now()));
}

void ProductAdmin::PutOrigins(const ExchangePtr& x, std::string by) {
  json body;
  if (const auto problem = ReadMembers(x->request, {"origins", "name"}, body)) return x->Refuse(*problem);
  if (const auto problem = SignByName(body, by)) return x->Refuse(*problem);
  const auto read = ReadOrigins(body);
  if (const auto* problem = std::get_if<Problem>(&read)) return x->Refuse(*problem);
  const auto& origins = std::get<std::vector<std::string>>(read);
  const std::string what = DescribeChange(x->product->config.origins, origins);
  if (what.empty()) return Get(x);
  const auto edit = [&](const std::string& text, const std::string&) { return Refused(SetOrigins(text, origins)); };
  if (const auto problem =
          Change(x, edit, "Change \"origins\" in the product's file on the server.", by, [&] { return what; }))
    return x->Refuse(*problem);
  Get(x);
}

void ProductAdmin::PostSecret(const ExchangePtr& x, std::string by) {
  json body;
  if (const auto problem = ReadMembers(x->request, {"overlap_hours", "name"}, body)) return x->Refuse(*problem);
  if (const auto problem = SignByName(body, by)) return x->Refuse(*problem);
  const auto overlap = ReadOverlap(body);
  if (const auto* problem = std::get_if<Problem>(&overlap)) return x->Refuse(*problem);

  const std::string id = x->product->config.id.value, secret = NewSecret("wvs_");
  const std::string remedy = Remedy(x->product->config.id, "rotate-secret " + id);
  std::string kid;
  const auto edit = [&](const std::string& text, const std::string& file) -> Edited {
    const auto key = FindOrMakeSealKey(FolderOf(file), files_.key_file);
    if (std::holds_alternative<SealKeyError>(key))
      return MakeProblem("product_read_only", "The server has no key to seal the new secret with.", remedy);
    const Rotation rotation = MakeRotation(text, id, secret, std::get<SealKey>(key),
                                           static_cast<int>(std::get<std::int64_t>(overlap)), x->Now());
    kid = rotation.kid;
    return Refused(RotateSecret(text, rotation),
                   R"(Wait until the older one has ended, or revoke it; {"overlap_hours": 0} ends both.)");
  };
  if (const auto problem = Change(x, edit, remedy, by, [&] { return "rotated to the secret " + kid; }))
    return x->Refuse(*problem);
  JsonWriter writer;
  writer.Open('{').Put("kid", kid).Put("secret", secret).Key("old_until");
  if (const auto end = EndOfOlder(x->product->config, kid, x->Now())) writer.Value(WriteTime(*end));
  else writer.Raw("null");
  x->SendJson(201, writer.Close('}').Take());
}

void ProductAdmin::PostRevoke(const ExchangePtr& x, const std::string& kid, std::string by) {
  json body;
  if (const auto problem = ReadMembers(x->request, {"name"}, body)) return x->Refuse(*problem);
  if (const auto problem = SignByName(body, by)) return x->Refuse(*problem);
  const auto& secrets = x->product->config.keys.secrets;
  const auto secret = std::find_if(secrets.begin(), secrets.end(),
                                   [&](const VerificationSecret& candidate) { return candidate.kid == kid; });
  if (secret == secrets.end())
    return x->Refuse(MakeProblem("secret_not_found", "The product has no secret of this kid."));
  if (secret->not_after && *secret->not_after <= x->Now()) return Get(x);
  const auto edit = [&](const std::string& text, const std::string&) {
    return Refused(RevokeSecret(text, kid, x->Now()));
  };
  const ProductId& id = x->product->config.id;
  const std::string remedy = Remedy(id, "revoke-secret " + id.value + " '" + kid + '\'');
  if (const auto problem = Change(x, edit, remedy, by, [&] { return "secret " + kid + " revoked"; }))
    return x->Refuse(*problem);
  Get(x);
}

void ProductAdmin::PostDryRun(const ExchangePtr& x, const std::string& tool) const {
  json body;
  if (const auto problem = ReadMembers(x->request, {"arguments", "claims", "approved"}, body))
    return x->Refuse(*problem);
  const Product& product = x->product->config;
  if (std::none_of(product.tools.begin(), product.tools.end(), [&](const ToolConfig& it) { return it.name == tool; }))
    return x->Refuse(MakeProblem("tool_not_found", "The product has no tool of this name."));
  const json arguments = body.value("arguments", json::object()), claims = body.value("claims", json());
  const json approved = body.value("approved", json(false));
  if (!arguments.is_object()) return x->Refuse(MakeProblem("invalid_input", "arguments must be an object."));
  if (!claims.is_object() && !claims.is_null())
    return x->Refuse(MakeProblem("invalid_input", "claims must be an object, or null for a guest."));
  if (!approved.is_boolean()) return x->Refuse(MakeProblem("invalid_input", "approved must be true or false."));
  ToolTrial trial{tool, arguments.dump(), TrialGuest(), approved.get<bool>()};
  if (claims.is_object()) {
    auto identity = IdentifyByClaims(product, claims.dump());
    if (const auto* refusal = std::get_if<TrialRefusal>(&identity))
      return x->Refuse(MakeProblem("invalid_input", refusal->detail, refusal->hint));
    trial.identity = std::get<Identity>(std::move(identity));
  }
  x->SendJson(200, WriteReport(TryTool(product, trial), trial.identity));
}

std::string ProductAdmin::Remedy(const ProductId& product, const std::string& command) const {
  const auto file = files_.find ? files_.find(product) : std::nullopt;
  return "Run on the server: widgentd product " + command + (file ? " --dir '" + FolderOf(*file) + '\'' : "");
}

std::optional<Problem> ProductAdmin::Change(const ExchangePtr& x, const ProductEdit& edit, const std::string& remedy,
                                            const std::string& by, const std::function<std::string()>& what) {
  const ProductId product = x->product->config.id;
  // A store that is held elsewhere refuses now, and not the record of what has been changed already.
  if (!store_.BeginWriting()) return MakeProblem("backend_down", "The change could not be recorded.", "Try again.", 5);
  if (auto problem = ChangeProduct(files_, product, edit, remedy)) return problem;
  const ServedProductPtr changed = find_(product.value);
  if (changed == x->product)
    return MakeProblem("change_refused", "The file is changed, but the server goes on with what it had read before.",
                       "The server's log says why.");
  AdminAct act;
  act.by = by;
  act.what = CleanLine(what(), kChangeCharactersMax);
  audit_.Write(ContextOf(*x), act, x->Now());
  if (changed) x->product = changed;
  return std::nullopt;
}

}  // namespace widgent
