#include "tsa/trusted_clock.h"

namespace qss::tsa {

namespace {

// Around a leap second the kernel's clock is repeated or left out, and not all at one moment.
constexpr std::chrono::seconds leap_guard{2};

bool is_near_midnight(TimePoint time)
{
    const auto midnight = std::chrono::round<std::chrono::days>(time);
    return std::chrono::abs(time - midnight) <= leap_guard;
}

std::string in_us(Microseconds value)
{
    return std::to_string(value.count()) + " us";
}

std::string doubt_of(const ClockState& state, Microseconds accuracy, TimePoint time)
{
    if (state.leap == Leap::alarm)
        return "the clock's source does not know the time";
    if (!state.is_synchronised)
        return "the clock is not synchronised";
    if (state.uncertainty < Microseconds(0) || state.error() > accuracy)
        return "the clock may be off by " + in_us(state.error()) + ", the accuracy is " + in_us(accuracy);
    if (state.leap == Leap::under_way || (state.leap == Leap::announced && is_near_midnight(time)))
        return "a leap second";
    return "";
}

}

TrustedClock::TrustedClock(const Clock& clock, const ClockSource& source, Microseconds accuracy,
                           TimePoint last, OnChange on_change)
    : m_clock(clock), m_source(source), m_accuracy(accuracy), m_on_change(std::move(on_change)), m_last(last)
{
}

TrustedClock::Reading TrustedClock::read() const
{
    Reading reading{m_clock.now(), m_source.read(), ""};
    if (!reading.state)
        reading.doubt = reading.state.error().detail;
    else if (reading.time < m_last)
        reading.doubt = "the clock went back: the last token is of " + to_rfc3339(m_last);
    else
        reading.doubt = doubt_of(*reading.state, m_accuracy, reading.time);
    return reading;
}

void TrustedClock::tell(const Reading& reading)
{
    const auto state = reading.state ? std::optional(*reading.state) : std::nullopt;
    const bool trusted = reading.doubt.empty();
    if (m_was_trusted != trusted)
        m_on_change({trusted ? "clock_trusted" : "clock_doubtful", state, reading.doubt});
    m_was_trusted = trusted;
    if (state && state->leap != m_leap) {
        m_leap = state->leap;
        m_on_change({"leap_" + std::string(name_of(m_leap)), state, reading.doubt});
    }
}

Result<TokenTime> TrustedClock::now()
{
    const std::lock_guard lock(m_mutex);
    const auto reading = read();
    tell(reading);
    if (!reading.doubt.empty())
        return fail(ErrorCode::unavailable, reading.doubt);
    m_last = reading.time;
    return TokenTime{reading.time, *reading.state};
}

void TrustedClock::watch()
{
    const std::lock_guard lock(m_mutex);
    tell(read());
}

}
