#include "service/crash_points.h"

#include <algorithm>
#include <array>
#include <csignal>

#include <unistd.h>

namespace qss::service {

Result<CrashPoints> CrashPoints::at(std::string point)
{
    constexpr std::array<std::string_view, 5> known = {"", "opened_not_pending", "assertion_not_approved",
                                                       "approved_not_sent", "stored_not_answered"};
    if (std::find(known.begin(), known.end(), point) == known.end())
        return fail(ErrorCode::invalid_argument, "unknown crash point: " + point);
    CrashPoints points;
    points.m_point = std::move(point);
    return points;
}

void CrashPoints::reach(std::string_view point) const
{
    if (!m_point.empty() && m_point == point)
        (void)::kill(::getpid(), SIGKILL);
}

}
