#include "protocol/json_fields.h"

#include <nlohmann/json.hpp>

#include "protocol/json_writer.h"

namespace widgent {

using nlohmann::json;

class JsonFieldsHandler {
 public:
  explicit JsonFieldsHandler(std::vector<JsonFields::Field>& fields) : fields_(fields) {}

  bool null() { return Add(JsonFields::Kind::kNull, 0); }
  bool boolean(bool value) { return Add(JsonFields::Kind::kFlag, value); }
  bool number_integer(json::number_integer_t value) { return Add(JsonFields::Kind::kInteger, value); }
  bool number_unsigned(json::number_unsigned_t value) {
    return Add(JsonFields::Kind::kInteger, value > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(value));
  }
  bool number_float(json::number_float_t value, const json::string_t&) {
    constexpr double kLimit = 9.2e18;
    const double clamped = value > kLimit ? kLimit : value < -kLimit ? -kLimit : value;
    return Add(JsonFields::Kind::kInteger, static_cast<std::int64_t>(clamped));
  }
  bool string(json::string_t& value) {
    if (!Add(JsonFields::Kind::kText, 0)) return false;
    fields_.back().text = std::move(value);
    return true;
  }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return Enter(JsonFields::Kind::kObject); }
  bool start_array(std::size_t) { return Enter(JsonFields::Kind::kArray); }
  bool key(json::string_t& name) {
    Level& level = levels_.back();
    path_.resize(level.path_size);
    if (!path_.empty()) path_ += '/';
    path_ += name;
    return true;
  }
  bool end_object() { return Leave(); }
  bool end_array() { return Leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

 private:
  struct Level {
    std::size_t path_size;
    std::size_t field;  // index of the container's own field
    bool array;
  };

  // False where the paths together take more memory than any document of ours: each holds the names of all levels above
  // it, so one long name over many values multiplies.
  bool Push(JsonFields::Kind kind, std::int64_t number) {
    path_bytes_ += path_.size();
    if (path_bytes_ > JsonFields::kPathBytesMax) return false;
    fields_.push_back({path_, {}, number, kind});
    return true;
  }

  // Moves the path to the next element where the value stands in an array.
  void Place() {
    if (levels_.empty() || !levels_.back().array) return;
    Level& level = levels_.back();
    path_.resize(level.path_size);
    if (!path_.empty()) path_ += '/';
    AppendDecimal(path_, fields_[level.field].number++);
  }
  bool Add(JsonFields::Kind kind, std::int64_t number) {
    if (levels_.empty()) return false;  // a lone scalar is no document of ours
    Place();
    return Push(kind, number);
  }
  bool Enter(JsonFields::Kind kind) {
    if (levels_.size() == JsonFields::kDepthMax) return false;
    Place();
    if (!Push(kind, 0)) return false;
    levels_.push_back({path_.size(), fields_.size() - 1, kind == JsonFields::Kind::kArray});
    return true;
  }
  bool Leave() {
    levels_.pop_back();
    return true;
  }

  std::vector<JsonFields::Field>& fields_;
  std::vector<Level> levels_;
  std::string path_;
  std::size_t path_bytes_ = 0;
};

bool JsonFields::Parse(std::string_view text) {
  fields_.clear();
  JsonFieldsHandler handler(fields_);
  if (json::sax_parse(text.begin(), text.end(), &handler)) return true;
  fields_.clear();
  return false;
}

std::string_view JsonFields::Text(std::string_view path) const {
  const Field* field = Find(path, Kind::kText);
  return field ? std::string_view(field->text) : std::string_view();
}

std::int64_t JsonFields::Integer(std::string_view path, std::int64_t fallback) const {
  const Field* field = Find(path, Kind::kInteger);
  return field ? field->number : fallback;
}

bool JsonFields::Flag(std::string_view path, bool fallback) const {
  const Field* field = Find(path, Kind::kFlag);
  return field ? field->number != 0 : fallback;
}

bool JsonFields::Has(std::string_view path) const { return Find(path) != nullptr; }

int JsonFields::Count(std::string_view path) const {
  const Field* field = Find(path, Kind::kArray);
  return field ? static_cast<int>(field->number) : 0;
}

std::string JsonFields::Path(std::string_view list, int index, std::string_view member) {
  std::string path(list);
  path += '/';
  AppendDecimal(path, index);
  if (!member.empty()) {
    path += '/';
    path += member;
  }
  return path;
}

const JsonFields::Field* JsonFields::Find(std::string_view path) const {
  for (auto field = fields_.rbegin(); field != fields_.rend(); ++field)
    if (field->path == path) return &*field;
  return nullptr;
}

const JsonFields::Field* JsonFields::Find(std::string_view path, Kind kind) const {
  const Field* field = Find(path);
  return field && field->kind == kind ? field : nullptr;
}

}  // namespace widgent
