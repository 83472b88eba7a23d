// Answers that others keep: validators, how long they hold, and 304 (RFC 9110 8.8, 13; RFC 9111 5.2.2). Pure.
#pragma once

#include <string>

#include "base/clock.h"
#include "http/message.h"

namespace qss::api::public_api {

struct Cached {
    std::string media_type;
    std::string tag; // hexadecimal; becomes a strong ETag
    TimePoint since; // Last-Modified
    TimePoint until; // Expires; in the past or now: must be asked again
};

// 200 with `body`, or 304 when the request says that it has it.
http::Response cached_response(const http::Request& request, const Cached& about, std::string body,
                               TimePoint now);

}
