// Expected failures: one error type for the whole house. `Error::code` decides what a caller or an
// edge does; `Error::detail` is for the log and for people, and never holds a secret.
// Exceptions come only from the standard library and third parties; wrappers turn them into errors.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace qss {

enum class ErrorCode {
    invalid_argument,   // the input breaks the rules of its type; the caller can mend it
    malformed,          // the bytes are not what they must be; nothing of them was used
    too_large,          // over a limit of base/limits.h
    unauthenticated,    // who is it?
    forbidden,          // known, and not allowed
    not_found,
    already_exists,
    conflict,           // the state does not permit it (now)
    gone,               // it existed and has ended: destroyed, revoked
    expired,
    rejected,           // the signer said no
    locked,             // too many failures
    verification_failed,// a signature, MAC or binding does not hold
    quota_reached,
    rate_limited,
    unavailable,        // try again later: queue full, role away, pool empty
    timed_out,
    tampered,           // a sealed record was altered: alarm
    unsupported,
    io,                 // the operating system or the database said no
    internal,           // our mistake
};

std::string_view to_string(ErrorCode code);

struct [[nodiscard]] Error {
    ErrorCode code = ErrorCode::internal;
    std::string detail;
};

template <class T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string detail)
{
    return tl::unexpected<Error>(Error{code, std::move(detail)});
}

inline tl::unexpected<Error> fail(Error error)
{
    return tl::unexpected<Error>(std::move(error));
}

// Ends the process: for a programmer's error only. Stays on in release builds.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}

#define QSS_ASSERT(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            ::qss::assertion_failed(#condition, __FILE__, __LINE__);                                         \
    } while (false)

#define QSS_CONCAT_INNER(a, b) a##b
#define QSS_CONCAT(a, b) QSS_CONCAT_INNER(a, b)

// TRY(expression): returns the error, drops the value. TRY_ASSIGN(name, expression): declares `name`.
#define TRY(expression)                                                                                      \
    do {                                                                                                     \
        auto&& qss_try_result = (expression);                                                                \
        if (!qss_try_result)                                                                                 \
            return ::qss::fail(std::move(qss_try_result).error());                                           \
    } while (false)

#define TRY_ASSIGN(name, expression)                                                                         \
    auto QSS_CONCAT(qss_try_, __LINE__) = (expression);                                                      \
    if (!QSS_CONCAT(qss_try_, __LINE__))                                                                     \
        return ::qss::fail(std::move(QSS_CONCAT(qss_try_, __LINE__)).error());                               \
    auto name = std::move(*QSS_CONCAT(qss_try_, __LINE__))
