#include "product/audience.h"

#include "identity/strict_json.h"
#include "product/tool_json.h"

namespace widgent {

std::variant<Requirement, std::string> ReadAudience(std::string_view text) {
  Requirement required;
  required.identified = text == "identified";
  if (required.identified || text == "public") return required;
  if (!text.starts_with('{') || !IsStrictJson(text)) {
    return "Write public, identified, or what a tool has as \"requires\", in one line of JSON: "
           "{\"roles\": [\"staff\"]}.";
  }
  const std::string where = "audience", dir;
  const SecretSource secrets;
  ConfigContext context{text, where, dir, secrets};
  const nlohmann::json document = nlohmann::json::parse(text);
  {
    ConfigObject object(context, &document, "");
    ReadRequirement(object, required);
  }
  if (context.error) return context.error->where + ": " + context.error->detail;
  if (!required.AsksForUser()) return "It requires nothing. Write public where everybody may read the page.";
  return required;
}

}  // namespace widgent
