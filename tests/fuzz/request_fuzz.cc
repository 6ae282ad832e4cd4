// What a connection receives: the same requests and the same refusal in whatever pieces it arrives.
#include <algorithm>

#include "fuzz/fuzz.h"
#include "http/request_reader.h"

using namespace widgent::http;
using namespace widgent::test;

namespace {

const std::vector<std::string> kPrefixes{"widgent-"};
const RequestReader::Limits kLimits{2048, 256, kPrefixes};

using Pieces = std::vector<std::string_view>;

void CheckRequest(const RequestHead& head) {
  const Request& request = head.request;
  Demand(request.path.starts_with('/'), "a path begins with a slash");
  Demand(request.body.size() == head.content_length && head.content_length <= kLimits.body_bytes_max,
         "a body is as long as it says, and no longer than allowed");
  Demand(!request.Find("transfer-encoding"), "no request has a second idea of its length");
  int hosts = 0;
  for (const Header& header : request.headers) {
    hosts += header.name == "host";
    Demand(std::none_of(header.name.begin(), header.name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
           "names are in lower case");
    Demand(header.value.find_first_of(std::string("\r\n\0", 3)) == std::string::npos, "a value is one line");
  }
  Demand(hosts == 1, "a request has one host");
}

// All that is understood, as text.
std::string Understand(const Pieces& pieces) {
  RequestReader reader;
  std::string told;
  for (const std::string_view piece : pieces) {
    reader.Append(piece);
    while (true) {
      Refusal refusal;
      const auto found = reader.Next(kLimits, refusal);
      if (found == RequestReader::Found::kNothing) break;
      if (found == RequestReader::Found::kRefusal) return told + "refused: " + std::string(refusal.code);
      if (found != RequestReader::Found::kRequest) continue;
      const RequestHead head = reader.Take();
      CheckRequest(head);
      told += head.request.method + ' ' + head.request.path + '?' + head.request.query + '\n';
      for (const Header& header : head.request.headers) told += header.name + ": " + header.value + '\n';
      told += head.request.body + '\n';
    }
  }
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view received(reinterpret_cast<const char*>(data), size);
  const std::string whole = Understand({received});
  SplitEverywhere(received, [&](const Pieces& pieces) {
    Demand(Understand(pieces) == whole, "requests do not depend on the pieces");
  });
  return 0;
}
