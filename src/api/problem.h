// Problem documents (RFC 9457) of every API but the QSS one. Pure.
#pragma once

#include <optional>

#include "base/result.h"
#include "http/message.h"

namespace qss::api {

// `code` of the document: stable words for programs, such as "wrong_code"; the default is ErrorCode's.
struct Problem {
    Error error;
    std::string code;
    std::optional<int> status;              // instead of the table's
    std::optional<std::int64_t> tries_left; // of a code or an assertion that was wrong
};

http::Response problem_response(const Problem& problem, const std::string& request_id);
http::Response problem_response(const Error& error, const std::string& request_id);

}
