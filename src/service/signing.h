// Signing sessions, the core (docs/architecture.md): open, wait, approve, reject, withdraw, expire. Intent
// before act, record before release: `approved` with assertion, quota unit and audit entry is durable
// before the SAM is told; signatures and evidence are durable before anybody is answered. Each transition
// is one conditional update, so of two that race one wins. Safe from any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/crash_points.h"
#include "base/random.h"
#include "service/callers.h"
#include "service/role_clients.h"
#include "service/waiters.h"
#include "service/worker_pool.h"
#include "store/store.h"

namespace qss::service {

inline constexpr std::size_t idempotency_key_size = 64;

struct SignRequest {
    std::string email;
    std::vector<crypto::Digest> digests;      // 1 to 100, of the algorithm that the key's default has
    std::vector<std::string> labels;          // one for each digest, or none
    std::string idempotency_key;              // "" without one; at most idempotency_key_size
};

struct SignTicket {
    SessionId session_id;
};

struct Signed {
    SessionId session_id;
    crypto::SignatureAlgorithm signature_algorithm;
    std::vector<Bytes> signatures;            // as many as digests, in order
};

// What a phone is shown.
struct PendingSession {
    store::Session session;
    std::vector<Bytes> credential_ids;        // WebAuthn's, of this user
};

class Signing {
public:
    struct Settings {
        std::string rp_id;
        std::vector<std::string> origins;
        std::string consent_version = "1";    // of the text that the phone shows
        Milliseconds default_lifetime{120'000};
        Milliseconds attach_grace{60'000};    // a client that hung up may come back within
        std::size_t waiting_limit = 10'000;
        Milliseconds result_grace{60'000};    // an answer that was not delivered may be fetched within
    };
    struct Parts {
        store::Store& store;
        SamClient& sam;
        WorkerPool& pool;
        CrashPoints& crash_points;
        const Clock& clock;
    };
    Signing(const Parts& parts, Settings settings);

    // --- applications
    // Blocks (SAM, database). Refused here: not_found (no such user), conflict (no identity, its certificate
    // has expired, no device), forbidden (subscription has ended), quota_reached, rate_limited (the
    // signer has too many open sessions), too_large (more than 100 digests), invalid_argument.
    Result<SignTicket> begin(const Application& by, const SignRequest& request);

    // The outcome once the session has ended, at once if it has; `done` is called exactly once, from any
    // thread, and must be short. Errors: rejected, expired, gone (withdrawn), quota_reached, or the
    // SAM's refusal. `client_gone` is asked now and then; when the last client of a pending session has
    // gone for longer than the grace, the session is withdrawn.
    using SignDone = MoveOnlyFunction<void(Result<Signed>)>;
    void wait(const SessionId& session, std::function<bool()> client_gone, SignDone done);

    // The answer has reached its client: the same request is a new one from now on.
    // `then` is called once that is durable, or could not be made so.
    void delivered(const SessionId& session, std::function<void()> then = {});

    Result<Bytes> evidence(const Application& by, const SessionId& session);

    // --- phones
    // Sessions that wait for this user's approval; waits up to `wait` for the first one.
    using PendingDone = MoveOnlyFunction<void(Result<std::vector<PendingSession>>)>;
    void pending(const Phone& phone, Milliseconds wait, std::function<bool()> client_gone, PendingDone done);

    // Returns when the session is `signed`. verification_failed: the assertion is not one for exactly
    // this session. locked: too many wrong ones. conflict, expired, gone: it has ended otherwise.
    // unavailable: approved and durable, the SAM is away; it will be signed when the SAM is back.
    Status approve(const Phone& phone, const SessionId& session, store::StoredAssertion assertion);
    Status reject(const Phone& phone, const SessionId& session, std::string_view reason);
    Result<std::vector<store::Session>> history(const Phone& phone); // newest first, at most 100
    Result<Bytes> evidence(const Phone& phone, const SessionId& session);

    // --- Recovery, timer and Users
    Status drive_approved(); // every approved session to its end
    Status drain_unacknowledged(); // every result that the SAM still keeps
    Status adopt_pending(); // at start: pending sessions get their timers again
    void cancel_all_of(const UserId& user);
    void sweep(TimePoint now); // expiry, grace, deadlines; by the one timer thread
    void stop();

private:
    struct Watch { // a pending session's times
        TimePoint expires_at;
        TimePoint deserted_at; // far future while a client waits
    };
    class Activating; // marks a session as being activated, one at a time

    struct Draft {
        store::Session session;
        store::User user;
    };
    Result<Draft> draft(const Application& by, const SignRequest& request);
    Result<std::optional<SignTicket>> attach(const store::Session& draft);
    Status check_may_sign(const Application& by, const SignRequest& request, Draft& draft);
    Result<SignTicket> open(const Application& by, store::Session draft);
    Status write_pending(const Application& by, const store::Session& session);

    Status check_with_mirror(const Phone& phone, const store::Session& session,
                             const store::StoredAssertion& assertion);
    Status count_failure(const Phone& phone, const store::Session& session,
                         const store::StoredAssertion& assertion, const Error& failure);
    Status record_approval(const Phone& phone, const store::Session& session,
                           const store::StoredAssertion& assertion);
    Status activate(const store::Session& session);
    Status refuse(const store::Session& session, const Error& refusal);
    Status record_result(const store::Session& session, const ActivationResult& result);
    Status drain_one(const SessionId& id);

    // True: this call ended it. Tells the SAM and wakes whoever waits.
    Result<bool> end_pending(const store::Session& session, store::SessionStatus status, const Error& why,
                             std::string_view actor);
    void expire_or_withdraw(const SessionId& id, store::SessionStatus status);
    void ended(const SessionId& session);
    void watch(const SessionId& session, TimePoint expires_at, TimePoint deserted_at);
    void set_deserted_at(const SessionId& session, TimePoint deserted_at);
    void answer(const SessionId& session, SignDone& done);
    Result<std::vector<PendingSession>> query_pending(const UserId& user);
    Result<store::Session> find(const SessionId& id);
    Result<store::Session> find_of(const Phone& phone, const SessionId& id);
    Result<Bytes> evidence_of(const store::Session& session);

    Parts m;
    const Settings m_settings;
    Waiters<SessionId> m_clients;
    Waiters<UserId> m_phones;
    std::mutex m_mutex; // guards the next two
    std::unordered_map<SessionId, Watch> m_watched;
    std::unordered_set<SessionId> m_activating;
};

}
