// What is known of the clock that the tokens tell (EN 319 421 7.7.2): whether anything keeps it, how far it
// may be off, and leap seconds. Safe from any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace qss::tsa {

using Microseconds = std::chrono::microseconds;

enum class Leap {
    none,
    announced,  // at the end of this UTC day
    under_way,  // 23:59:60: what the clock says is not unique
    alarm,      // the source itself does not know the time (RFC 5905: leap indicator 3)
};
std::string_view name_of(Leap leap);

struct ClockState {
    bool is_synchronised = false;
    Microseconds offset{0};      // what it is known to be off
    Microseconds uncertainty{0}; // and may be off besides
    Leap leap = Leap::none;

    [[nodiscard]] Microseconds error() const { return std::chrono::abs(offset) + uncertainty; }
};

class ClockSource {
public:
    virtual ~ClockSource() = default;
    virtual Result<ClockState> read() const = 0;
};

// The kernel's own state of the clock (adjtimex(2)), which chronyd (with `rtcsync`) and ntpd keep: the
// uncertainty grows by 500 ppm while nobody does. It needs neither socket nor privilege.
class KernelClockSource final : public ClockSource {
public:
    Result<ClockState> read() const override;
};

// For a sandbox alone: the state that a file states, "key value" a line, read each time; without a file, a
// clock that is trusted to 250 ms, whatever keeps it.
class StatedClockSource final : public ClockSource {
public:
    explicit StatedClockSource(std::optional<std::string> path) : m_path(std::move(path)) {}
    Result<ClockState> read() const override;
    static Result<ClockState> parse(std::string_view text);

private:
    std::optional<std::string> m_path;
};

}
