// The one table from ErrorCode to HTTP status that the APIs share; their words differ: qss/errors.h has
// the QSS contract's, problem.h RFC 9457's. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace qss::api {

struct HttpStatus {
    int status;
    std::string_view title;
    // Whether the error's detail is for the caller: it says what to mend. Otherwise it is logged only.
    bool detail_for_caller;
};

HttpStatus http_status(ErrorCode code);

// Seconds after which to try again, for 429 and 503.
inline constexpr std::string_view retry_after_s = "5";

// How long a call may wait for something to come.
inline constexpr std::int64_t long_poll_seconds_max = 30;

}
