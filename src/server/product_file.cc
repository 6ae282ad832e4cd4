#include "server/product_file.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "identity/sealed.h"
#include "product/product.h"
#include "server/history.h"

namespace widgent {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLiveSecretsMax = 2;
constexpr int kKidNumberMax = 1'000'000;

std::string Print(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

// "verification" / "secrets" of a product file; nullptr where it has none.
Json* FindSecrets(Json& product) {
  if (!product.is_object() || !product.contains("verification")) return nullptr;
  Json& verification = product["verification"];
  if (!verification.is_object() || !verification.contains("secrets")) return nullptr;
  Json& secrets = verification["secrets"];
  return secrets.is_array() ? &secrets : nullptr;
}

std::string WriteSeconds(UnixMillis time) { return WriteTime(time).substr(0, 19) + "Z"; }

Json SecretEntry(const std::string& kid, const std::string& sealed, UnixMillis now) {
  return {{"kid", kid}, {"value", {{"sealed", sealed}}}, {"created", WriteSeconds(now)}};
}

std::string TextOf(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

ProductFileError NotAProduct() {
  return {"The file has no \"verification\" with \"secrets\".", "Is it a product's file?"};
}

// Seals the secret that stands in `value`, or in a file of our own that it names.
bool SealValue(Json& value, const std::string& owner, const Sealer& seal, const OwnSecretFile& own_file,
               std::vector<std::string>& obsolete) {
  std::string secret;
  if (value.is_string()) {
    secret = value.get<std::string>();
  } else if (const std::string file = TextOf(value, "file"); !file.empty()) {
    const auto content = own_file(file);
    if (!content) return false;
    obsolete.push_back(file);
    secret = *content;
  }
  if (secret.empty()) return false;
  value = {{"sealed", seal(owner, secret)}};
  return true;
}

}  // namespace

std::string WriteProductFile(const NewProduct& product) {
  Json json;
  json["id"] = product.id;
  json["name"] = product.name;
  json["origins"] = product.origins;
  json["service_keys"] = Json::array({{{"id", product.service_key}}});
  json["verification"] = {{"max_lifetime_s", 3600},
                          {"leeway_s", 30},
                          {"identity", "optional"},
                          {"on_expiry", "guest"},
                          {"merge", "session"},
                          {"secrets", Json::array({SecretEntry(product.kid, product.sealed_secret, product.now)})}};
  json["agent"] = {{"kind", "builtin"}};
  json["greeting"] = {{"verified", "Hi {{name}}, how can I help?"}, {"anonymous", "Hi! How can I help?"}};
  json["rate_limits"] = {{"per_user_per_min", 20}, {"per_ip_per_min", 40}, {"concurrent_runs_per_user", 2}};
  json["egress"] = {{"allow_hosts", Json::array()}, {"allow_private_cidrs", Json::array()}, {"https_only", true}};
  json["tools"] = Json::array();
  return Print(json);
}

std::string NewKid(UnixMillis now, const std::vector<std::string>& taken) {
  const std::string day = WriteTime(now).substr(0, 10);
  int last = 0;
  for (const std::string& kid : taken) {
    if (kid == day) last = std::max(last, 1);
    if (!kid.starts_with(day + '-')) continue;
    int number = 0;
    std::from_chars(kid.data() + day.size() + 1, kid.data() + kid.size(), number);
    last = std::max(last, std::min(number, kKidNumberMax));
  }
  return last == 0 ? day : day + '-' + std::to_string(last + 1);
}

std::variant<std::string, ProductFileError> RotateSecret(std::string_view json, const Rotation& rotation) {
  Json product = Json::parse(json, nullptr, false);
  Json* secrets = FindSecrets(product);
  if (!secrets) return NotAProduct();
  const std::string now = WriteSeconds(rotation.now), until = WriteSeconds(rotation.old_until);
  Json kept = Json::array();
  kept.push_back(SecretEntry(rotation.kid, rotation.sealed_secret, rotation.now));
  for (Json& secret : *secrets) {
    const std::string end = TextOf(secret, "not_after");  // RFC 3339 times in UTC sort as text does
    if (!end.empty() && end <= now) continue;
    if (until <= now) continue;
    if (end.empty() || end > until) secret["not_after"] = until;
    kept.push_back(secret);
  }
  if (kept.size() > kLiveSecretsMax) {
    return ProductFileError{
        "The product has two live secrets already.",
        "Wait until the older one has ended, or end it with `widgentd product revoke-secret`; --overlap-hours 0 "
        "ends both."};
  }
  *secrets = std::move(kept);
  return Print(product);
}

std::variant<std::string, ProductFileError> RevokeSecret(std::string_view json, const std::string& kid,
                                                         UnixMillis now) {
  Json product = Json::parse(json, nullptr, false);
  Json* secrets = FindSecrets(product);
  if (!secrets) return NotAProduct();
  std::string known;
  for (Json& secret : *secrets) {
    if (TextOf(secret, "kid") != kid) {
      known += (known.empty() ? "" : ", ") + TextOf(secret, "kid");
      continue;
    }
    const std::string end = TextOf(secret, "not_after"), at = WriteSeconds(now);
    if (end.empty() || end > at) secret["not_after"] = at;
    return Print(product);
  }
  return ProductFileError{"The product has no secret of the kid \"" + kid + "\".", "Its kids are: " + known + "."};
}

std::variant<std::string, ProductFileError> SetOrigins(std::string_view json, const std::vector<std::string>& origins) {
  Json product = Json::parse(json, nullptr, false);
  if (!product.is_object()) return NotAProduct();
  product["origins"] = origins;
  return Print(product);
}

std::variant<std::string, ProductFileError> AddAdminKey(std::string_view json, const std::string& sha256, bool replace,
                                                        UnixMillis now) {
  Json product = Json::parse(json, nullptr, false);
  if (!product.is_object()) return NotAProduct();
  Json keys = !replace && product.contains("admin_keys") ? product["admin_keys"] : Json::array();
  if (!keys.is_array()) return ProductFileError{"\"admin_keys\" is no list.", "Mend the file, or use --replace."};
  keys.push_back({{"sha256", sha256}, {"created", WriteSeconds(now)}});
  product["admin_keys"] = std::move(keys);
  return Print(product);
}

std::variant<std::string, ProductFileError> PinTools(std::string_view json, const std::string& server,
                                                     const std::map<std::string, std::string>& pins) {
  Json product = Json::parse(json, nullptr, false);
  if (product.is_object() && product.contains("tools") && product["tools"].is_array()) {
    for (Json& tool : product["tools"]) {
      if (TextOf(tool, "name") != server || TextOf(tool, "kind") != "mcp") continue;
      tool["pins"] = Json(pins);
      return Print(product);
    }
  }
  return ProductFileError{"The file has no MCP server of the name \"" + server + "\".", "Is it the product's file?"};
}

std::vector<std::string> ListKids(std::string_view json) {
  Json product = Json::parse(json, nullptr, false);
  std::vector<std::string> kids;
  if (const Json* secrets = FindSecrets(product)) {
    for (const Json& secret : *secrets)
      if (const std::string kid = TextOf(secret, "kid"); !kid.empty()) kids.push_back(kid);
  }
  return kids;
}

std::variant<SealedFile, ProductFileError> SealSecrets(std::string_view json, const Sealer& seal,
                                                       const OwnSecretFile& own_file) {
  Json product = Json::parse(json, nullptr, false);
  const std::string id = TextOf(product, "id");
  if (id.empty()) return ProductFileError{"The file has no \"id\".", "Is it a product's file?"};
  SealedFile file;
  if (Json* secrets = FindSecrets(product)) {
    for (Json& secret : *secrets) {
      const std::string kid = TextOf(secret, "kid");
      if (secret.is_object() && secret.contains("value") &&
          SealValue(secret["value"], OwnerOfVerificationSecret(id, kid), seal, own_file, file.obsolete))
        file.sealed.push_back("the Verification Secret " + kid);
    }
  }
  if (product.contains("agent") && product["agent"].is_object() && product["agent"].contains("api_key") &&
      SealValue(product["agent"]["api_key"], OwnerOfAgentKey(id), seal, own_file, file.obsolete))
    file.sealed.push_back("the key of the agent's endpoint");
  if (product.contains("handoff") && product["handoff"].is_object() && product["handoff"].contains("secret") &&
      SealValue(product["handoff"]["secret"], OwnerOfToolSecret(id, kHandoffTool), seal, own_file, file.obsolete))
    file.sealed.push_back("the signing secret of the help desk");
  if (product.contains("tools") && product["tools"].is_array()) {
    for (Json& tool : product["tools"]) {
      const std::string name = TextOf(tool, "name");
      if (tool.is_object() && tool.contains("secret") &&
          SealValue(tool["secret"], OwnerOfToolSecret(id, name), seal, own_file, file.obsolete))
        file.sealed.push_back("the signing secret of the tool " + name);
    }
  }
  file.json = Print(product);
  return file;
}

}  // namespace widgent
