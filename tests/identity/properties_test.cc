#include "identity/origin.h"
#include "identity/token.h"
#include "protocol/json_writer.h"
#include "support/property.h"
#include "support/signed_token.h"

using namespace widgent;
using namespace widgent::test;

namespace {

constexpr std::int64_t kNowSeconds = 1'767'225'600;
constexpr UnixMillis kNow = kNowSeconds * 1000;
const KeyRing kKeys{{{"k1", kSecret, {}}}};

std::variant<User, Anonymous, TokenError> Verify(std::string_view token) {
  return VerifyToken(token, kKeys, {.audience = "acme"}, kNow);
}

// `points` as a JSON string in which each code point is escaped.
std::string Escaped(const std::vector<std::uint32_t>& points) {
  std::string text = "\"";
  const auto unit = [&](std::uint32_t value) {
    constexpr char kHex[] = "0123456789abcdef";
    text += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) text += kHex[value >> shift & 15];
  };
  for (const std::uint32_t point : points) {
    if (point < 0x10000) {
      unit(point);
    } else {
      unit(0xD800 + ((point - 0x10000) >> 10));
      unit(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return text + '"';
}

std::string Payload(const std::string& sub, const std::string& name, const std::string& email, std::int64_t life) {
  JsonWriter writer;
  writer.Open('{').Put("sub", sub).Put("name", name).Put("email", email).Put("exp", kNowSeconds + life);
  return writer.Close('}').Take();
}

const auto kLife = rc::gen::inRange<std::int64_t>(-30, 3631);

}  // namespace

TEST_CASE("Valid claims come out byte for byte, written as they are or escaped") {
  CheckProperty(200, [] {
    const auto points = rc::gen::container<std::vector<std::uint32_t>>(AnyPoint());
    auto sub = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint32_t>>(AnyPoint(0x20)));
    std::erase(sub, 0x7Fu);
    RC_PRE(!sub.empty());
    const auto name = *points, email = *points;
    const std::int64_t life = *kLife;
    const std::string escaped = "{\"sub\":" + Escaped(sub) + ",\"name\":" + Escaped(name) +
                                ",\"email\":" + Escaped(email) + ",\"exp\":" + std::to_string(kNowSeconds + life) + "}";
    for (const std::string& payload : {Payload(Utf8(sub), Utf8(name), Utf8(email), life), escaped}) {
      const auto verdict = Verify(SignToken(payload));
      const User* user = std::get_if<User>(&verdict);
      RC_ASSERT(user);
      RC_ASSERT(user->sub == Utf8(sub));
      RC_ASSERT(user->name == Utf8(name));
      RC_ASSERT(user->email == Utf8(email));
      RC_ASSERT(user->expires_at_s == kNowSeconds + life);
      RC_ASSERT(user->claims_json == payload);
    }
  });
}

TEST_CASE("case 15: no single bit of a valid token can be flipped") {
  CheckProperty(60, [] {
    const std::string token = SignToken(Payload("u_" + *AnyUnicode() + "x", *AnyUnicode(), "a@b.c", *kLife));
    RC_PRE(token.size() <= kTokenBytesMax);
    for (int tries = 0; tries < 40; ++tries) {
      const auto at = *rc::gen::inRange<std::size_t>(0, token.size());
      std::string changed = token;
      changed[at] = static_cast<char>(changed[at] ^ (1 << *rc::gen::inRange(0, 8)));
      RC_ASSERT(std::holds_alternative<TokenError>(Verify(changed)));
    }
  });
}

TEST_CASE("case 15: no text crashes the verifier, and without the secret none is a user's") {
  CheckProperty(1000, [] {
    const auto json =
        Joined({"{",         "}",        "[",       "]",           ",",       ":",       "\"alg\"",
                "\"HS256\"", "\"none\"", "\"kid\"", "\"k1\"",      "\"sub\"", "\"exp\"", "1767229200",
                "1e308",     "-0",       "null",    "\"\\ud800\"", "\xFF",    "\"",      "{\"alg\":\"HS256\"}"});
    const auto segment = rc::gen::map(rc::gen::oneOf(json, AnyBytes()), EncodeBase64Url);
    const std::string text = *rc::gen::oneOf(
        AnyBytes(), AnyUnicode(),
        rc::gen::map(rc::gen::container<std::vector<std::string>>(segment), [](const std::vector<std::string>& parts) {
          std::string token;
          for (const std::string& part : parts) token += (token.empty() ? "" : ".") + part;
          return token;
        }));
    const auto verdict = Verify(text);
    RC_ASSERT(text.empty() || std::holds_alternative<TokenError>(verdict));
  });
}

TEST_CASE("case 15: no payload crashes the verifier, even rightly signed") {
  CheckProperty(1000, [] {
    const auto value = rc::gen::elementOf(std::vector<std::string>{"1767229200",
                                                                   "1767225630.5",
                                                                   "-0",
                                                                   "1e308",
                                                                   "-1e308",
                                                                   "1e400",
                                                                   "\"x\"",
                                                                   "\"\"",
                                                                   "null",
                                                                   "true",
                                                                   "[]",
                                                                   "{}",
                                                                   "[\"acme\"]",
                                                                   "\"acme\"",
                                                                   "\"\\u0000\"",
                                                                   "\"\\ud800\"",
                                                                   "{\"a\":{\"a\":1}}",
                                                                   "9223372036854775808",
                                                                   "nan",
                                                                   "\""});
    const auto name = rc::gen::elementOf(
        std::vector<std::string>{"sub", "exp", "iat", "nbf", "aud", "name", "email", "metadata", "x", "", "\\u0073ub"});
    std::string payload = "{";
    for (const auto& [key, text] : *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
             rc::gen::resize(8, rc::gen::pair(name, value)))) {
      payload += (payload.size() > 1 ? ",\"" : "\"") + key + "\":" + text;
    }
    const auto verdict = Verify(SignToken(payload + "}"));
    if (const User* user = std::get_if<User>(&verdict)) {
      RC_ASSERT(!user->sub.empty());
      RC_ASSERT(user->expires_at_s >= kNowSeconds - kLeewaySeconds);
      RC_ASSERT(user->expires_at_s <= kNowSeconds + kLifetimeSecondsMax + kLeewaySeconds);
    }
    Verify(SignToken(*AnyBytes()));
  });
}

