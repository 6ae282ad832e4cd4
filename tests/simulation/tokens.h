// The tokens that the site has given out, and what each may be taken for at a moment.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "simulation/draw.h"
#include "support/signed_token.h"

namespace widgent::test {

struct IssuedToken {
  std::string sub;
  bool is_genuine = true;
  std::int64_t issued_s = 0, expires_s = 0;
};

// Whom a request may be taken for: more than one where a clock is about to strike.
struct Claimant {
  std::set<std::string> subs;
  bool may_be_guest = false;
  std::string guest_id;
  std::string ended_sub;  // of a genuine token that has ended

  std::string Describe() const {
    std::string text = may_be_guest ? "guest " + guest_id : "";
    for (const std::string& sub : subs) text += (text.empty() ? "" : " or ") + sub;
    return text.empty() ? "nobody" : text;
  }
};

class Tokens {
 public:
  // `kind`: good, expired, forged, altered, early or odd.
  std::string Issue(const std::string& sub, const std::string& kind, std::int64_t lifetime_s, std::int64_t now_s) {
    IssuedToken token{sub, kind != "forged" && kind != "altered" && kind != "odd", now_s, now_s + lifetime_s};
    if (kind == "expired") token.issued_s -= 600, token.expires_s = now_s - 120;
    const std::string claims = R"({"sub":")" + sub + R"(","name":"Name of <<)" + sub + R"(>>","iat":)" +
                               std::to_string(token.issued_s) + R"(,"exp":)" + std::to_string(token.expires_s) +
                               R"(,"jti":")" + std::to_string(++issued_) + "\"}";
    std::string text = SignToken(claims, kind == "forged" ? "another secret of at least 32 bytes" : kSecret);
    if (kind == "altered") text[text.find('.') + 20] ^= 1;
    if (kind == "odd") text = "not." + text.substr(text.find('.') + 1);
    if (token.is_genuine) latest_[sub] = text;
    tokens_[text] = std::move(token);
    return text;
  }
  // The newest of this user, whatever has become of it; empty: there is none.
  std::string Latest(const std::string& sub) const {
    const auto latest = latest_.find(sub);
    return latest == latest_.end() ? "" : latest->second;
  }
  const IssuedToken* Find(const std::string& text) const {
    const auto token = tokens_.find(text);
    return token == tokens_.end() ? nullptr : &token->second;
  }
  void Revoke(const std::string& sub, UnixMillis now) { revoked_[sub] = now; }

  Claimant Judge(const std::string& text, const std::string& guest_id, UnixMillis now) const {
    Claimant claimant{{}, text.empty(), guest_id, ""};
    const IssuedToken* token = Find(text);
    if (!token || !token->is_genuine) return claimant;
    const auto revoked = revoked_.find(token->sub);
    if (revoked != revoked_.end() && token->issued_s * 1000 + 1'000 < revoked->second) return claimant;
    const UnixMillis ends = (token->expires_s + 30) * 1000;
    if (now <= ends + 1'000) claimant.subs.insert(token->sub);
    if (now >= ends - 1'000) {
      claimant.may_be_guest = true;
      claimant.ended_sub = token->sub;
    }
    return claimant;
  }

 private:
  std::map<std::string, IssuedToken> tokens_;
  std::map<std::string, std::string> latest_;
  std::map<std::string, UnixMillis> revoked_;
  int issued_ = 0;
};

}  // namespace widgent::test
