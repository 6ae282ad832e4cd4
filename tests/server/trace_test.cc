#include "server/trace.h"

#include <catch2/catch.hpp>

using namespace widgent;

namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";

http::Request With(std::string traceparent) {
  http::Request request;
  request.headers = {{"traceparent", std::move(traceparent)}};
  return request;
}

std::string Parent(const std::string& version, const std::string& trace, const std::string& parent,
                   const std::string& flags) {
  return version + "-" + trace + "-" + parent + "-" + flags;
}

}  // namespace

TEST_CASE("What a request causes belongs to the trace that it names, under a parent of its own") {
  const auto request = With(Parent("00", kTrace, "00f067aa0ba902b7", "01"));
  CHECK(FindTraceId(request) == kTrace);
  const std::string child = ChildTrace(request, "req_1");
  CHECK(child.size() == 55);
  CHECK(child.starts_with("00-" + std::string(kTrace) + "-"));
  CHECK(child.ends_with("-01"));
  CHECK(child.find("00f067aa0ba902b7") == child.npos);
  CHECK(ChildTrace(request, "req_2") != child);
  CHECK(FindTraceId(With(child)) == kTrace);
}

TEST_CASE("Without a trace that holds, a request begins one") {
  const std::string own = ChildTrace({}, "req_1");
  CHECK(own == ChildTrace({}, "req_1"));
  CHECK_FALSE(FindTraceId(With(own)).empty());
  const std::string parent = "00f067aa0ba902b7", zeros(32, '0');
  for (const std::string& odd :
       {std::string(), std::string("00"), Parent("00", zeros, parent, "01"),
        Parent("00", kTrace, zeros.substr(16), "01"), Parent("ff", kTrace, parent, "01"),
        Parent("00", kTrace, parent, "0x"), Parent("00", kTrace, parent, "01-more"),
        Parent("00", std::string(kTrace).replace(0, 1, "F"), parent, "01"), Parent("00", kTrace, parent, "01 "),
        Parent("0g", kTrace, parent, "01"), std::string(kTrace) + std::string(23, '-')}) {
    INFO(odd);
    CHECK(FindTraceId(With(odd)).empty());
    CHECK(ChildTrace(With(odd), "req_1") == own);
  }
  CHECK(FindTraceId(With(Parent("01", kTrace, parent, "01-more"))) == kTrace);
}
