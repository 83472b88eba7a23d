#include "base/crash_points.h"

#include <algorithm>
#include <charconv>
#include <csignal>

#include <unistd.h>

namespace qss {

Result<CrashPlan> CrashPlan::parse(std::string_view text, std::span<const std::string_view> known)
{
    const auto refused = [text] {
        return fail(ErrorCode::invalid_argument, "no crash point: " + std::string(text.substr(0, 64)));
    };
    const auto colon = text.find(':');
    CrashPlan plan{.point = std::string(text.substr(0, colon))};
    if (std::find(known.begin(), known.end(), plan.point) == known.end())
        return refused();
    if (colon == std::string_view::npos)
        return plan;
    const auto digits = text.substr(colon + 1);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), plan.count);
    if (code != std::errc() || end != digits.data() + digits.size() || plan.count == 0)
        return refused();
    return plan;
}

void CrashPoints::reach(std::string_view point)
{
    if (m_plan.is_empty() || m_plan.point != point || ++m_reached != m_plan.count)
        return;
    (void)::raise(SIGKILL); // by tgkill, which the roles' filters allow; kill they do not
    ::_exit(137);           // not reached: whatever happens, this thread goes no further
}

}
