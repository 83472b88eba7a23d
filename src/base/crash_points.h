// Where a test may have a process end as kill -9 would end it, to show that nothing is lost or done twice:
// `--crash-at POINT[:N]`, at the N-th reach of that point since the process started. For sandboxes alone,
// which the process itself sees to. Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace qss {

struct CrashPlan {
    std::string point; // "": never
    std::uint64_t count = 1;

    // `known`: the points that this process has. invalid_argument: none of them, or N is not a number from 1
    // on.
    static Result<CrashPlan> parse(std::string_view text, std::span<const std::string_view> known);
    [[nodiscard]] bool is_empty() const { return point.empty(); }
};

class CrashPoints {
public:
    CrashPoints() = default;
    explicit CrashPoints(CrashPlan plan) : m_plan(std::move(plan)) {}

    void reach(std::string_view point);

private:
    const CrashPlan m_plan;
    std::atomic<std::uint64_t> m_reached{0};
};

}
