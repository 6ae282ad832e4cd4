// The values of a JSON document by path: {"a":{"b":[1,"x"]}} has "a/b/0" = 1 and "a/b/1" = "x".
// Read token by token into one flat list: a tree's copy and destruction recurse, and a hostile document would overflow
// the stack (80,000 levels natively, 3,000 in Wasm).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/text.h"

namespace widgent {

// One value. Each question about a path looks through all that follows in the document, once per name of the path: who
// walks a list that a stranger wrote bounds the steps. Each answers the fallback where the path is absent or of another
// type. Integers out of range are clamped.
class JsonField {
 public:
  // The value at `path`, from here; where there is none, one that is nothing.
  const JsonField& At(const char* path) const;
  bool exists() const { return this != &Nothing(); }
  static const JsonField& Nothing();
  TextView Text(const char* path = "") const;
  std::int64_t Integer(const char* path, std::int64_t fallback = 0) const;
  bool Flag(const char* path, bool fallback = false) const;

  // for (auto* item = list.First(); item; item = item->Next()): the elements of an array.
  const JsonField* First() const { return kind_ == Kind::kArray ? FollowingIn(this) : nullptr; }
  const JsonField* Next() const { return FollowingIn(parent_); }
  int count() const { return kind_ == Kind::kArray ? static_cast<int>(number_) : 0; }

 private:
  friend class JsonFields;
  friend class JsonFieldsReader;
  enum class Kind : std::uint8_t { kNull, kText, kInteger, kFlag, kObject, kArray };
  const JsonField& Find(const char* path, Kind kind) const;
  const JsonField* FollowingIn(const JsonField* parent) const;

  JsonField* following_ = nullptr;  // in the document
  JsonField* parent_ = nullptr;     // the object or array that it stands in; nullptr for the document
  const char* text_ = "";
  const char* name_ = "";    // its own only, so that one long name over many values does not multiply
  std::int64_t number_ = 0;  // of an array: its length
  Kind kind_ = Kind::kNull;
};

class JsonFields {
 public:
  static constexpr int kDepthMax = 32;

  JsonFields() = default;
  ~JsonFields() { Clear(); }
  JsonFields(const JsonFields&) = delete;
  JsonFields& operator=(const JsonFields&) = delete;

  // False where `text` is not one JSON object or array of at most kDepthMax levels; there are then no fields. Of two
  // members with the same name the last wins.
  bool Parse(std::string_view text);

  // The document; nothing where none was read.
  const JsonField& root() const;

  // From there; texts hold U+0000 as itself.
  std::string Text(std::string_view path) const;
  std::int64_t Integer(std::string_view path, std::int64_t fallback) const;
  bool Flag(std::string_view path, bool fallback = false) const;
  bool Has(std::string_view path) const;   // also an empty object or array
  int Count(std::string_view path) const;  // of an array's elements; 0 where it is none

  // "list/3/name" from ("list", 3, "name").
  static std::string Path(std::string_view list, int index, std::string_view member);

 private:
  void Clear();

  JsonField* first_ = nullptr;
};

}  // namespace widgent
