#include "api/status.h"

namespace qss::api {

HttpStatus http_status(ErrorCode code)
{
    switch (code) {
    case ErrorCode::invalid_argument: return {422, "Unprocessable Content", true};
    case ErrorCode::malformed: return {400, "Bad Request", true};
    case ErrorCode::too_large: return {413, "Content Too Large", true};
    case ErrorCode::unauthenticated: return {401, "Unauthorized", true};
    case ErrorCode::forbidden: return {403, "Forbidden", true};
    case ErrorCode::not_found: return {404, "Not found", true};
    case ErrorCode::already_exists: return {409, "Conflict", true};
    case ErrorCode::conflict: return {409, "Conflict", true};
    case ErrorCode::gone: return {410, "Gone", true};
    // 408 would invite clients to repeat a call that costs an approval (RFC 9110 15.5.9).
    case ErrorCode::expired: return {504, "Approval timed out", false};
    case ErrorCode::rejected: return {403, "Rejected by the signer", false};
    case ErrorCode::locked: return {423, "Locked", true};
    case ErrorCode::verification_failed: return {422, "Verification failed", false};
    case ErrorCode::quota_reached: return {402, "Quota Reached", false};
    case ErrorCode::rate_limited: return {429, "Rate Limit Reached", true};
    case ErrorCode::unavailable:
    case ErrorCode::timed_out: return {503, "Service busy, please retry later", false};
    case ErrorCode::unsupported: return {422, "Not supported", true};
    case ErrorCode::io: return {503, "Service busy, please retry later", false};
    case ErrorCode::tampered:
    case ErrorCode::internal: return {500, "Internal error", false};
    }
    return {500, "Internal error", false};
}

}
