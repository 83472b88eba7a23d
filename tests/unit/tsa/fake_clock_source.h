// A clock source that says what the test wants.
#pragma once

#include <mutex>

#include "tsa/clock_source.h"

namespace qss::tsa::testing {

class FakeClockSource final : public ClockSource {
public:
    Result<ClockState> read() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_state;
    }
    void set(Result<ClockState> state)
    {
        const std::lock_guard lock(m_mutex);
        m_state = std::move(state);
    }

private:
    mutable std::mutex m_mutex;
    Result<ClockState> m_state = ClockState{true, Microseconds(0), Microseconds(1000), Leap::none};
};

}
