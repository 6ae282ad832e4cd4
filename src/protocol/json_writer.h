// Writes JSON text member by member into one text, without a document in between.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/text.h"

namespace widgent {

// Appends `text` as a JSON string in quotes. Bytes that are not UTF-8 are replaced by U+FFFD, so the result always is.
void AppendJsonString(std::string& out, std::string_view text);

// Usage: JsonWriter w; w.Open('{'); w.Put("name", "Ada"); w.Key("tags"); w.Open('['); w.Value("a"); w.Close(']'); ...
// Braces are the caller's to balance.
class JsonWriter {
 public:
  JsonWriter& Open(char bracket);   // '{' or '['
  JsonWriter& Close(char bracket);  // '}' or ']'
  JsonWriter& Key(TextView key);    // a value or Open follows
  JsonWriter& Key(std::string_view key);
  JsonWriter& Key(const char* key) { return Key(TextView(key)); }
  JsonWriter& Key(const std::string& key) { return Key(std::string_view(key)); }
  JsonWriter& Value(TextView text);  // UTF-8
  JsonWriter& Value(std::string_view text);
  JsonWriter& Value(const char* text) { return Value(TextView(text)); }
  JsonWriter& Value(const std::string& text) { return Value(std::string_view(text)); }
  JsonWriter& Value(std::int64_t number);
  JsonWriter& Value(int number) { return Value(static_cast<std::int64_t>(number)); }
  JsonWriter& Value(bool flag);
  JsonWriter& Raw(TextView json);  // one valid JSON value
  JsonWriter& Raw(std::string_view json);
  JsonWriter& Raw(const char* json) { return Raw(TextView(json)); }
  JsonWriter& Raw(const std::string& json) { return Raw(std::string_view(json)); }

  JsonWriter& Put(const char* key, TextView text);
  JsonWriter& Put(const char* key, const char* text) { return Put(key, TextView(text)); }
  JsonWriter& Put(const char* key, std::string_view text) { return Key(key).Value(text); }
  JsonWriter& Put(const char* key, const std::string& text) { return Key(key).Value(text); }
  JsonWriter& Put(const std::string& key, std::string_view text) { return Key(key).Value(text); }
  JsonWriter& Put(const char* key, std::int64_t number);
  JsonWriter& Put(const char* key, int number) { return Put(key, static_cast<std::int64_t>(number)); }
  JsonWriter& Put(const char* key, bool flag);
  // Leaves the member out where the text is empty.
  JsonWriter& PutIf(const char* key, TextView text);
  JsonWriter& PutIf(const char* key, const char* text) { return PutIf(key, TextView(text)); }
  JsonWriter& PutIf(const char* key, std::string_view text) { return text.empty() ? *this : Put(key, text); }
  JsonWriter& PutIf(const char* key, const std::string& text) { return PutIf(key, std::string_view(text)); }

  std::string_view text() const { return text_; }
  TextView view() const { return text_; }
  std::string Take();
  Text TakeText();

 private:
  JsonWriter& Separate();

  Text text_;
  bool comma_ = false;
};

}  // namespace widgent
