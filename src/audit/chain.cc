#include "audit/chain.h"

#include <istream>
#include <nlohmann/json.hpp>

#include "identity/crypto.h"

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::string_view kRecordEnd = "}}}", kHashMember = ",\"hash\":\"";
constexpr std::size_t kHashSize = kHashBeforeFirst.size();

template <class Value>
bool Has(const json& object, const char* pointer, const Value& expected) {
  const json::json_pointer path(pointer);
  return object.contains(path) && object.at(path) == expected;
}

bool ColumnsAgree(const AuditRow& row, const ProductId& product, const json& record) {
  // Where a record has a user besides its actor, that is whom it is about: an operator may have acted.
  const json::json_pointer uid(record.contains("user") ? "/user/uid" : "/actor/user/uid");
  return Has(record, "/metadata/uid", product.value + ":" + std::to_string(row.seq)) &&
         Has(record, "/metadata/logged_time", row.at) && Has(record, "/unmapped/widgent/action", row.action) &&
         Has(record, "/unmapped/widgent/outcome", row.outcome) &&
         (record.contains(uid) ? record.at(uid) == row.user : row.user.empty());
}

// The reverse of ExportRecord.
std::optional<AuditRow> ReadExported(const std::string& line) {
  const std::size_t tail = kHashMember.size() + kHashSize + 1 + kRecordEnd.size();
  if (line.size() < tail || !line.ends_with(std::string("\"").append(kRecordEnd)) ||
      line.compare(line.size() - tail, kHashMember.size(), kHashMember) != 0) {
    return std::nullopt;
  }
  AuditRow row;
  row.record = line.substr(0, line.size() - tail).append(kRecordEnd);
  row.hash = line.substr(line.size() - tail + kHashMember.size(), kHashSize);
  const json record = json::parse(row.record, nullptr, false);
  if (!record.is_object()) return std::nullopt;
  const json::json_pointer seq("/unmapped/widgent/seq"), prev_hash("/unmapped/widgent/prev_hash");
  if (!record.contains(seq) || !record.at(seq).is_number_integer()) return std::nullopt;
  if (!record.contains(prev_hash) || !record.at(prev_hash).is_string()) return std::nullopt;
  row.seq = record.at(seq).get<std::int64_t>();
  row.prev_hash = record.at(prev_hash).get<std::string>();
  return row;
}

}  // namespace

std::string ChainHash(std::string_view prev_hash, std::string_view record) {
  return Hex(Sha256(std::string(prev_hash).append(record)));
}

std::optional<AuditFault> ChainChecker::Check(const AuditRow& row, const ProductId* product) {
  const std::int64_t expected = count_ + 1;
  if (row.seq > expected)
    return AuditFault{expected, "it is missing: the next one found is " + std::to_string(row.seq)};
  if (row.seq < expected) return AuditFault{row.seq, "it stands behind record " + std::to_string(count_)};
  if (row.prev_hash != hash_) return AuditFault{row.seq, "it does not follow the record before it"};
  if (row.hash != ChainHash(hash_, row.record)) return AuditFault{row.seq, "its text was changed"};
  const json record = json::parse(row.record, nullptr, false);
  if (!Has(record, "/unmapped/widgent/seq", row.seq) || !Has(record, "/unmapped/widgent/prev_hash", row.prev_hash) ||
      (product && !ColumnsAgree(row, *product, record))) {
    return AuditFault{row.seq, "its columns do not agree with its text"};
  }
  count_ = row.seq;
  hash_ = row.hash;
  return std::nullopt;
}

std::optional<AuditFault> ChainChecker::CheckHead(const AuditHead& head) const {
  if (head.count == count_ && (count_ == 0 || head.hash == hash_)) return std::nullopt;
  if (head.count > count_) {
    return AuditFault{count_ + 1, "it is missing: there were " + std::to_string(head.count) + " records"};
  }
  return AuditFault{count_, "the head of the chain names another record"};
}

std::optional<AuditFault> VerifyAudit(Store& store, const ProductId& product) {
  ChainChecker checker;
  std::optional<AuditFault> fault;
  store.VisitAudit(product, [&](const AuditRow& row) {
    fault = checker.Check(row, &product);
    return !fault;
  });
  return fault ? fault : checker.CheckHead(store.FindAuditHead(product));
}

std::optional<AuditFault> VerifyAuditExport(std::istream& lines) {
  ChainChecker checker;
  std::int64_t last = 0;
  for (std::string line; std::getline(lines, line); ++last) {
    const auto row = ReadExported(line);
    if (!row) return AuditFault{last + 1, "its line is no exported record"};
    if (auto fault = checker.Check(*row, nullptr)) return fault;
  }
  return std::nullopt;
}

std::string ExportRecord(const AuditRow& row) {
  std::string line = row.record;
  const std::size_t end = line.size() < kRecordEnd.size() ? 0 : line.size() - kRecordEnd.size();
  return line.insert(end, std::string(kHashMember).append(row.hash).append("\""));
}

}  // namespace widgent
