// GCRA, the leaky bucket as one time for each key (ITU-T I.371). In memory, bounded; a restart forgets.
// Safe from any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"

namespace qss::service {

class RateLimiter {
public:
    RateLimiter(const Clock& clock, std::size_t keys_limit) : m_clock(clock), m_keys_limit(keys_limit) {}

    // One event for `key`, at most `per_minute`, a minute's worth at once. `rate_limited` says when again.
    Status take(const std::string& key, std::int64_t per_minute);

private:
    const Clock& m_clock;
    const std::size_t m_keys_limit;
    std::mutex m_mutex; // guards m_next
    // Theoretical arrival times, finer than the clock: more than 60,000 a minute come at parts of
    // milliseconds.
    std::unordered_map<std::string, std::chrono::sys_time<std::chrono::nanoseconds>> m_next;
};

}
