#include "audit/sealed_heads.h"

#include <nlohmann/json.hpp>

#include "identity/crypto.h"
#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::string_view kSealMember = ",\"seal\":\"", kEnd = "\"}";
constexpr std::size_t kSealSize = 64;

}  // namespace

std::string AuditSealKey(std::string_view server_key) { return HmacSha256(server_key, "widgent audit heads v1"); }

std::string SealHeads(const AuditHeads& heads, UnixMillis now, std::string_view key) {
  JsonWriter writer;
  writer.Open('{').Put("time", now).Key("heads").Open('[');
  for (const auto& [product, head] : heads)
    writer.Open('{').Put("product", product.value).Put("count", head.count).Put("hash", head.hash).Close('}');
  std::string text = writer.Close(']').Close('}').Take();
  text.pop_back();
  const std::string seal = Hex(HmacSha256(key, text));
  return text.append(kSealMember).append(seal).append(kEnd).append("\n");
}

std::optional<AuditHeads> OpenSealedHeads(std::string_view text, std::string_view key) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::size_t tail = kSealMember.size() + kSealSize + kEnd.size();
  if (text.size() < tail || !text.ends_with(kEnd)) return std::nullopt;
  const std::string_view sealed = text.substr(0, text.size() - tail);
  const std::string_view seal = text.substr(sealed.size() + kSealMember.size(), kSealSize);
  if (!text.substr(sealed.size()).starts_with(kSealMember) || !EqualInConstantTime(seal, Hex(HmacSha256(key, sealed))))
    return std::nullopt;
  AuditHeads heads;
  const json document = json::parse(text, nullptr, false);
  for (const json& head : document.at("heads"))
    heads[{head.at("product").get<std::string>()}] = {head.at("count").get<std::int64_t>(),
                                                      head.at("hash").get<std::string>()};
  return heads;
}

std::optional<AuditFault> CheckSealedHead(Store& store, const ProductId& product, const AuditHead& sealed) {
  const AuditHead head = store.FindAuditHead(product);
  if (head.count < sealed.count) {
    return AuditFault{head.count + 1,
                      "it was cut off: the sealed head counts " + std::to_string(sealed.count) + " records"};
  }
  std::optional<AuditFault> fault;
  store.VisitAudit(product, [&](const AuditRow& row) {
    if (row.seq < sealed.count) return true;
    if (row.hash != sealed.hash) fault = AuditFault{row.seq, "the sealed head names another record"};
    return false;
  });
  return fault;
}

}  // namespace widgent
