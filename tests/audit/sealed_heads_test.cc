// A chain whose end was cut off.
#include "audit/sealed_heads.h"

#include <catch2/catch.hpp>

#include "support/memory_store.h"

using namespace widgent;

namespace {

const ProductId kAcme{"acme"}, kOther{"other"};
const std::string kKey = AuditSealKey("a key of the server, 32 bytes lon");

void Append(Store& store, const ProductId& product, int count) {
  AuditLog log(store);
  for (int i = 0; i < count; ++i) log.Write({product, "", "", ""}, IdentityAct{}, 1000 + i);
}

}  // namespace

TEST_CASE("Sealed heads open under their key alone, and no byte of them can be changed") {
  const AuditHeads heads{{kAcme, {7, std::string(64, 'a')}}, {kOther, {1, std::string(64, 'b')}}};
  const std::string text = SealHeads(heads, 1'767'225'600'000, kKey);
  const auto opened = OpenSealedHeads(text, kKey);
  REQUIRE(opened);
  REQUIRE(opened->size() == 2);
  CHECK(opened->at(kAcme).count == 7);
  CHECK(opened->at(kOther).hash == std::string(64, 'b'));
  CHECK(OpenSealedHeads(SealHeads({}, 0, kKey), kKey)->empty());
  CHECK_FALSE(OpenSealedHeads(text, AuditSealKey("another key")));
  CHECK_FALSE(OpenSealedHeads("", kKey));
  CHECK_FALSE(OpenSealedHeads("{}", kKey));
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    std::string changed = text, shorter = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(OpenSealedHeads(changed, kKey));
    CHECK_FALSE(OpenSealedHeads(shorter.erase(i, 1), kKey));
  }
}

TEST_CASE("A chain that was cut off, or begun anew, does not reach its sealed head") {
  test::MemoryStore store;
  Append(store, kAcme, 5);
  const AuditHead sealed = store.FindAuditHead(kAcme);
  CHECK_FALSE(CheckSealedHead(store, kAcme, sealed));
  Append(store, kAcme, 3);
  CHECK_FALSE(CheckSealedHead(store, kAcme, sealed));

  store.audit[kAcme].resize(4);
  CHECK_FALSE(VerifyAudit(store, kAcme));
  const auto cut = CheckSealedHead(store, kAcme, sealed);
  REQUIRE(cut);
  CHECK(cut->seq == 5);
  CHECK(cut->detail.find("5 records") != std::string::npos);

  // Filled up with other records, the chain holds and is another one.
  AuditLog(store).Write({kAcme, "", "", ""}, IdentityAct{}, 9'000);
  CHECK_FALSE(VerifyAudit(store, kAcme));
  REQUIRE(CheckSealedHead(store, kAcme, sealed));
  CHECK(CheckSealedHead(store, kAcme, sealed)->seq == 5);
  store.audit.clear();
  CHECK(CheckSealedHead(store, kAcme, sealed)->seq == 1);
}
