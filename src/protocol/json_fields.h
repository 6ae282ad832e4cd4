// The scalars of a JSON document by path: {"a":{"b":[1,"x"]}} has "a/b/0" = 1 and "a/b/1" = "x".
// Read token by token into one flat list: a tree's copy and destruction recurse, and a hostile document would overflow
// the stack (80,000 levels natively, 3,000 in Wasm).
#pragma once
#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>

namespace widgent {

class JsonFields {
 public:
  static constexpr int kDepthMax = 32;

  JsonFields() = default;
  JsonFields(const JsonFields&) = delete;
  JsonFields& operator=(const JsonFields&) = delete;

  // False where `text` is not one JSON object or array of at most kDepthMax levels; the fields are then empty. Of two
  // members with the same name the last wins.
  bool Parse(std::string_view text);

  // Each looks through all fields: who walks a list that a stranger wrote bounds the steps. Each answers the fallback
  // where the path is absent or of another type. Integers out of range are clamped.
  std::string_view Text(std::string_view path) const;
  std::int64_t Integer(std::string_view path, std::int64_t fallback) const;
  bool Flag(std::string_view path, bool fallback = false) const;

  // True where the path is a scalar, an object or an array (also an empty one).
  bool Has(std::string_view path) const;

  // Number of elements of the array at `path`; 0 where it is none.
  int Count(std::string_view path) const;

  // "list/3/name" from ("list", 3, "name").
  static std::string Path(std::string_view list, int index, std::string_view member);

 private:
  friend class JsonFieldsReader;
  enum class Kind : std::uint8_t { kText, kInteger, kFlag, kNull, kObject, kArray };
  // Holds its own name only, so that one long name over many values does not multiply.
  struct Field {
    Field* parent;  // the object or array that it stands in; nullptr for the document
    std::string name, text;
    std::int64_t number;  // of an array: its length
    Kind kind;
  };
  static bool IsAt(const Field* field, std::string_view path);
  const Field* Find(std::string_view path) const;
  const Field* Find(std::string_view path, Kind kind) const;

  std::forward_list<Field> fields_;  // the last first
};

}  // namespace widgent
