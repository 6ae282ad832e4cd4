// Errors before a stream starts: RFC 9457 problem documents. Every code that the server can answer stands here once,
// with its HTTP status, its title, and whether asking again later can help.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/json_fields.h"

namespace widgent {

struct ProblemKind {
  std::string_view code;
  int status;
  std::string_view title;
};

// Nothing (nullptr) for a code that is not in the table.
const ProblemKind* FindProblem(std::string_view code);

// The whole table, for /problems/{code} and the tests.
struct ProblemTable {
  const ProblemKind* begin_;
  const ProblemKind* end_;
  const ProblemKind* begin() const { return begin_; }
  const ProblemKind* end() const { return end_; }
};
ProblemTable Problems();

struct Problem {
  std::string code;                // of the table
  std::string detail;              // one sentence for this occurrence; never a token, a secret or another user's data
  std::string hint;                // the likely mistake and what to do; may be empty
  std::string request_id;          // may be empty
  std::int64_t retry_after_s = 0;  // 0: not said
  // Set where a token was presented and counted as expired, so that the widget learns it from an error too.
  bool token_expired = false;
};

// application/problem+json. An unknown code is written as `internal`.
std::string WriteProblem(const Problem& problem);
int ProblemStatus(std::string_view code);  // 500 for an unknown code

// `body` of any error answer; where it is no problem document the code is "http_<status>".
Problem ReadProblem(int status, std::string_view body);

}  // namespace widgent
