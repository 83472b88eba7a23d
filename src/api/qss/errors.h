// Errors of the QSS API in its contract's shape, {"description", "id"?, "errors"?} under
// application/problem+json: fixed descriptions, the caller's mistake in words for 422 and 409, an id for
// 500 and 503. Pure.
#pragma once

#include "base/result.h"
#include "http/message.h"

namespace qss::api::qss_api {

http::Response error_response(const Error& error, const std::string& request_id);
// Statuses that no ErrorCode stands for: 405, 415, 422 of a login.
http::Response error_response(int status, std::string_view description);

}
