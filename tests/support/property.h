// A property under Catch2: it must hold for everything that RapidCheck draws for its arguments. The draws are the same
// in each run; RC_PARAMS="seed=7 max_success=10000" in the environment gives others, and more of them.
#pragma once
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

namespace widgent::test {

inline constexpr std::uint64_t kPropertySeed = 20260101;

template <class Property>
void CheckProperty(int tries, Property&& property) {
  rc::detail::TestParams params;
  params.seed = kPropertySeed;
  params.maxSuccess = tries;
  if (std::getenv("RC_PARAMS")) params = rc::detail::configuration().testParams;
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), rc::detail::TestMetadata(), params);
  if (result.template is<rc::detail::SuccessResult>()) {
    SUCCEED();
    return;
  }
  std::ostringstream told;
  rc::detail::printResultMessage(result, told);
  FAIL("seed " << params.seed << ": " << told.str());
}

// UTF-8 of a code point that is no surrogate.
inline std::string Utf8(std::uint32_t point) {
  std::string text;
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 63));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 63));
    put(0x80 | (point & 63));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 63));
    put(0x80 | (point >> 6 & 63));
    put(0x80 | (point & 63));
  }
  return text;
}

// Code points of all lengths in UTF-8, none of them a surrogate, from `least` on.
inline rc::Gen<std::uint32_t> AnyPoint(std::uint32_t least = 0) {
  return rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(least, 0x80), rc::gen::inRange<std::uint32_t>(0xA0, 0x800),
                        rc::gen::inRange<std::uint32_t>(0x800, 0xD800),
                        rc::gen::inRange<std::uint32_t>(0xE000, 0x10000),
                        rc::gen::inRange<std::uint32_t>(0x10000, 0x110000));
}

inline std::string Utf8(const std::vector<std::uint32_t>& points) {
  std::string text;
  for (const std::uint32_t point : points) text += Utf8(point);
  return text;
}

inline rc::Gen<std::string> AnyUnicode() {
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(AnyPoint()),
                      [](const std::vector<std::uint32_t>& points) { return Utf8(points); });
}

inline rc::Gen<std::string> AnyBytes() {
  return rc::gen::container<std::string>(
      rc::gen::map(rc::gen::inRange(0, 256), [](int byte) { return static_cast<char>(byte); }));
}

// Up to `size` tokens out of `alphabet`, joined.
inline rc::Gen<std::string> Joined(std::vector<std::string> alphabet) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::move(alphabet))),
                      [](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const std::string& part : parts) text += part;
                        return text;
                      });
}

}  // namespace widgent::test
