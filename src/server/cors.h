// Cross-origin rules per product (identity.md section 4, Fetch standard). Decided before any other work.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "product/product.h"
#include "protocol/problem.h"
#include "protocol/time.h"

namespace widgent {

// The one Origin header as received; nothing where there is none.
std::optional<std::string_view> FindOrigin(const http::Request& request);

// Nothing: this page may talk to the product.
std::optional<Problem> CheckOrigin(const Product& product, const http::Request& request);

// What an answer to an allowed origin carries: the exact origin, never credentials.
std::vector<http::Header> CorsHeaders(std::string_view origin);

// The answer to a preflight from an allowed origin. It needs no token and says nothing about the product.
http::Response PreflightResponse();

// GET …/diagnose: readable from any origin, so that the widget can say what a browser would hide: the origin seen, the
// entry that matched or the code and what to register, and the server's clock.
http::Response DiagnoseResponse(const Product& product, const http::Request& request, UnixMillis now);

}  // namespace widgent
