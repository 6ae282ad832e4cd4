// One fetch by libcurl: what may be asked for, the options of its handle, and libcurl's callbacks.
#pragma once
#include <curl/curl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/client.h"

namespace widgent::http {

struct CurlEasyCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CurlListCleanup {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Stays where it is until it ends: libcurl's callbacks get its address.
struct CurlExchange {
  FetchId id = 0;
  ClientRequest request;
  std::function<void(ClientResult)> done;
  std::function<void(std::string)> deliver;  // hands a piece of a streamed body to the loop; empty: gather it
  ClientResult result;
  std::string host;
  std::unique_ptr<curl_slist, CurlListCleanup> headers;
  std::unique_ptr<CURL, CurlEasyCleanup> handle;
  std::size_t header_bytes = 0, body_bytes = 0;
  bool is_sent = false;
  bool is_refused = false;
  bool is_too_large = false;
};

// Why the request must not be sent, as a sentence; nothing where it may. Sets `host` where that could be read.
struct CurlRefusal {
  ClientResult::Error error;
  std::string reason;
};
std::optional<CurlRefusal> FindRefusal(const ClientRequest& request, std::string& host);

// Makes the handle of `exchange.request`, ready to be added.
void Prepare(CurlExchange& exchange);

// What became of it, where libcurl ended with `code`.
ClientResult::Error ErrorOf(const CurlExchange& exchange, CURLcode code);

}  // namespace widgent::http
