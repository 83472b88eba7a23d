// Faults on purpose, for the tests of a sandbox alone (`--crash-at`, `--slow-sign-ms`): the process ends
// at a named point of a session's life, or signing takes long. Safe from any thread.
#pragma once

#include <array>
#include <string_view>

#include "base/clock.h"
#include "base/crash_points.h"

namespace qss::sam {

inline constexpr std::array<std::string_view, 7> crash_points = {
    "open_not_durable",     "used_not_signed",    "signed_not_finished",  "finished_not_replied",
    "attested_not_replied", "linked_not_replied", "destroyed_not_replied"};

struct FaultPlan {
    CrashPlan crash; // at one of crash_points
    Milliseconds slow_sign{0};

    [[nodiscard]] bool is_empty() const { return crash.is_empty() && slow_sign.count() == 0; }
};

class Faults {
public:
    explicit Faults(const FaultPlan& plan) : m_crash(plan.crash), m_slow_sign(plan.slow_sign) {}
    void reach(std::string_view point) { m_crash.reach(point); }
    void before_signing() const;

private:
    CrashPoints m_crash;
    const Milliseconds m_slow_sign;
};

}
