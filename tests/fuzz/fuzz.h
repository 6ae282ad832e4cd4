// What the targets of this folder share. A target is libFuzzer's entry point: it takes any bytes, and aborts where a
// promise about them is broken.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace widgent::test {

inline void Demand(bool holds, std::string_view promise) {
  if (holds) return;
  std::cerr << "broken promise: " << promise << std::endl;
  std::abort();
}

// Takes the beginning of `rest` up to the next `mark`, which is dropped.
inline std::string_view TakeUntil(std::string_view& rest, char mark) {
  const std::size_t end = rest.find(mark);
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return taken;
}

// check(pieces): for `text` whole, byte by byte, and, where it is short, in two at every place.
template <class Check>
void SplitEverywhere(std::string_view text, Check&& check) {
  constexpr std::size_t kShort = 256;
  check({text});
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
  check(bytes);
  for (std::size_t at = 1; at < text.size() && text.size() <= kShort; ++at)
    check({text.substr(0, at), text.substr(at)});
}

}  // namespace widgent::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