TEST_CASE("A registered origin is normal: registered again it stays as it is, and it allows itself") {
  const auto entry = Joined({"https://", "http://",   "HTTPS://",  "*.",     "www.",
                             "Example",  "example",   ".com",      ".co.uk", "bücher",
                             "xn--",     "localhost", "127.0.0.1", "[::1]",  "[2001:DB8::0:1]",
                             ".",        ":",         "443",       "80",     "8080",
                             "/",        "a",         "-",         "ß",      "。",
                             " ",        "%41",       "@",         "0x7f.1", "\xFF"});
  const auto likely = rc::gen::map(
      rc::gen::tuple(
          rc::gen::elementOf(std::vector<std::string>{"https://", "HTTPS://", "http://"}),
          rc::gen::elementOf(std::vector<std::string>{"", "*.", "www.", "Ä."}),
          rc::gen::elementOf(std::vector<std::string>{"Example.com", "bücher.example", "xn--bcher-kva.example",
                                                      "localhost", "127.0.0.1", "[::1]", "[2001:DB8::0:1]",
                                                      "a.b.c.example.CO.UK", "faß.de", "example.com."}),
          rc::gen::elementOf(std::vector<std::string>{"", ":443", ":80", ":8080", ":0", ":65535", ":65536", "/"})),
      [](const std::tuple<std::string, std::string, std::string, std::string>& parts) {
        const auto& [scheme, below, host, port] = parts;
        return scheme + below + host + port;
      });
  int registered = 0;
  CheckProperty(800, [&] {
    const std::string text = *rc::gen::oneOf(entry, likely, likely, AnyBytes());
    const auto first = ParseOriginPattern(text);
    const OriginPattern* pattern = std::get_if<OriginPattern>(&first);
    RefuseOrigin({}, text);
    if (!pattern) {
      RC_ASSERT(!std::get<OriginError>(first).detail.empty());
      return;
    }
    ++registered;
    const auto again = ParseOriginPattern(pattern->text);
    RC_ASSERT(std::holds_alternative<OriginPattern>(again));
    RC_ASSERT(std::get<OriginPattern>(again).text == pattern->text);
    const bool is_wide = pattern->text.find('*') != pattern->text.npos;
    RC_ASSERT(RefuseOrigin({*pattern}, pattern->text).has_value() == is_wide);
  });
  CHECK(registered > 100);
}
