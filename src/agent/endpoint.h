// What the models behind an endpoint have in common: how they ask, and what is told of an answer that is of no use.
#pragma once
#include <string>

#include "http/client.h"
#include "product/product.h"

namespace widgent {

// A request with the product's key, to `path` below the address of its agent and to no other host.
http::ClientRequest StartEndpointRequest(const Product& product, const std::string& path, std::string accept);

// For the owner's log: what went wrong, of the exchange or, in its own words, of the reply. Endpoints like to quote the
// key that they refuse; here it is left out.
std::string DescribeFailure(const http::ClientResult& result, const std::string& reply_error,
                            const std::string& api_key);

}  // namespace widgent
