#include "tsa/clock_source.h"

#include <charconv>
#include <fstream>
#include <sstream>

#include <sys/timex.h>

namespace qss::tsa {

namespace {

constexpr Microseconds trusted_uncertainty{250'000};

Leap leap_of(int state)
{
    switch (state) {
    case TIME_OK: return Leap::none;
    case TIME_INS:
    case TIME_DEL: return Leap::announced;
    case TIME_WAIT: return Leap::none; // it has been; the flag is not taken back yet
    case TIME_OOP: return Leap::under_way;
    default: return Leap::none; // TIME_ERROR: not synchronised, whatever the reason
    }
}

Result<Microseconds> parse_microseconds(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size())
        return fail(ErrorCode::malformed, "clock state: not a number: " + std::string(text));
    return Microseconds(value);
}

Result<Leap> parse_leap(std::string_view text)
{
    for (const auto leap : {Leap::none, Leap::announced, Leap::under_way, Leap::alarm})
        if (name_of(leap) == text)
            return leap;
    return fail(ErrorCode::malformed, "clock state: no such leap: " + std::string(text));
}

}

std::string_view name_of(Leap leap)
{
    switch (leap) {
    case Leap::none: return "none";
    case Leap::announced: return "announced";
    case Leap::under_way: return "under_way";
    case Leap::alarm: break;
    }
    return "alarm";
}

Result<ClockState> KernelClockSource::read() const
{
    timex state{}; // modes 0: it only reads
    const int code = ::adjtimex(&state);
    if (code < 0)
        return fail(ErrorCode::io, "adjtimex failed");
    const Microseconds offset((state.status & STA_NANO) != 0 ? state.offset / 1000 : state.offset);
    const bool is_synchronised = code != TIME_ERROR && (state.status & (STA_UNSYNC | STA_CLOCKERR)) == 0;
    return ClockState{is_synchronised, offset, Microseconds(state.maxerror), leap_of(code)};
}

Result<ClockState> StatedClockSource::read() const
{
    if (!m_path)
        return ClockState{true, Microseconds(0), trusted_uncertainty, Leap::none};
    const std::ifstream file(*m_path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
        return fail(ErrorCode::io, "no clock state: " + *m_path);
    return parse(text.str());
}

Result<ClockState> StatedClockSource::parse(std::string_view text)
{
    ClockState state;
    std::istringstream lines{std::string(text)};
    std::string key, value;
    while (lines >> key >> value) {
        if (key == "synchronised" && (value == "yes" || value == "no")) {
            state.is_synchronised = value == "yes";
        } else if (key == "offset_us") {
            TRY_ASSIGN(offset, parse_microseconds(value));
            state.offset = offset;
        } else if (key == "uncertainty_us") {
            TRY_ASSIGN(uncertainty, parse_microseconds(value));
            state.uncertainty = uncertainty;
        } else if (key == "leap") {
            TRY_ASSIGN(leap, parse_leap(value));
            state.leap = leap;
        } else {
            return fail(ErrorCode::malformed, "clock state: " + key);
        }
    }
    return state;
}

}
