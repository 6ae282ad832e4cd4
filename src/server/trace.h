// W3C Trace Context (traceparent): what a request causes is a child of what its sender does.
#pragma once
#include <string>
#include <string_view>

#include "http/message.h"

namespace widgent {

// The trace id that the request names: 32 hexadecimal digits; empty where it names none, or none that holds.
std::string_view FindTraceId(const http::Request& request);

// For the requests that this one causes. Without a trace of its own it begins one, which `request_id` decides.
std::string ChildTrace(const http::Request& request, std::string_view request_id);

}  // namespace widgent
