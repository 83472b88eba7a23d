#include "sam/faults.h"

#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

#include <unistd.h>

namespace qss::sam {

namespace {

constexpr std::array<std::pair<std::string_view, FaultPoint>, 4> names{{
    {"open_not_durable", FaultPoint::open_not_durable},
    {"used_not_signed", FaultPoint::used_not_signed},
    {"signed_not_finished", FaultPoint::signed_not_finished},
    {"finished_not_replied", FaultPoint::finished_not_replied},
}};

}

Status parse_crash_at(std::string_view text, FaultPlan& plan)
{
    const auto colon = text.find(':');
    for (const auto& [name, point] : names)
        if (name == text.substr(0, colon))
            plan.crash_at = point;
    if (colon != std::string_view::npos) {
        const auto digits = text.substr(colon + 1);
        const auto* end = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), end, plan.crash_at_count);
        if (parsed.ec != std::errc() || parsed.ptr != end || plan.crash_at_count == 0)
            plan.crash_at = FaultPoint::none;
    }
    if (plan.crash_at == FaultPoint::none)
        return fail(ErrorCode::invalid_argument, "--crash-at " + std::string(text.substr(0, 64)));
    return {};
}

void Faults::reach(FaultPoint point)
{
    if (m_plan.crash_at == point && ++m_reached == m_plan.crash_at_count)
        ::_exit(137);
}

void Faults::before_signing() const
{
    if (m_plan.slow_sign.count() == 0)
        return;
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, m_plan.slow_sign, [] { return false; });
}

}
