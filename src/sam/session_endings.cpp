#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "sam/checkpoint.h"
#include "sam/lookups.h"
#include "sam/session_results.h"
#include "sam/sessions.h"

namespace qss::sam {

namespace {

constexpr std::int64_t batch = 100;
constexpr std::int64_t checkpoint_interval_ms = 1'000;
const Error interrupted{ErrorCode::conflict,
                        "interrupted between use and result; it is never signed: ask anew"};
constexpr auto whenever = TimePoint(Milliseconds(std::numeric_limits<std::int64_t>::max()));

Status end_open_session(Transaction& transaction, SessionRecord session, SessionRecord::State state)
{
    session.state = state;
    transaction.event(state == SessionRecord::cancelled ? "session-cancelled" : "session-expired",
                      session.input.session_id.bytes());
    auto row = session.to_row();
    return transaction.archive(std::move(row));
}

Status acknowledge_one(Transaction& transaction, const SessionId& id)
{
    TRY_ASSIGN(row, transaction.find(Kind::session, id.bytes()));
    if (row) {
        if (row->state != SessionRecord::finished)
            return fail(ErrorCode::conflict, "session " + id.text() + " is not finished");
        transaction.event("session-acknowledged", id.bytes());
        return transaction.archive(std::move(*row));
    }
    TRY_ASSIGN(archived, transaction.find_archived(id.bytes()));
    if (!archived)
        return fail(ErrorCode::not_found, "session " + id.text());
    return {};
}

}

Result<proto::sam::CancelSessionReply> Sessions::cancel(const proto::sam::CancelSessionRequest& request)
{
    TRY_ASSIGN(id, id_from<SessionId>(request.session_id()));
    TRY_ASSIGN(
        finished,
        m_environment.record.transact([&](Transaction& transaction) -> Result<std::optional<SessionRecord>> {
            TRY_ASSIGN(row, transaction.find(Kind::session, id.bytes()));
            if (!row) {
                TRY_ASSIGN(archived, transaction.find_archived(id.bytes()));
                if (!archived)
                    return fail(ErrorCode::not_found, "session " + id.text());
                row = std::move(archived);
            }
            TRY_ASSIGN(found, SessionRecord::from_row(std::move(*row)));
            TRY_ASSIGN(session, refuse_if_interrupted(transaction, std::move(found)));
            if (session.state == SessionRecord::finished)
                return std::optional<SessionRecord>(std::move(session));
            if (session.state == SessionRecord::used)
                return fail(ErrorCode::conflict, "the session is being signed");
            if (session.state == SessionRecord::open)
                TRY(end_open_session(transaction, std::move(session), SessionRecord::cancelled));
            return std::optional<SessionRecord>();
        }));
    proto::sam::CancelSessionReply reply;
    if (finished) {
        TRY_ASSIGN(result, result_of(*finished));
        *reply.mutable_result() = std::move(result);
    }
    return reply;
}

Result<proto::sam::ListUnacknowledgedReply> Sessions::list_unacknowledged(
    const proto::sam::ListUnacknowledgedRequest& request)
{
    const auto limit = std::min<std::int64_t>(request.limit() == 0 ? batch : request.limit(), batch);
    TRY_ASSIGN(rows, m_environment.record.transact([limit](Transaction& transaction) {
        return transaction.due_before(Kind::session, SessionRecord::finished, whenever, limit);
    }));
    proto::sam::ListUnacknowledgedReply reply;
    for (const auto& row : rows)
        reply.add_session_ids(to_string(row.id));
    return reply;
}

Result<proto::sam::AcknowledgeReply> Sessions::acknowledge(const proto::sam::AcknowledgeRequest& request)
{
    std::vector<SessionId> ids;
    for (const auto& field : request.session_ids()) {
        TRY_ASSIGN(id, id_from<SessionId>(field));
        ids.push_back(id);
    }
    const auto archived = m_environment.record.transact([&ids](Transaction& transaction) -> Status {
        for (const auto& id : ids)
            TRY(acknowledge_one(transaction, id));
        return {};
    });
    TRY(archived);
    proto::sam::AcknowledgeReply reply;
    const auto now_ms = to_unix_ms(m_environment.clock.now());
    auto due_ms = m_next_checkpoint_ms.load();
    if (now_ms >= due_ms &&
        m_next_checkpoint_ms.compare_exchange_strong(due_ms, now_ms + checkpoint_interval_ms)) {
        TRY_ASSIGN(checkpoint, make_checkpoint(m_environment));
        reply.set_checkpoint(to_string(checkpoint));
    }
    return reply;
}

// In the writer's thread: whoever stores a result is in m_being_signed until that is done.
Result<SessionRecord> Sessions::refuse_if_interrupted(Transaction& transaction, SessionRecord session)
{
    const auto id = session.input.session_id;
    if (session.state != SessionRecord::used || m_being_signed.contains(id))
        return session;
    TRY(refuse_for_good(transaction, std::move(session), interrupted));
    TRY_ASSIGN(row, transaction.find(Kind::session, id.bytes()));
    QSS_ASSERT(row.has_value());
    return SessionRecord::from_row(std::move(*row));
}

Status Sessions::refuse_interrupted()
{
    for (bool more = true; more;) {
        TRY_ASSIGN(count, m_environment.record.transact([](Transaction& transaction) -> Result<std::size_t> {
            TRY_ASSIGN(rows, transaction.due_before(Kind::session, SessionRecord::used, whenever, batch));
            for (auto& row : rows) {
                TRY_ASSIGN(session, SessionRecord::from_row(std::move(row)));
                TRY(refuse_for_good(transaction, std::move(session), interrupted));
            }
            return rows.size();
        }));
        more = count != 0;
    }
    return {};
}

Status Sessions::archive_expired()
{
    for (bool more = true; more;) {
        TRY_ASSIGN(count, m_environment.record.transact([](Transaction& transaction) -> Result<std::size_t> {
            const auto now = transaction.now();
            TRY_ASSIGN(rows, transaction.due_before(Kind::session, SessionRecord::open, now + Milliseconds(1),
                                                    batch));
            for (auto& row : rows) {
                TRY_ASSIGN(session, SessionRecord::from_row(std::move(row)));
                TRY(end_open_session(transaction, std::move(session), SessionRecord::expired));
            }
            return rows.size();
        }));
        more = count == static_cast<std::size_t>(batch);
    }
    return {};
}

}
