// One object of a configuration, read member by member. The first mistake is kept, with its path; what was not asked
// for is a mistake too. For the .cc files of this floor.
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "product/product.h"

namespace widgent {

// What all objects of one configuration share.
struct ConfigContext {
  std::string_view text;     // the whole configuration
  const std::string& where;  // its name in errors
  const std::string& dir;    // where its relative paths begin
  const SecretSource& secrets;
  std::optional<ConfigError> error = {};  // the first one
  std::string product = {};               // its id, once that is read
  std::vector<std::string> warnings = {};

  void Fail(const std::string& path, std::string detail);
};

class ConfigObject {
 public:
  // `value` may be nullptr: every member is then absent. Its type is checked here.
  ConfigObject(ConfigContext& context, const nlohmann::json* value, std::string path);
  // Reports the first member that nobody has asked for.
  ~ConfigObject();
  ConfigObject(const ConfigObject&) = delete;
  ConfigObject& operator=(const ConfigObject&) = delete;

  bool Has(const char* key) const;
  std::string Path(const std::string& key) const;
  ConfigContext& context() const { return context_; }
  void Fail(const std::string& key, std::string detail) const { context_.Fail(Path(key), std::move(detail)); }

  // Each leaves the value as it is where the member is absent.
  void Text(const char* key, std::string& value, std::size_t bytes_max);
  void RequiredText(const char* key, std::string& value, std::size_t bytes_max);  // absent or empty is a mistake
  void Flag(const char* key, bool& value);
  void Integer(const char* key, std::int64_t& value, std::int64_t least, std::int64_t most);
  void Integer(const char* key, int& value, int least, int most);
  void Number(const char* key, double& value, double least, double most);
  void OptionalNumber(const char* key, std::optional<double>& value);
  void Texts(const char* key, std::vector<std::string>& values, std::size_t count_max, std::size_t bytes_max);

  // The place of the member among `words`, of which the first is the default.
  std::size_t Choice(const char* key, std::initializer_list<std::string_view> words);

  // For options of which one value alone is offered yet.
  void OnlyText(const char* key, std::string_view offered);
  // For what the format knows and this version does not do.
  void Unsupported(const char* key, std::string_view what);

  // {"env": NAME}, {"file": PATH} or {"sealed": TEXT}, which opens for `owner` alone. A secret that stands in the file
  // itself holds too, and is warned of.
  std::string Secret(const char* key, const char* what, const std::string& owner);

  // The member, or nullptr. It counts as asked for.
  const nlohmann::json* Member(const char* key);
  // Calls `read` for each element of a list.
  void List(const char* key, std::size_t count_max,
            const std::function<void(const nlohmann::json& element, const std::string& path)>& read);

 private:
  ConfigContext& context_;
  const nlohmann::json* value_;
  std::string path_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace widgent
