// Signing sessions (docs/protocol-sam.md 5): open -> used -> finished, or cancelled, or expired; each step
// durable before it is told, each session used once (docs/invariants.md 2). An id is never used again:
// what is acknowledged, cancelled or expired stays in the archive. Safe from any thread; parallel
// activations of one session are decided by the record.
#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include "proto/sam.pb.h"
#include "sam/environment.h"

namespace qss::sam {

inline constexpr std::int64_t open_sessions_per_signer = 50;

// Which sessions a thread of ours is using or signing at this moment. Safe from any thread.
class SessionsBeingSigned {
public:
    class Entry {
    public:
        Entry(SessionsBeingSigned& all, const SessionId& id) : m_all(all), m_id(id)
        {
            const std::lock_guard lock(m_all.m_mutex);
            m_all.m_ids.insert(id);
        }
        ~Entry()
        {
            const std::lock_guard lock(m_all.m_mutex);
            m_all.m_ids.erase(m_all.m_ids.find(m_id));
        }
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;

    private:
        SessionsBeingSigned& m_all;
        const SessionId m_id;
    };

    [[nodiscard]] bool contains(const SessionId& id) const
    {
        const std::lock_guard lock(m_mutex);
        return m_ids.contains(id);
    }

private:
    mutable std::mutex m_mutex;      // guards m_ids
    std::multiset<SessionId> m_ids;  // parallel activations of one session: one entry each
};

class Sessions {
public:
    explicit Sessions(Environment& environment) : m_environment(environment) {}

    // Durable before it returns. invalid_argument: digests, algorithm, display record, lifetime.
    // conflict, gone, expired, unsupported: key or certificate. quota_reached: too many open.
    Result<proto::sam::OpenSessionReply> open(const proto::sam::OpenSessionRequest& request);

    // The session's result, when it has one; else the assertion is verified and used. verification_failed
    // and `locked` leave the session open. `expired`, `gone` (cancelled): it never signs. `conflict`:
    // not activated yet, or by somebody else at this moment: ask again.
    Result<proto::sam::ActivateReply> activate(const proto::sam::ActivateRequest& request);

    Result<proto::sam::CancelSessionReply> cancel(const proto::sam::CancelSessionRequest& request);
    Result<proto::sam::ListUnacknowledgedReply> list_unacknowledged(
        const proto::sam::ListUnacknowledgedRequest& request);
    // All or none. conflict: one is not finished. Carries a checkpoint at most once a second.
    Result<proto::sam::AcknowledgeReply> acknowledge(const proto::sam::AcknowledgeRequest& request);

    // At start: a session that was used and has no result is refused for good, never signed again.
    Status refuse_interrupted();
    // In the background: open sessions past their time go to the archive.
    Status archive_expired();

private:
    struct Candidate;
    Result<Candidate> load(const SessionId& id, const proto::sam::ActivateRequest& request);
    Result<proto::sam::ActivateReply> activate_open(Candidate candidate, webauthn::Assertion assertion);
    Result<proto::sam::ActivateReply> sign(UsedApproval approval);
    Result<SessionRecord> store_result(const SignedFacts& outcome);
    Result<proto::sam::ActivateReply> stored_result_or(const SessionId& id, const Error& error);

    // A session that is used, has no result, and that nobody is signing: its result could not be stored.
    Result<SessionRecord> refuse_if_interrupted(Transaction& transaction, SessionRecord session);

    Environment& m_environment;
    SessionsBeingSigned m_being_signed;
    std::atomic<std::int64_t> m_next_checkpoint_ms{0};
};

}
