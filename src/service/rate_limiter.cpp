#include "service/rate_limiter.h"

#include <algorithm>

namespace qss::service {

Status RateLimiter::take(const std::string& key, std::int64_t per_minute)
{
    constexpr std::chrono::nanoseconds minute = std::chrono::minutes(1);
    const std::chrono::sys_time<std::chrono::nanoseconds> now = m_clock.now();
    const auto interval = minute / std::max<std::int64_t>(per_minute, 1);
    const auto tolerance = minute - interval;
    const std::lock_guard lock(m_mutex);
    auto found = m_next.find(key);
    if (found == m_next.end()) {
        if (m_next.size() >= m_keys_limit)
            std::erase_if(m_next, [now](const auto& entry) { return entry.second <= now; });
        if (m_next.size() >= m_keys_limit)
            return fail(ErrorCode::rate_limited, "too many callers; try again later");
        found = m_next.emplace(key, now).first;
    }
    // More than a minute ahead is none of ours: the clock has gone back, and would lock for as long.
    found->second = std::min(found->second, now + minute);
    const auto expected = std::max(found->second, now);
    if (expected - now > tolerance)
        return fail(ErrorCode::rate_limited,
                    "again in " +
                        std::to_string(std::chrono::ceil<Milliseconds>(expected - now - tolerance).count()) +
                        " ms");
    found->second = expected + interval;
    return {};
}

}
