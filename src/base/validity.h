// How long a certificate is valid, read in one way everywhere: notAfter names the last second, and that
// second belongs to it, to its end (RFC 5280 4.1.2.5). Pure.
#pragma once

#include "base/clock.h"

namespace qss {

[[nodiscard]] inline bool has_ended(TimePoint not_after, TimePoint now)
{
    return now >= not_after + Milliseconds(1'000);
}

struct Validity {
    TimePoint not_before{}; // whole seconds, both
    TimePoint not_after{};

    [[nodiscard]] bool has_begun(TimePoint now) const { return now >= not_before; }
    [[nodiscard]] bool has_ended(TimePoint now) const { return qss::has_ended(not_after, now); }
    [[nodiscard]] bool covers(TimePoint now) const { return has_begun(now) && !has_ended(now); }
};

}
