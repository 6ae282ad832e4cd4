// Writes JSON text member by member into one string, without a document in between.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace widgent {

// Appends `text` as a JSON string in quotes. Bytes that are not UTF-8 are replaced by U+FFFD, so the result always is.
void AppendJsonString(std::string& out, std::string_view text);

// Appends `number` in decimal (std::to_string brings half a kilobyte of tables to the browser).
void AppendDecimal(std::string& out, std::int64_t number);

// Usage: JsonWriter w; w.Open('{'); w.Put("name", "Ada"); w.Key("tags"); w.Open('['); w.Value("a"); w.Close(']'); ...
// Braces are the caller's to balance.
class JsonWriter {
 public:
  JsonWriter& Open(char bracket);         // '{' or '['
  JsonWriter& Close(char bracket);        // '}' or ']'
  JsonWriter& Key(std::string_view key);  // a value or Open follows
  JsonWriter& Value(std::string_view text);
  JsonWriter& Value(const char* text) { return Value(std::string_view(text)); }
  JsonWriter& Value(const std::string& text) { return Value(std::string_view(text)); }
  JsonWriter& Value(std::int64_t number);
  JsonWriter& Value(int number) { return Value(static_cast<std::int64_t>(number)); }
  JsonWriter& Value(bool flag);
  JsonWriter& Raw(std::string_view json);  // `json` must be one valid JSON value

  template <class T>
  JsonWriter& Put(std::string_view key, const T& value) {
    Key(key);
    return Value(value);
  }
  // Leaves the member out where the text is empty.
  JsonWriter& PutIf(std::string_view key, std::string_view text) { return text.empty() ? *this : Put(key, text); }

  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  void Separate();

  std::string text_;
  bool comma_ = false;
};

}  // namespace widgent
