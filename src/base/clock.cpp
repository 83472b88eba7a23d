#include "base/clock.h"

#include <cstdio>
#include <ctime>

namespace qss {

TimePoint SystemClock::now() const
{
    return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(TimePoint time)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto fraction_ms = static_cast<int>((time - seconds).count());
    const std::time_t unix_seconds = seconds.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&unix_seconds, &parts);
    char text[80];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, fraction_ms);
    return text;
}

}
