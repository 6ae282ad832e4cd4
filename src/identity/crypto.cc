#include "identity/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <memory>

#include "protocol/base64url.h"

namespace widgent {

namespace {

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// A server without digests or randomness must not go on and guess.
void Require(bool done) {
  if (!done) std::abort();
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

// An HMAC that has taken in the key used last, which most often is the next one too: a message then costs only what is
// its own.
class LastKey {
 public:
  LastKey() {
    EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    context_.reset(method ? EVP_MAC_CTX_new(method) : nullptr);
    EVP_MAC_free(method);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    Require(context_ && EVP_MAC_CTX_set_params(context_.get(), parameters) == 1);
  }
  LastKey(const LastKey&) = delete;
  LastKey& operator=(const LastKey&) = delete;
  ~LastKey() { OPENSSL_cleanse(key_.data(), key_.size()); }

  // Ready for a message.
  EVP_MAC_CTX* Begin(std::string_view key) {
    const bool is_known = is_keyed_ && EqualInConstantTime(key_, key);
    if (!is_known) {
      OPENSSL_cleanse(key_.data(), key_.size());
      key_ = key;
    }
    is_keyed_ = true;
    // A null key means "the key of last time" to OpenSSL, which an empty one must not.
    Require(EVP_MAC_init(context_.get(), is_known ? nullptr : Bytes(std::string_view(key_)), key_.size(), nullptr) ==
            1);
    return context_.get();
  }

 private:
  MacContext context_{nullptr, EVP_MAC_CTX_free};
  std::string key_;
  bool is_keyed_ = false;
};

}  // namespace

std::string Sha256(std::string_view bytes) {
  // Both are looked up and made once: finding a digest among OpenSSL's providers takes longer than a digest.
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  Require(method && context && EVP_DigestInit_ex(context.get(), method, nullptr) == 1 &&
          EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
          EVP_DigestFinal_ex(context.get(), Bytes(digest), nullptr) == 1);
  return digest;
}

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  thread_local LastKey last;
  std::string mac(SHA256_DIGEST_LENGTH, '\0');
  std::size_t size = 0;
  EVP_MAC_CTX* const context = last.Begin(key);
  Require(EVP_MAC_update(context, Bytes(bytes), bytes.size()) == 1 &&
          EVP_MAC_final(context, Bytes(mac), &size, mac.size()) == 1);
  return mac;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  Require(RAND_bytes(Bytes(bytes), static_cast<int>(count)) == 1);
  return bytes;
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string EncodeBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  // EVP_EncodeBlock writes a NUL behind the text; std::string has room for exactly that one.
  EVP_EncodeBlock(Bytes(text), Bytes(bytes), static_cast<int>(bytes.size()));
  return text;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string url;
  for (char c : text) {
    if (c == '-' || c == '_') return std::nullopt;
    url += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  for (int padding = 0; padding < 2 && url.ends_with('='); ++padding) url.pop_back();
  return DecodeBase64Url(url);
}

std::string EncryptAesGcm(std::string_view key, std::string_view nonce, std::string_view context,
                          std::string_view plaintext) {
  Require(key.size() == kAesKeyBytes && nonce.size() == kAesNonceBytes);
  const CipherContext cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Require(cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) == 1);
  std::string text(plaintext.size() + kAesTagBytes, '\0');
  int size = 0;
  Require(EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(context), static_cast<int>(context.size())) == 1);
  Require(EVP_EncryptUpdate(cipher.get(), Bytes(text), &size, Bytes(plaintext), static_cast<int>(plaintext.size())) ==
          1);
  Require(EVP_EncryptFinal_ex(cipher.get(), Bytes(text) + size, &size) == 1);
  Require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kAesTagBytes, Bytes(text) + plaintext.size()) == 1);
  return text;
}

std::optional<std::string> DecryptAesGcm(std::string_view key, std::string_view nonce, std::string_view context,
                                         std::string_view ciphertext) {
  if (key.size() != kAesKeyBytes || nonce.size() != kAesNonceBytes || ciphertext.size() < kAesTagBytes)
    return std::nullopt;
  std::string tag(ciphertext.substr(ciphertext.size() - kAesTagBytes));
  ciphertext.remove_suffix(kAesTagBytes);
  const CipherContext cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Require(cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) == 1);
  // One byte more: an empty text has an address too.
  std::string text(ciphertext.size() + 1, '\0');
  int size = 0;
  Require(EVP_DecryptUpdate(cipher.get(), nullptr, &size, Bytes(context), static_cast<int>(context.size())) == 1);
  Require(EVP_DecryptUpdate(cipher.get(), Bytes(text), &size, Bytes(ciphertext), static_cast<int>(ciphertext.size())) ==
          1);
  Require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kAesTagBytes, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), Bytes(text) + size, &size) != 1) return std::nullopt;
  text.resize(ciphertext.size());
  return text;
}

}  // namespace widgent
