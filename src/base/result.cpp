#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace qss {

std::string_view to_string(ErrorCode code)
{
    switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::malformed: return "malformed";
    case ErrorCode::too_large: return "too_large";
    case ErrorCode::unauthenticated: return "unauthenticated";
    case ErrorCode::forbidden: return "forbidden";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::already_exists: return "already_exists";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::gone: return "gone";
    case ErrorCode::expired: return "expired";
    case ErrorCode::rejected: return "rejected";
    case ErrorCode::locked: return "locked";
    case ErrorCode::verification_failed: return "verification_failed";
    case ErrorCode::quota_reached: return "quota_reached";
    case ErrorCode::rate_limited: return "rate_limited";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::timed_out: return "timed_out";
    case ErrorCode::tampered: return "tampered";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::io: return "io";
    case ErrorCode::internal: return "internal";
    }
    return "internal";
}

void assertion_failed(const char* expression, const char* file, int line)
{
    std::fprintf(stderr, "assertion failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}
