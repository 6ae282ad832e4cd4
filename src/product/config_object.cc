#include "product/config_object.h"

#include <cmath>
#include <filesystem>

namespace widgent {

using nlohmann::json;

namespace {

constexpr std::size_t kSealedBytesMax = 4096;

}  // namespace

void ConfigContext::Fail(const std::string& path, std::string detail) {
  if (!error) error = ConfigError{path.empty() ? where : where + ": " + path, std::move(detail)};
}

ConfigObject::ConfigObject(ConfigContext& context, const json* value, std::string path)
    : context_(context), value_(value), path_(std::move(path)) {
  if (value_ && !value_->is_object()) {
    context_.Fail(path_, "This must be an object: { … }.");
    value_ = nullptr;
  }
}

ConfigObject::~ConfigObject() {
  if (!value_) return;
  for (const auto& [key, value] : value_->items()) {
    if (asked_.contains(key)) continue;
    std::string known;
    for (const std::string& name : asked_) known += (known.empty() ? "" : ", ") + name;
    Fail(key, "There is no such key. Known here: " + known + ".");
  }
}

bool ConfigObject::Has(const char* key) const { return value_ && value_->contains(key); }

std::string ConfigObject::Path(const std::string& key) const { return path_.empty() ? key : path_ + "/" + key; }

const json* ConfigObject::Member(const char* key) {
  asked_.insert(key);
  if (!value_) return nullptr;
  const auto member = value_->find(key);
  return member == value_->end() ? nullptr : &*member;
}

void ConfigObject::Text(const char* key, std::string& value, std::size_t bytes_max) {
  const json* member = Member(key);
  if (!member) return;
  if (!member->is_string()) return Fail(key, "This must be a text in quotes.");
  value = member->get<std::string>();
  if (value.size() > bytes_max) Fail(key, "This may have " + std::to_string(bytes_max) + " bytes.");
}

void ConfigObject::RequiredText(const char* key, std::string& value, std::size_t bytes_max) {
  Text(key, value, bytes_max);
  if (value.empty()) Fail(key, "This is missing.");
}

void ConfigObject::Flag(const char* key, bool& value) {
  const json* member = Member(key);
  if (!member) return;
  if (!member->is_boolean()) return Fail(key, "This must be true or false.");
  value = member->get<bool>();
}

void ConfigObject::Integer(const char* key, std::int64_t& value, std::int64_t least, std::int64_t most) {
  const json* member = Member(key);
  if (!member) return;
  // Above INT64_MAX the library holds an unsigned number, which get<int64_t> would fold into a negative one.
  const bool fits =
      member->is_number_integer() && (!member->is_number_unsigned() || member->get<std::uint64_t>() <= INT64_MAX);
  if (fits) value = member->get<std::int64_t>();
  if (!fits || value < least || value > most) {
    Fail(key, "This must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
  }
}

void ConfigObject::Integer(const char* key, int& value, int least, int most) {
  std::int64_t wide = value;
  Integer(key, wide, std::int64_t{least}, std::int64_t{most});
  if (wide >= least && wide <= most) value = static_cast<int>(wide);
}

void ConfigObject::Number(const char* key, double& value, double least, double most) {
  std::optional<double> number;
  OptionalNumber(key, number);
  if (!number) return;
  value = *number;
  if (value < least || value > most) {
    Fail(key, "This must be a number from " + json(least).dump() + " to " + json(most).dump() + ".");
  }
}

void ConfigObject::OptionalNumber(const char* key, std::optional<double>& value) {
  const json* member = Member(key);
  if (!member) return;
  if (!member->is_number()) return Fail(key, "This must be a number.");
  value = member->get<double>();
}

void ConfigObject::Texts(const char* key, std::vector<std::string>& values, std::size_t count_max,
                         std::size_t bytes_max) {
  List(key, count_max, [&](const json& element, const std::string& path) {
    const bool is_text = element.is_string() && !element.get_ref<const std::string&>().empty();
    if (!is_text) return context_.Fail(path, "This must be a text in quotes.");
    if (element.get_ref<const std::string&>().size() > bytes_max) {
      return context_.Fail(path, "This may have " + std::to_string(bytes_max) + " bytes.");
    }
    values.push_back(element.get<std::string>());
  });
}

std::size_t ConfigObject::Choice(const char* key, std::initializer_list<std::string_view> words) {
  const json* member = Member(key);
  if (!member) return 0;
  std::string offered;
  std::size_t place = 0;
  for (const std::string_view word : words) {
    if (*member == word) return place;
    offered.append(place++ == 0 ? "\"" : ", \"").append(word).append("\"");
  }
  Fail(key, "Write one of " + offered + ".");
  return 0;
}

void ConfigObject::OnlyText(const char* key, std::string_view offered) {
  std::string value(offered);
  Text(key, value, 100);
  if (value != offered) {
    Fail(key, "Only \"" + std::string(offered) + "\" is offered by this version.");
  }
}

void ConfigObject::Unsupported(const char* key, std::string_view what) {
  if (Member(key)) Fail(key, std::string(what) + " not supported by this version. Remove the key.");
}

std::string ConfigObject::Secret(const char* key, const char* what, const std::string& owner) {
  const json* member = Member(key);
  const std::string forms = R"({"env": "NAME"}, {"file": "path"} or {"sealed": "v1.…"})";
  if (!member) {
    Fail(key, "This is missing: name where " + std::string(what) + " is kept, by " + forms + ".");
    return "";
  }
  if (member->is_string()) {
    context_.warnings.push_back(context_.where + ": " + Path(key) + ": " + what +
                                " stands here for everybody to read. Seal it: widgentd product seal " +
                                context_.product);
    return member->get<std::string>();
  }
  ConfigObject source(context_, member, Path(key));
  std::string env, file, sealed;
  source.Text("env", env, 256);
  source.Text("file", file, 4096);
  source.Text("sealed", sealed, kSealedBytesMax);
  if ((env.empty() ? 0 : 1) + (file.empty() ? 0 : 1) + (sealed.empty() ? 0 : 1) != 1) {
    Fail(key, "Name one place: " + forms + ".");
    return "";
  }
  std::optional<std::string> value;
  if (!env.empty()) {
    value = context_.secrets.env(env);
    if (!value || value->empty()) source.Fail("env", "The environment variable " + env + " is not set.");
  } else if (!file.empty()) {
    file = (std::filesystem::path(context_.dir) / file).lexically_normal().string();
    value = context_.secrets.file(file);
    if (!value || value->empty()) source.Fail("file", "The file " + file + " cannot be read, or is empty.");
  } else {
    std::string why = "There is no key to open it with.";
    if (context_.secrets.unseal) value = context_.secrets.unseal(owner, sealed, why);
    if (!value) source.Fail("sealed", why);
  }
  while (value && (value->ends_with('\n') || value->ends_with('\r'))) value->pop_back();
  return value.value_or("");
}

void ConfigObject::List(const char* key, std::size_t count_max,
                        const std::function<void(const json& element, const std::string& path)>& read) {
  const json* member = Member(key);
  if (!member) return;
  if (!member->is_array()) return Fail(key, "This must be a list: [ … ].");
  if (member->size() > count_max) return Fail(key, "This may have " + std::to_string(count_max) + " entries.");
  for (std::size_t i = 0; i < member->size(); ++i) read((*member)[i], Path(key) + "/" + std::to_string(i));
}

}  // namespace widgent
