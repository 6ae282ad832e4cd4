// Problem documents as answers, and the pages that explain them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"
#include "protocol/problem.h"

namespace widgent {

// Without a hint of its own, a problem has that of its code.
Problem MakeProblem(std::string_view code, std::string detail, std::string hint = "", std::int64_t retry_after_s = 0);

http::Response ProblemResponse(const Problem& problem);

// What /problems/{code} shows: a page for people, or the same as JSON where `accept` does not ask for HTML.
http::Response ProblemPage(std::string_view code, std::string_view accept);

}  // namespace widgent
