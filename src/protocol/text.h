// Texts as the browser's half keeps and passes them: one word each, which names the bytes up to a NUL. A
// std::string_view is two, and one made of a literal at each of 360 calls costs a page more than the calls. U+0000
// within a text is written C0 80, which no UTF-8 holds: JsonFields reads it so, JsonWriter writes it back.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace widgent {

// A text that somebody else keeps.
class TextView {
 public:
  constexpr TextView(const char* chars = "") : chars_(chars) {}
  const char* c_str() const { return chars_; }
  bool empty() const { return !*chars_; }
  bool StartsWith(const char* prefix) const;
  operator std::string_view() const;

 private:
  const char* chars_;
};
bool operator==(TextView a, TextView b);

// A text of its own.
class Text {
 public:
  using value_type = char;

  constexpr Text() = default;
  explicit Text(TextView text) { Append(text); }
  Text(const Text& other) : Text(TextView(other)) {}
  Text(Text&& other) { Swap(other); }
  ~Text();
  Text& operator=(TextView text);
  Text& operator=(const Text& other) { return *this = TextView(other); }
  Text& operator=(Text&& other) {
    Swap(other);
    return *this;
  }

  operator TextView() const { return chars_; }
  operator std::string_view() const { return {chars_, size_}; }
  const char* c_str() const { return chars_; }
  const char* data() const { return chars_; }
  std::size_t size() const { return size_; }
  bool empty() const { return !*chars_; }
  void clear();
  void push_back(char c);
  Text& Append(TextView text);
  Text& Append(const char* bytes, std::size_t size);
  Text& AppendNumber(std::int64_t number);
  void Swap(Text& other);

 private:
  inline static char none_[1] = {0};

  char* chars_ = none_;
  std::size_t size_ = 0, capacity_ = 0;
};

// With U+0000 as itself.
std::string ToString(TextView text);

}  // namespace widgent
