#include "service/rate_limiter.h"

#include <algorithm>

namespace qss::service {

Status RateLimiter::take(const std::string& key, std::int64_t per_minute)
{
    const auto now = m_clock.now();
    const Milliseconds interval(60'000 / std::max<std::int64_t>(per_minute, 1));
    const Milliseconds tolerance(60'000 - interval.count());
    const std::lock_guard lock(m_mutex);
    auto found = m_next.find(key);
    if (found == m_next.end()) {
        if (m_next.size() >= m_keys_limit)
            std::erase_if(m_next, [now](const auto& entry) { return entry.second <= now; });
        if (m_next.size() >= m_keys_limit)
            return fail(ErrorCode::rate_limited, "1000");
        found = m_next.emplace(key, now).first;
    }
    const auto expected = std::max(found->second, now);
    if (expected - now > tolerance)
        return fail(ErrorCode::rate_limited, std::to_string((expected - now - tolerance).count()));
    found->second = expected + interval;
    return {};
}

}
