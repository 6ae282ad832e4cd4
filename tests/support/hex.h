// The reverse of widgent::Hex, for test vectors.
#pragma once
#include <string>

namespace widgent::test {

inline std::string Unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

}  // namespace widgent::test
