#include "server/trace.h"

#include <algorithm>

#include "identity/crypto.h"

namespace widgent {

namespace {

// "00-<trace>-<parent>-<flags>"
constexpr std::size_t kTraceAt = 3, kTraceDigits = 32, kParentAt = 36, kParentDigits = 16, kFlagsAt = 53, kLength = 55;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) { return IsHex(text) && text.find_first_not_of('0') != text.npos; }

// The header where it holds. A later version may be longer, and begins alike.
std::string_view FindTraceParent(const http::Request& request) {
  const std::string_view value = request.Find("traceparent").value_or("");
  if (value.size() < kLength || value[2] != '-' || value[kParentAt - 1] != '-' || value[kFlagsAt - 1] != '-') return {};
  const std::string_view version = value.substr(0, 2);
  const bool is_long = value.size() > kLength;
  if (!IsHex(version) || version == "ff" || (is_long && (version == "00" || value[kLength] != '-'))) return {};
  const bool holds = IsId(value.substr(kTraceAt, kTraceDigits)) && IsId(value.substr(kParentAt, kParentDigits)) &&
                     IsHex(value.substr(kFlagsAt, 2));
  return holds ? value : std::string_view();
}

}  // namespace

std::string_view FindTraceId(const http::Request& request) {
  const std::string_view parent = FindTraceParent(request);
  return parent.empty() ? parent : parent.substr(kTraceAt, kTraceDigits);
}

std::string ChildTrace(const http::Request& request, std::string_view request_id) {
  const std::string own = Hex(Sha256(request_id));
  const std::string_view parent = FindTraceParent(request);
  std::string trace = "00-";
  trace += parent.empty() ? std::string_view(own).substr(0, kTraceDigits) : parent.substr(kTraceAt, kTraceDigits);
  trace.append("-").append(own, kTraceDigits, kParentDigits).append("-");
  return trace.append(parent.empty() ? "00" : parent.substr(kFlagsAt, 2));
}

}  // namespace widgent
