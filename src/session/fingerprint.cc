#include "session/fingerprint.h"

#include <bit>

namespace widgent {

namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void Round(int times) {
    while (times-- > 0) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  }
  void Take(std::uint64_t word) {
    v3 ^= word;
    Round(2);
    v0 ^= word;
  }
};

}  // namespace

Salt ReadSalt(TextView hex) {
  Salt salt;
  int i = 0;
  for (const char* at = hex.c_str(); *at; ++at, ++i) {
    const int digit = *at <= '9' ? *at - '0' : (*at | 0x20) - 'a' + 10;
    salt.half[i / 16 % 2] = salt.half[i / 16 % 2] << 4 ^ static_cast<unsigned>(digit);
  }
  return salt;
}

Text FingerprintOf(std::string_view text, const Salt& salt) {
  Text hex;
  if (text.empty()) return hex;
  const auto [k0, k1] = salt.half;
  SipState state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
  std::uint64_t word = 0;
  std::size_t i = 0;
  for (const char c : text) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << i % 8 * 8;
    if (++i % 8) continue;
    state.Take(word);
    word = 0;
  }
  state.Take(word | static_cast<std::uint64_t>(text.size()) << 56);
  state.v2 ^= 0xff;
  state.Round(4);
  std::uint64_t hash = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
  for (int digit = 0; digit < 16; ++digit, hash >>= 4) hex.push_back("0123456789abcdef"[hash & 15]);
  return hex;
}

}  // namespace widgent
