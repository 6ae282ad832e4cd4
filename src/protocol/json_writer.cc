#include "protocol/json_writer.h"

#include <utility>

namespace widgent {

namespace {

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 where there is none (Unicode 15 table 3-7).
std::size_t Utf8Length(std::string_view text) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0u : 0x80u, high = lead == 0xED ? 0x9Fu : 0xBFu;
    return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90u : 0x80u, high = lead == 0xF4 ? 0x8Fu : 0xBFu;
    return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// One byte within a JSON string.
void AppendEscaped(Text& out, char c) {
  const auto code = static_cast<unsigned char>(c);
  if (c == '\n') {
    out.Append("\\n");
  } else if (code < 0x20 || code == 0x7F) {
    out.Append("\\u00");
    out.push_back("01234567"[code >> 4]);
    out.push_back("0123456789abcdef"[code & 15]);
  } else {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
}

void AppendString(Text& out, TextView text) {
  out.push_back('"');
  for (const char* at = text.c_str(); *at; ++at) {
    const bool is_nul = *at == '\xC0';
    AppendEscaped(out, is_nul ? '\0' : *at);
    at += is_nul;
  }
  out.push_back('"');
}

bool IsPlain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

void AppendString(Text& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    std::size_t length = 0;
    while (length < text.size() && IsPlain(text[length])) ++length;
    out.Append(text.data(), length);
    text.remove_prefix(length);
    if (text.empty()) break;
    length = Utf8Length(text);
    if (length == 1) AppendEscaped(out, text[0]);
    else out.Append(length ? text.data() : "\xEF\xBF\xBD", length ? length : 3);
    text.remove_prefix(length ? length : 1);
  }
  out.push_back('"');
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  Text quoted;
  AppendString(quoted, text);
  out += std::string_view(quoted);
}

JsonWriter& JsonWriter::Separate() {
  if (comma_) text_.push_back(',');
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate().text_.push_back(bracket);
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  text_.push_back(bracket);
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(TextView key) {
  AppendString(Separate().text_, key);
  text_.push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  AppendString(Separate().text_, key);
  text_.push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Value(TextView text) {
  AppendString(Separate().text_, text);
  return *this;
}

JsonWriter& JsonWriter::Value(std::string_view text) {
  AppendString(Separate().text_, text);
  return *this;
}

JsonWriter& JsonWriter::Value(std::int64_t number) {
  Separate().text_.AppendNumber(number);
  return *this;
}

JsonWriter& JsonWriter::Value(bool flag) { return Raw(flag ? "true" : "false"); }

JsonWriter& JsonWriter::Raw(TextView json) {
  Separate().text_.Append(json);
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate().text_.Append(json.data(), json.size());
  return *this;
}

JsonWriter& JsonWriter::Put(const char* key, TextView text) { return Key(key).Value(text); }

JsonWriter& JsonWriter::Put(const char* key, std::int64_t number) { return Key(key).Value(number); }

JsonWriter& JsonWriter::Put(const char* key, bool flag) { return Key(key).Value(flag); }

JsonWriter& JsonWriter::PutIf(const char* key, TextView text) { return text.empty() ? *this : Put(key, text); }

std::string JsonWriter::Take() { return std::string(std::string_view(TakeText())); }

Text JsonWriter::TakeText() {
  comma_ = false;
  return std::exchange(text_, {});
}

}  // namespace widgent
