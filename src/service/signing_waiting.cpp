// Waiting without threads: clients by session, phones by user; expiry and withdrawal.
#include "service/signing.h"

#include "base/log.h"
#include "service/session_errors.h"
#include "store/phones.h"
#include "store/sessions.h"

namespace qss::service {

using store::SessionStatus;

namespace {

// An approved session may outlive its expiry while the SAM is away; its client is answered all the same.
constexpr Milliseconds answer_at_latest{30'000};
constexpr auto never = TimePoint::max();

}

void Signing::wait(const SessionId& id, std::function<bool()> client_gone, SignDone done)
{
    const auto session = find(id);
    if (!session)
        return done(fail(session.error()));
    if (!store::is_live(session->status))
        return answer(id, done);
    Waiters<SessionId>::Callback callback = [this, id, done = std::move(done)](Wakening why) mutable {
        if (why == Wakening::notified)
            answer(id, done);
        else if (why == Wakening::gone)
            done(fail(ErrorCode::gone, "the client has hung up"));
        else
            done(fail(ErrorCode::unavailable,
                      "the session has not ended yet; the same request attaches to it"));
    };
    set_deserted_at(id, never);
    if (!m_clients.add(id, session->expires_at + answer_at_latest, std::move(client_gone), callback)) {
        set_deserted_at(id, m.clock.now() + m_settings.attach_grace);
        return callback(Wakening::deadline);
    }
    // It may have ended between the two looks.
    const auto again = find(id);
    if (again && !store::is_live(again->status))
        m_clients.wake(id);
}

void Signing::answer(const SessionId& id, SignDone& done)
{
    done(m.store.read([&](sqlite::Database& db) -> Result<Signed> {
        store::Sessions sessions(db);
        TRY_ASSIGN(session, sessions.by_id(id));
        if (!session)
            return fail(ErrorCode::not_found, "no such session");
        if (session->status != SessionStatus::signed_)
            return fail(outcome_for_application(*session));
        TRY_ASSIGN(result, sessions.result(id));
        if (!result)
            return fail(ErrorCode::internal, "a signed session without signatures");
        return Signed{id, session->signature_algorithm, std::move(result->signatures)};
    }));
}

void Signing::delivered(const SessionId& session, std::function<void()> then)
{
    m.store.write_later(
        [session](sqlite::Database& db) { return store::Sessions(db).mark_answered(session); },
        [then = std::move(then)](const Status&) {
            if (then)
                then();
        });
}

void Signing::pending(const Phone& phone, Milliseconds wait, std::function<bool()> client_gone,
                      PendingDone done)
{
    const auto user = phone.user_id;
    auto now = query_pending(user);
    if (!now || !now->empty() || wait.count() <= 0)
        return done(std::move(now));
    Waiters<UserId>::Callback callback = [this, user, done = std::move(done)](Wakening why) mutable {
        if (why == Wakening::notified)
            done(query_pending(user));
        else
            done(std::vector<PendingSession>());
    };
    if (!m_phones.add(user, m.clock.now() + wait, std::move(client_gone), callback))
        return callback(Wakening::deadline);
    const auto again = query_pending(user);
    if (again && !again->empty())
        m_phones.wake(user);
}

Result<std::vector<PendingSession>> Signing::query_pending(const UserId& user)
{
    return m.store.read([&](sqlite::Database& db) -> Result<std::vector<PendingSession>> {
        TRY_ASSIGN(sessions, store::Sessions(db).pending_of(user));
        std::vector<PendingSession> pending;
        if (sessions.empty())
            return pending;
        TRY_ASSIGN(authenticators, store::Phones(db).authenticators(user));
        std::vector<Bytes> credential_ids;
        for (auto& authenticator : authenticators)
            credential_ids.push_back(std::move(authenticator.credential_id));
        const auto now = m.clock.now();
        for (auto& session : sessions)
            if (session.expires_at > now)
                pending.push_back({std::move(session), credential_ids});
        return pending;
    });
}

void Signing::watch(const SessionId& session, TimePoint expires_at, TimePoint deserted_at)
{
    const std::lock_guard lock(m_mutex);
    m_watched.insert_or_assign(session, Watch{expires_at, deserted_at});
}

void Signing::set_deserted_at(const SessionId& session, TimePoint deserted_at)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_watched.find(session);
    if (found != m_watched.end())
        found->second.deserted_at = deserted_at;
}

Status Signing::adopt_pending()
{
    TRY_ASSIGN(pending, m.store.read([](sqlite::Database& db) { return store::Sessions(db).pending(); }));
    const auto deserted_at = m.clock.now() + m_settings.attach_grace;
    for (const auto& session : pending) {
        const std::lock_guard lock(m_mutex);
        m_watched.try_emplace(session.id, Watch{session.expires_at, deserted_at});
    }
    return {};
}

void Signing::sweep(TimePoint now)
{
    for (const auto& deserted : m_clients.sweep(now))
        if (!m_clients.has(deserted))
            set_deserted_at(deserted, now + m_settings.attach_grace);
    (void)m_phones.sweep(now);

    std::vector<std::pair<SessionId, SessionStatus>> due;
    {
        const std::lock_guard lock(m_mutex);
        for (auto& [id, times] : m_watched) {
            if (times.expires_at > now && times.deserted_at > now)
                continue;
            if (times.expires_at > now && m_clients.has(id)) { // another client still waits
                times.deserted_at = never;
                continue;
            }
            due.emplace_back(id, times.expires_at <= now ? SessionStatus::expired : SessionStatus::cancelled);
            // Looked at again if this attempt comes to nothing.
            (times.expires_at <= now ? times.expires_at : times.deserted_at) = now + Milliseconds(1'000);
        }
    }
    for (const auto& [id, status] : due)
        (void)m.pool.post([this, session = id, to = status] { expire_or_withdraw(session, to); });
}

void Signing::expire_or_withdraw(const SessionId& id, SessionStatus status)
{
    const auto session = find(id);
    if (!session)
        return log::error("a session could not be ended",
                          {{"session", id.text()}, {"detail", session.error().detail}});
    if (session->status != SessionStatus::pending) {
        const std::lock_guard lock(m_mutex);
        m_watched.erase(id);
        return;
    }
    const Error why = status == SessionStatus::expired
                          ? Error{ErrorCode::expired, "not approved in time"}
                          : Error{ErrorCode::gone, "withdrawn: the client has gone"};
    const auto done = end_pending(*session, status, why, "service");
    if (!done)
        log::error("a session could not be ended", {{"session", id.text()}, {"detail", done.error().detail}});
}

void Signing::cancel_all_of(const UserId& user)
{
    const auto pending =
        m.store.read([&](sqlite::Database& db) { return store::Sessions(db).pending_of(user); });
    if (!pending)
        return log::error("sessions could not be cancelled", {{"detail", pending.error().detail}});
    for (const auto& session : *pending) {
        const auto done =
            end_pending(session, SessionStatus::cancelled,
                        {ErrorCode::gone, "the user, device or identity was removed"}, "service");
        if (!done)
            log::error("a session could not be cancelled", {{"detail", done.error().detail}});
    }
}

void Signing::stop()
{
    m_clients.close();
    m_phones.close();
}

}
