// Problem documents (RFC 9457) of every API but the QSS one:
// {"type":"about:blank","title","status","detail"?,"code","tries_left"?,"id"?}. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace qss::api {

http::Response problem_response(const Error& error, const std::string& request_id);

// Statuses that no ErrorCode stands for: 405, 415, and what the HTTP server itself refuses.
http::Response problem_response(int status, std::string_view title, const std::string& request_id);

// A guess that was wrong: 422 with a `code` of its own, and how many tries are left where that is known.
http::Response wrong_guess_response(std::string_view code, std::string_view detail,
                                    std::optional<std::int64_t> tries_left);

}
