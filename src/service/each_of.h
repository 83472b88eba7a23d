// Recovery's loop: one item that always fails must not keep those behind it waiting for ever.
#pragma once

#include "service/role_clients.h"

namespace qss::service {

[[nodiscard]] inline bool is_role_away(const Status& outcome)
{
    return !outcome &&
           (outcome.error().code == ErrorCode::unavailable || outcome.error().code == ErrorCode::timed_out);
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
