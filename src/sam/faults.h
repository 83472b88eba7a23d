// Faults on purpose, for the tests of a sandbox alone (`--crash-at`, `--slow-sign-ms`): the process ends
// at a named point of a session's life, or signing takes long. Safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace qss::sam {

enum class FaultPoint { none, open_not_durable, used_not_signed, signed_not_finished, finished_not_replied };

// "used_not_signed", or "used_not_signed:3" for the third time.
struct FaultPlan {
    FaultPoint crash_at = FaultPoint::none;
    std::uint64_t crash_at_count = 1;
    Milliseconds slow_sign{0};

    [[nodiscard]] bool is_empty() const { return crash_at == FaultPoint::none && slow_sign.count() == 0; }
};
Status parse_crash_at(std::string_view text, FaultPlan& plan);

class Faults {
public:
    Faults() = default;
    explicit Faults(const FaultPlan& plan) : m_plan(plan) {}
    void reach(FaultPoint point); // _exit(137), as SIGKILL would leave it
    void before_signing() const;

private:
    const FaultPlan m_plan;
    std::atomic<std::uint64_t> m_reached{0};
};

}
