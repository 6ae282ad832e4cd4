// What the endpoints of the admin API read of a request: ids in its address, its query, its body, and who acts.
#pragma once
#include <initializer_list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.h"
#include "protocol/problem.h"

namespace widgent {

// Nothing where a '%' is not followed by two hexadecimal digits.
std::optional<std::string> DecodePercent(std::string_view text);

// The parameters by name, of which those without a value are left out; '+' is a blank. Otherwise what is wrong: a
// parameter that is none of `names`, is there twice or cannot be decoded.
using Parameters = std::map<std::string, std::string>;
std::variant<Parameters, Problem> ReadParameters(std::string_view query, std::initializer_list<std::string_view> names);

// The value as a whole number; otherwise what is wrong.
std::variant<std::int64_t, Problem> ReadNumber(const std::string& name, const std::string& value, std::int64_t least,
                                               std::int64_t most);

// Fills in the body, one object of which every member is among `members`; a body that is not there is {}. Otherwise
// what is wrong.
std::optional<Problem> ReadMembers(const http::Request& request, std::initializer_list<std::string_view> members,
                                   nlohmann::json& body);

// Of an admin key's SHA-256: enough to tell the keys of one product apart.
inline constexpr std::size_t kKeyPartShown = 8;

inline constexpr std::size_t kNameCharactersMax = 80;
// Of the person who acts, as they call themselves.
std::optional<Problem> CheckName(const std::string& name);
// "admin key 1a2b3c4d (Maria)"; without the name where it is empty.
std::string SignedBy(const std::string& by, const std::string& name);
// Puts the body's "name", where it has one, behind `by`.
std::optional<Problem> SignByName(const nlohmann::json& body, std::string& by);

}  // namespace widgent
