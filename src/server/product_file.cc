#include "server/product_file.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "server/history.h"

namespace widgent {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLiveSecretsMax = 2;

std::string Print(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

// "verification" / "secrets" of a product file; nullptr where it has none.
Json* FindSecrets(Json& product) {
  if (!product.is_object() || !product.contains("verification")) return nullptr;
  Json& verification = product["verification"];
  if (!verification.is_object() || !verification.contains("secrets")) return nullptr;
  Json& secrets = verification["secrets"];
  return secrets.is_array() ? &secrets : nullptr;
}

// RFC 3339 times in UTC sort as text does.
std::string EndOf(const Json& secret) {
  return secret.is_object() && secret.contains("not_after") && secret["not_after"].is_string()
             ? secret["not_after"].get<std::string>()
             : "";
}

std::string WriteSeconds(UnixMillis time) { return WriteTime(time).substr(0, 19) + "Z"; }

}  // namespace

std::string WriteProductFile(const NewProduct& product) {
  Json json;
  json["id"] = product.id;
  json["name"] = product.name;
  json["origins"] = product.origins;
  json["service_keys"] = Json::array({{{"id", product.service_key}}});
  json["verification"] = {
      {"max_lifetime_s", 3600},
      {"leeway_s", 30},
      {"secrets", Json::array({{{"kid", product.kid}, {"value", {{"file", product.secret_file}}}}})}};
  json["agent"] = {{"kind", "builtin"}};
  json["greeting"] = {{"verified", "Hi {{name}}, how can I help?"}, {"anonymous", "Hi! How can I help?"}};
  json["rate_limits"] = {{"per_user_per_min", 20}, {"per_ip_per_min", 40}, {"concurrent_runs_per_user", 2}};
  json["egress"] = {{"allow_hosts", Json::array()}, {"allow_private_cidrs", Json::array()}, {"https_only", true}};
  json["tools"] = Json::array();
  return Print(json);
}

std::string NewKid(UnixMillis now, const std::vector<std::string>& taken) {
  const std::string day = WriteTime(now).substr(0, 10);
  std::string kid = day;
  for (int n = 2; std::find(taken.begin(), taken.end(), kid) != taken.end(); ++n) kid = day + '-' + std::to_string(n);
  return kid;
}

std::variant<std::string, RotationError> RotateSecret(std::string_view json, const Rotation& rotation) {
  Json product = Json::parse(json, nullptr, false);
  Json* secrets = FindSecrets(product);
  if (!secrets) return RotationError{"The file has no \"verification\" with \"secrets\".", "Is it a product's file?"};
  const std::string now = WriteSeconds(rotation.now), until = WriteSeconds(rotation.old_until);
  Json kept = Json::array();
  kept.push_back({{"kid", rotation.kid}, {"value", {{"file", rotation.secret_file}}}});
  for (Json& secret : *secrets) {
    const std::string end = EndOf(secret);
    if (!end.empty() && end <= now) continue;
    if (until <= now) continue;
    if (end.empty() || end > until) secret["not_after"] = until;
    kept.push_back(secret);
  }
  if (kept.size() > kLiveSecretsMax) {
    return RotationError{"The product has two live secrets already.",
                         "Wait until the older one has ended, or end both at once with --overlap-hours 0."};
  }
  *secrets = std::move(kept);
  return Print(product);
}

std::vector<std::string> ListKids(std::string_view json) {
  Json product = Json::parse(json, nullptr, false);
  std::vector<std::string> kids;
  if (const Json* secrets = FindSecrets(product)) {
    for (const Json& secret : *secrets)
      if (secret.is_object() && secret.contains("kid") && secret["kid"].is_string())
        kids.push_back(secret["kid"].get<std::string>());
  }
  return kids;
}

}  // namespace widgent
