// The time of a token, or why there is none (EN 319 421 TIS-7.7.2-03, TIS-7.7.2-05): read while the clock
// is known to be within the accuracy that tokens state, never before an earlier token's. Tells of each change
// between trusted and doubtful. Safe from any thread.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "tsa/clock_source.h"

namespace qss::tsa {

struct TokenTime {
    TimePoint time;
    ClockState clock; // as it was then
};

class TrustedClock {
public:
    // In one word what happened, the state (when it could be read), and why it is doubtful (empty: it is
    // not).
    struct Change {
        std::string kind; // "clock_trusted", "clock_doubtful", "leap_announced", ...
        std::optional<ClockState> state;
        std::string reason;
    };
    using OnChange = std::function<void(const Change&)>;

    // `last`: of the newest token. References outlive this. `on_change` runs under the lock: short.
    TrustedClock(const Clock& clock, const ClockSource& source, Microseconds accuracy, TimePoint last,
                 OnChange on_change);

    // `unavailable`, with the reason.
    Result<TokenTime> now();
    // The same without a token: so that a change is told when nobody asks for one.
    void watch();

private:
    struct Reading {
        TimePoint time;
        Result<ClockState> state;
        std::string doubt; // empty: none
    };
    Reading read() const;
    void tell(const Reading& reading);

    const Clock& m_clock;
    const ClockSource& m_source;
    const Microseconds m_accuracy;
    const OnChange m_on_change;
    std::mutex m_mutex; // guards the rest: time goes forward in the order in which tokens are given it
    TimePoint m_last;
    std::optional<bool> m_was_trusted; // nullopt: nothing told yet
    Leap m_leap = Leap::none;
};

}
