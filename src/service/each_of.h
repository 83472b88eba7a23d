// Recovery's loop: one item that always fails must not keep those behind it waiting for ever.
#pragma once

#include "service/role_clients.h"

namespace qss::service {

// Or it has had enough for now: the rest waits as well.
[[nodiscard]] inline bool is_role_away(const Status& outcome)
{
    const auto code = outcome ? ErrorCode::internal : outcome.error().code;
    return code == ErrorCode::unavailable || code == ErrorCode::timed_out || code == ErrorCode::rate_limited;
}

// Does each; the first error, in the end. Stops where a role is away: each of the rest would wait for it.
template <class Items, class Do>
Status each_of(const Items& items, Do what)
{
    Status outcome;
    for (const auto& item : items) {
        auto done = what(item);
        if (is_role_away(done))
            return done;
        if (!done && outcome)
            outcome = std::move(done);
    }
    return outcome;
}

}
