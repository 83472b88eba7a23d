// Signing sessions. Each transition is one conditional update that says whether it was the one to make
// it. A view of one connection: make it inside Store::read or Store::write.
#pragma once

#include <optional>
#include <vector>

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

class Sessions {
public:
    explicit Sessions(sqlite::Database& database) : m_database(database) {}

    // already_exists: the same request has a session already (see `same_request`).
    Status add(const Session& session);
    Result<std::optional<Session>> by_id(const SessionId& id);
    Result<std::optional<Session>> of_pack(const PackId& pack, const SessionId& id);
    Result<std::optional<Session>> of_user(const UserId& user, const SessionId& id);
    Result<std::vector<Session>> pending_of(const UserId& user); // oldest first
    Result<std::vector<Session>> history_of(const UserId& user, std::size_t limit); // newest first
    Result<std::vector<Session>> pending(); // all of them: at start
    Result<std::vector<SessionId>> approved();

    // The session that a repeated request gets: the one of the idempotency key; without a key, the live
    // one of the same request, or one that ended after `ended_after` without its answer delivered.
    Result<std::optional<Session>> same_request(const Session& draft, TimePoint ended_after);

    // pending -> approved, with the assertion. False: it was not pending any more.
    Result<bool> approve(const SessionId& id, const StoredAssertion& assertion);
    // approved -> signed, with the result.
    Result<bool> finish(const SessionId& id, const SessionResult& result, TimePoint now);
    // approved -> failed.
    Result<bool> fail_for_good(const SessionId& id, const Error& refusal, TimePoint now);
    // pending -> rejected, expired or cancelled.
    Result<bool> end_pending(const SessionId& id, SessionStatus status, const Error& why, TimePoint now);
    Status mark_answered(const SessionId& id);

    Result<std::optional<SessionResult>> result(const SessionId& id);
    Result<std::optional<Bytes>> evidence(const SessionId& id);

private:
    sqlite::Database& m_database;
};

}
