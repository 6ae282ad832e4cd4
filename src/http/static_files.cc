#include "http/static_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace widgent::http {
namespace {

constexpr std::size_t kHashCharactersMin = 8;

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kContentTypes = {{
    {".css", "text/css; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/x-icon"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".md", "text/markdown; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".xml", "application/xml"},
}};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) throw std::runtime_error("The file " + path.string() + " cannot be read.");
  return body;
}

// FNV-1a tells one build's file from the next one's; it protects from nothing.
std::string MakeEtag(std::string_view body) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : body) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string etag = "\"";
  for (int shift = 60; shift >= 0; shift -= 4) etag += "0123456789abcdef"[(hash >> shift) & 0xf];
  return etag + '-' + std::to_string(body.size()) + '"';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The next item of a list with commas, which it takes off.
std::string_view TakeItem(std::string_view& list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view item = Trim(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return item;
}

// "br" with any quality but zero.
bool AcceptsBrotli(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    std::string_view item = TakeItem(accept_encoding);
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    if (Trim(item.substr(0, semicolon)) != "br") continue;
    const std::string_view quality = Trim(item.substr(std::min(semicolon + 1, item.size())));
    return quality.find_first_not_of("q=0. ") != std::string_view::npos || quality.empty();
  }
  return false;
}

bool Matches(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view item = TakeItem(if_none_match);
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == etag || item == "*") return true;
  }
  return false;
}

}  // namespace

std::string_view ContentTypeOf(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot != std::string_view::npos) {
    for (const auto& [ending, type] : kContentTypes) {
      if (path.substr(dot) == ending) return type;
    }
  }
  return "application/octet-stream";
}

bool HasContentHash(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  const std::size_t dot = path.find('.', std::min(path.rfind('-'), path.size()));
  const std::size_t dash = path.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || dot == std::string_view::npos) return false;
  const std::string_view hash = path.substr(dash + 1, dot - dash - 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_base36 = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  const auto is_hex = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  // Without a digit it may be a word, unless it is one that only a hash could be.
  return hash.size() >= kHashCharactersMin && std::all_of(hash.begin(), hash.end(), is_base36) &&
         (std::any_of(hash.begin(), hash.end(), is_digit) || std::all_of(hash.begin(), hash.end(), is_hex));
}

StaticFiles::StaticFiles(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  if (error) throw std::runtime_error("The folder " + folder + " cannot be read: " + error.message() + ".");
  std::unordered_map<std::string, std::string> twins;
  for (const fs::directory_entry& entry : entries) {
    if (!entry.is_regular_file()) continue;
    const std::string path = "/" + fs::path(entry.path()).lexically_relative(folder).generic_string();
    std::string body = ReadFile(entry.path());
    if (path.ends_with(".br")) {
      twins.emplace(path.substr(0, path.size() - 3), std::move(body));
      continue;
    }
    File& file = files_[path];
    file.etag = MakeEtag(body);
    file.body = std::move(body);
    file.content_type = ContentTypeOf(path);
    file.is_immutable = HasContentHash(path);
  }
  for (auto& [path, brotli] : twins) {
    if (const auto found = files_.find(path); found != files_.end()) found->second.brotli = std::move(brotli);
  }
}

std::optional<Response> StaticFiles::Find(std::string_view path, const Request& request) const {
  const auto found = files_.find(std::string(path) + (path.ends_with('/') ? "index.html" : ""));
  if (found == files_.end()) return std::nullopt;
  const File& file = found->second;
  const bool is_brotli = !file.brotli.empty() && AcceptsBrotli(request.Find("accept-encoding").value_or(""));
  // Each encoding has a tag of its own, since a tag names bytes.
  std::string etag = file.etag;
  if (is_brotli) etag.insert(etag.size() - 1, "-br");
  Response response;
  response.headers = {
      {"Cache-Control", file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache"},
      {"ETag", etag},
      {"Access-Control-Allow-Origin", "*"},
      {"Cross-Origin-Resource-Policy", "cross-origin"},
      {"Timing-Allow-Origin", "*"},
      {"X-Content-Type-Options", "nosniff"},
  };
  if (!file.brotli.empty()) response.headers.push_back({"Vary", "Accept-Encoding"});
  if (Matches(request.Find("if-none-match").value_or(""), etag)) {
    response.status = 304;
    return response;
  }
  response.headers.push_back({"Content-Type", std::string(file.content_type)});
  if (is_brotli) response.headers.push_back({"Content-Encoding", "br"});
  response.body = is_brotli ? file.brotli : file.body;
  return response;
}

}  // namespace widgent::http
