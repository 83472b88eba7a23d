// The CA's numbered and chained events (AUD-2): appended with what they tell, held against the rest of the
// record when it is opened. The chain has no key: it shows an alteration by whoever does not make it anew.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "sqlite/database.h"

namespace qss::ca {

Status append_event(sqlite::Database& database, std::string_view kind, ByteView subject, TimePoint now);

struct EventsEnd { // of the chain
    std::int64_t number = 0;
    Bytes hash = Bytes(32);
};
Result<EventsEnd> last_event(sqlite::Database& database);

// tampered: a gap, an event that does not follow from the one before it, or a revocation that events and
// certificates do not tell alike, or the closing of an authority.
Status check_events(sqlite::Database& database);

}
