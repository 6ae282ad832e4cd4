#include "http/request_head.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <cstring>

namespace widgent::http {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t kHeadersMax = 100, kHeadersUsual = 24;  // of a browser's request to another origin

constexpr std::array<std::string_view, 20> kUniqueHeaders = {"access-control-request-headers",
                                                             "access-control-request-method",
                                                             "authorization",
                                                             "content-encoding",
                                                             "content-length",
                                                             "content-type",
                                                             "expect",
                                                             "host",
                                                             "idempotency-key",
                                                             "if-modified-since",
                                                             "if-none-match",
                                                             "last-event-id",
                                                             "origin",
                                                             "range",
                                                             "referer",
                                                             "sec-fetch-dest",
                                                             "sec-fetch-mode",
                                                             "sec-fetch-site",
                                                             "traceparent",
                                                             "user-agent"};

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::strchr(".-_:[]~%", c) != nullptr);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

// Beast calls it for each part; what it refuses it names in `code`.
class Sink final : public beast::basic_parser<true> {
 public:
  Sink(RequestHead& head, std::size_t body_bytes_max, const std::vector<std::string>& unique_header_prefixes)
      : head_(head), body_bytes_max_(body_bytes_max), unique_header_prefixes_(unique_header_prefixes) {
    header_limit(1 << 30);  // the connection has bounded the bytes
    body_limit(boost::none);
    head_.request.headers.reserve(kHeadersUsual);
  }

  std::string_view code;

 private:
  using ErrorCode = boost::beast::error_code;
  using StringView = boost::beast::string_view;

  void Refuse(std::string_view refusal, ErrorCode& error) {
    code = refusal;
    error = beast::error::bad_field;
  }

  void on_request_impl(beast::verb, StringView method, StringView target, int version, ErrorCode& error) override {
    if (version != 11) return Refuse("http_version_unsupported", error);
    const auto is_upper = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7f && c != '#'; };
    if (method.size() > 32 || !std::all_of(method.begin(), method.end(), is_upper) || target.front() != '/' ||
        !std::all_of(target.begin(), target.end(), is_visible)) {
      return Refuse("invalid_input", error);
    }
    Request& request = head_.request;
    head_.is_head = method == "HEAD";
    request.method = head_.is_head ? "GET" : std::string(method);
    const std::size_t question = std::min(target.find('?'), target.size());
    request.path.assign(target.data(), question);
    if (question < target.size()) request.query.assign(target.data() + question + 1, target.size() - question - 1);
  }

  void on_field_impl(beast::field field, StringView name, StringView value, ErrorCode& error) override {
    std::vector<Header>& headers = head_.request.headers;
    if (headers.size() == kHeadersMax) return Refuse("header_too_large", error);
    std::string lower(name);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (MustBeUnique(lower) && head_.request.Find(lower)) return Refuse("invalid_input", error);
    if (field == beast::field::transfer_encoding) return Refuse("length_required", error);
    if (field == beast::field::content_length && !ReadLength(value)) return Refuse("invalid_input", error);
    if (field == beast::field::expect) {
      if (!EqualsIgnoringCase({value.data(), value.size()}, "100-continue")) {
        return Refuse("expectation_failed", error);
      }
      head_.expects_continue = true;
    }
    if (field == beast::field::host && (value.empty() || !std::all_of(value.begin(), value.end(), IsHostCharacter))) {
      return Refuse("invalid_input", error);
    }
    headers.push_back({std::move(lower), std::string(value)});
  }

  void on_header_impl(ErrorCode& error) override {
    if (!head_.request.Find("host")) return Refuse("invalid_input", error);
    if (head_.content_length > body_bytes_max_) return Refuse("message_too_large", error);
    head_.keep_alive = keep_alive();
  }

  bool MustBeUnique(std::string_view name) const {
    return std::binary_search(kUniqueHeaders.begin(), kUniqueHeaders.end(), name) ||
           std::any_of(unique_header_prefixes_.begin(), unique_header_prefixes_.end(),
                       [&](const std::string& prefix) { return name.starts_with(prefix); });
  }

  bool ReadLength(StringView value) {
    if (value.empty() || value.size() > 18) return false;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), head_.content_length);
    return error == std::errc{} && end == value.data() + value.size();
  }

  // The body is counted by the connection, and a response is not ours to read.
  void on_response_impl(int, StringView, int, ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(StringView, ErrorCode&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, StringView, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, StringView, ErrorCode&) override { return 0; }
  void on_finish_impl(ErrorCode&) override {}

  RequestHead& head_;
  std::size_t body_bytes_max_;
  const std::vector<std::string>& unique_header_prefixes_;
};
static_assert(std::is_sorted(kUniqueHeaders.begin(), kUniqueHeaders.end()));

}  // namespace

HeadScanner::Result HeadScanner::Scan(std::string_view received) {
  // Something else than HTTP, TLS for instance, need not be waited for.
  if (!received.empty() && (received[0] < 'A' || received[0] > 'Z')) return Result::kMalformed;
  // One step per line: `scanned_` is where the current line begins.
  while (true) {
    const std::size_t feed = received.find('\n', scanned_);
    if (feed == std::string_view::npos) return Result::kMore;
    if (feed == 0 || received[feed - 1] != '\r') return Result::kMalformed;
    const bool is_empty = feed == scanned_ + 1;
    if (received[scanned_] == ' ' || received[scanned_] == '\t') return Result::kMalformed;
    scanned_ = feed + 1;
    if (is_empty) return Result::kComplete;
  }
}

std::variant<RequestHead, Refusal> ParseRequestHead(std::string_view head, std::size_t body_bytes_max,
                                                    const std::vector<std::string>& unique_header_prefixes) {
  RequestHead result;
  Sink sink(result, body_bytes_max, unique_header_prefixes);
  boost::beast::error_code error;
  sink.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (!error && sink.is_header_done()) return result;
  std::string_view code = sink.code;
  if (code.empty()) {
    code = error == beast::error::bad_transfer_encoding ? "length_required"
           : error == beast::error::bad_version         ? "http_version_unsupported"
                                                        : "invalid_input";
  }
  return Refusal{code, std::move(result.request)};
}

}  // namespace widgent::http
