// The time. Only base/clock.cpp reads the system clock; everyone else is given a Clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace qss {

// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Milliseconds = std::chrono::milliseconds;

inline std::int64_t to_unix_ms(TimePoint time)
{
    return time.time_since_epoch().count();
}

inline TimePoint from_unix_ms(std::int64_t unix_ms)
{
    return TimePoint(Milliseconds(unix_ms));
}

// RFC 3339 in UTC with milliseconds: 2026-11-24T08:00:00.000Z
std::string to_rfc3339(TimePoint time);

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override;
};

// For tests. Safe from any thread.
class FakeClock final : public Clock {
public:
    explicit FakeClock(TimePoint start) : m_now_ms(to_unix_ms(start)) {}
    [[nodiscard]] TimePoint now() const override { return from_unix_ms(m_now_ms.load()); }
    void advance(Milliseconds by) { m_now_ms += by.count(); }
    void set(TimePoint time) { m_now_ms = to_unix_ms(time); }

private:
    std::atomic<std::int64_t> m_now_ms;
};

}
