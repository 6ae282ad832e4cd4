// An entry as an owner registers it, and an Origin header in the line below.
#include "fuzz/fuzz.h"
#include "identity/host_name.h"
#include "identity/origin.h"

using namespace widgent;
using namespace widgent::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view entry = TakeUntil(input, '\n');
  const auto parsed = ParseOriginPattern(entry);
  const auto* pattern = std::get_if<OriginPattern>(&parsed);
  if (!pattern) {
    Demand(!std::get<OriginError>(parsed).detail.empty(), "a refused entry is told why");
  } else {
    const auto again = ParseOriginPattern(pattern->text);
    Demand(std::holds_alternative<OriginPattern>(again) && std::get<OriginPattern>(again).text == pattern->text,
           "a normal entry is normal");
    const std::vector<OriginPattern> registered{*pattern};
    const bool is_wildcard = pattern->text.find('*') != std::string::npos;
    Demand((MatchOrigin(registered, pattern->text) != nullptr) != is_wildcard,
           "an entry lets its own origin in, and a wildcard is none");
    const auto refusal = RefuseOrigin(registered, input);
    Demand(!refusal == (MatchOrigin(registered, input) != nullptr), "what matches is let in, and nothing else");
    if (!refusal) {
      Demand(input != "null", "null is never let in");
      const std::string_view suffix =
          std::string_view(pattern->text).substr(is_wildcard ? pattern->text.find('*') + 1 : 0);
      Demand(input.ends_with(suffix), "what is let in ends as the entry does");
      Demand(input.substr(0, input.find(':')) == pattern->text.substr(0, pattern->text.find(':')),
             "what is let in has the entry's scheme");
      Demand(input.find_first_of(std::string_view("/@#?\\ \t\r\n\0", 10), input.find("://") + 3) == input.npos,
             "what is let in is an origin and no more");
    }
  }
  const auto host = ReadHostName(entry);
  if (const auto* name = std::get_if<HostName>(&host)) {
    const auto again = ReadHostName(name->text);
    Demand(std::holds_alternative<HostName>(again) && std::get<HostName>(again).text == name->text,
           "a normal host is normal");
  }
  return 0;
}
