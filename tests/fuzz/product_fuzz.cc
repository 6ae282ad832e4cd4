// A product's file: it is taken, or refused with a place and a sentence; either way without its secrets.
#include "fuzz/fuzz.h"
#include "product/product.h"

using namespace widgent;
using namespace widgent::test;

namespace {

const std::string kSecretText = "wvs_this_value_must_never_be_told_anywhere";

const SecretSource kSecrets{
    [](const std::string& name) { return name == "NONE" ? std::nullopt : std::optional(kSecretText); },
    [](const std::string& path) { return path.ends_with("none") ? std::nullopt : std::optional(kSecretText); },
    [](const std::string&, const std::string& sealed, std::string& why) {
      why = "no key";
      return sealed.empty() ? std::nullopt : std::optional(kSecretText);
    }};

void CheckProduct(const Product& product) {
  Demand(IsValidId(product.id.value), "a product has a usable id");
  for (const VerificationSecret& secret : product.keys.secrets)
    Demand(secret.value.size() >= kSecretBytesMin, "no secret is short");
  for (const OriginPattern& origin : product.origins)
    Demand(std::holds_alternative<OriginPattern>(ParseOriginPattern(origin.text)), "every origin is normal");
  for (const ToolConfig& tool : product.tools)
    Demand(!tool.name.empty() && !tool.url.empty() && tool.timeout_ms > 0 && tool.retries >= 0, "a tool can be called");
  for (const std::string& warning : product.warnings)
    Demand(warning.find(kSecretText) == std::string::npos, "no warning holds a secret");
  Demand(product.rate_limits.per_user_per_min >= 0 && product.rate_limits.per_ip_per_min >= 0, "limits are limits");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto read = ReadProduct(json, "acme.json", "/etc/widgent", kSecrets);
  if (const auto* product = std::get_if<Product>(&read)) CheckProduct(*product);
  if (const auto* error = std::get_if<ConfigError>(&read)) {
    Demand(error->where.starts_with("acme.json"), "an error names the file");
    Demand(!error->detail.empty(), "an error has a sentence");
    Demand(error->detail.find(kSecretText) == std::string::npos, "no error holds a secret");
  }
  return 0;
}
