#include "ca/events.h"

#include "base/canonical.h"
#include "crypto/digest.h"

namespace qss::ca {

namespace {

struct Event {
    std::int64_t number = 0;
    std::int64_t at_ms = 0;
    std::string kind;
    Bytes subject;
};

Bytes hash_of(const Event& event, ByteView previous)
{
    CanonicalWriter writer("QSS-CA-EVENT-v1");
    writer.bytes(previous).u64(static_cast<std::uint64_t>(event.number));
    writer.u64(static_cast<std::uint64_t>(event.at_ms)).text(event.kind).bytes(event.subject);
    return crypto::sha256(writer.encoded());
}

Status check_chain(sqlite::Database& database)
{
    auto query = database.prepare("SELECT number, at_ms, kind, subject, hash FROM event ORDER BY number");
    EventsEnd end;
    for (;;) {
        TRY_ASSIGN(found, query.step());
        if (!found)
            return {};
        const Event event{query.integer(0), query.integer(1), query.text(2), query.blob(3)};
        if (event.number != end.number + 1)
            return fail(ErrorCode::tampered, "events are missing after " + std::to_string(end.number));
        end = {event.number, hash_of(event, end.hash)};
        if (!equal_public(end.hash, query.blob(4)))
            return fail(ErrorCode::tampered, "event " + std::to_string(event.number) + " was altered");
    }
}

Status check_revocations(sqlite::Database& database)
{
    auto query = database.prepare("SELECT (SELECT count(*) FROM certificate WHERE revoked_ms IS NOT NULL),"
                                  " (SELECT count(*) FROM event WHERE kind = 'revoked'),"
                                  " (SELECT count(*) FROM event e JOIN certificate c ON c.serial = e.subject"
                                  "   WHERE e.kind = 'revoked' AND c.revoked_ms = e.at_ms)");
    TRY(query.step());
    if (query.integer(0) != query.integer(1) || query.integer(1) != query.integer(2))
        return fail(ErrorCode::tampered, "revocations are not those of the events");
    return {};
}

// An authority that issues nothing any more does not issue again.
Status check_closed(sqlite::Database& database)
{
    auto query = database.prepare("SELECT (SELECT count(*) FROM authority WHERE closed_ms IS NOT NULL),"
                                  " (SELECT count(*) FROM event WHERE kind = 'closed'),"
                                  " (SELECT count(*) FROM event e JOIN authority a"
                                  "   ON CAST(a.name AS BLOB) = e.subject"
                                  "   WHERE e.kind = 'closed' AND a.closed_ms = e.at_ms)");
    TRY(query.step());
    if (query.integer(0) != query.integer(1) || query.integer(1) != query.integer(2))
        return fail(ErrorCode::tampered, "closed authorities are not those of the events");
    return {};
}

}

Result<EventsEnd> last_event(sqlite::Database& database)
{
    auto last = database.prepare("SELECT number, hash FROM event ORDER BY number DESC LIMIT 1");
    TRY_ASSIGN(found, last.step());
    return found ? EventsEnd{last.integer(0), last.blob(1)} : EventsEnd{};
}

Status append_event(sqlite::Database& database, std::string_view kind, ByteView subject, TimePoint now)
{
    TRY_ASSIGN(end, last_event(database));
    const Event event{end.number + 1, to_unix_ms(now), std::string(kind), to_bytes(subject)};
    TRY(database.prepare("INSERT INTO event VALUES(?, ?, ?, ?, ?)")
            .bind(event.number)
            .bind(event.at_ms)
            .bind(event.kind)
            .bind(event.subject)
            .bind(hash_of(event, end.hash))
            .run());
    return {};
}

Status check_events(sqlite::Database& database)
{
    TRY(check_chain(database));
    TRY(check_revocations(database));
    return check_closed(database);
}

}
