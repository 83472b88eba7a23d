// Approval: check, intent durable, SAM, result durable, answer (docs/architecture.md, steps 8 to 18).
#include "service/signing.h"

#include "base/log.h"
#include "base/text.h"
#include "sap/challenge.h"
#include "service/each_of.h"
#include "service/session_errors.h"
#include "store/audit.h"
#include "store/identities.h"
#include "store/phones.h"
#include "store/quota.h"
#include "store/sessions.h"
#include "store/tenants.h"
#include "webauthn/assertion.h"

namespace qss::service {

using store::SessionStatus;

namespace {

constexpr std::size_t reason_size = 200;

std::int64_t units_of(const store::Session& session)
{
    return static_cast<std::int64_t>(session.digests.size());
}

sap::ChallengeInput challenge_input(const store::Session& session, const std::string& rp_id)
{
    return {session.id,
            session.nonce,
            session.expires_at,
            session.signer_id,
            session.key_id,
            session.certificate_sha256,
            session.signature_algorithm,
            session.digests,
            crypto::sha256(session.display_record),
            rp_id};
}

}

// The phone, recovery and a second tap may all want to activate one session: one of them does.
class Signing::Activating {
public:
    Activating(Signing& signing, const SessionId& session) : m_signing(signing), m_session(session)
    {
        const std::lock_guard lock(m_signing.m_mutex);
        m_mine = m_signing.m_activating.insert(session).second;
    }
    ~Activating()
    {
        if (!m_mine)
            return;
        const std::lock_guard lock(m_signing.m_mutex);
        m_signing.m_activating.erase(m_session);
    }
    Activating(const Activating&) = delete;
    Activating& operator=(const Activating&) = delete;
    [[nodiscard]] bool is_mine() const { return m_mine; }

private:
    Signing& m_signing;
    const SessionId m_session;
    bool m_mine = false;
};

Status Signing::approve(const Phone& phone, const SessionId& id, store::StoredAssertion assertion)
{
    const Activating activating(*this, id);
    TRY_ASSIGN(session, find_of(phone, id));
    if (!activating.is_mine())
        return fail(ErrorCode::conflict, "the session is being activated");
    if (session.status != SessionStatus::pending)
        return fail(outcome_for_phone(session));
    if (session.expires_at <= m.clock.now())
        return fail(ErrorCode::gone, "the session has expired");
    const auto checked = check_with_mirror(phone, session, assertion);
    if (!checked)
        return count_failure(phone, session, assertion, checked.error());
    m.crash_points.reach("assertion_not_approved");
    TRY(record_approval(phone, session, assertion));
    m.crash_points.reach("approved_not_sent");
    session.assertion = std::move(assertion);
    return activate(session);
}

// not_found: the mirror knows no such authenticator of this user, or a wrong assertion is in the name of
// one that is not this phone's. That one is not told to the SAM, which would count it: who has one phone
// must not be able to lock the others (docs/invariants.md 12).
Status Signing::check_with_mirror(const Phone& phone, const store::Session& session,
                                  const store::StoredAssertion& assertion)
{
    TRY_ASSIGN(authenticators, m.store.read([&](sqlite::Database& db) {
        return store::Phones(db).authenticators(session.user_id);
    }));
    for (const auto& authenticator : authenticators) {
        if (!equal_public(authenticator.credential_id, assertion.credential_id))
            continue;
        TRY_ASSIGN(key, crypto::PublicKey::from_spki(authenticator.public_key_spki));
        const auto challenge = challenge_input(session, m_settings.rp_id).challenge();
        const webauthn::Assertion sent{assertion.credential_id, assertion.authenticator_data,
                                       assertion.client_data_json, assertion.signature};
        const auto facts =
            webauthn::check_assertion(sent, challenge, {m_settings.rp_id, m_settings.origins}, key);
        if (!facts && authenticator.device_id != phone.device_id)
            return fail(ErrorCode::not_found, "not by this phone's authenticator: " + facts.error().detail);
        if (!facts)
            return fail(ErrorCode::verification_failed, facts.error().detail);
        return {};
    }
    return fail(ErrorCode::not_found, "no such authenticator of this user");
}

// The SAM counts failures, by authenticator, and locks it after some (docs/invariants.md 12): it is shown
// each that names one. It checks with the same code and its own record, and so refuses it too; if it did not,
// the mirror would be wrong, the signer has approved, and the session goes on as if we had known.
Status Signing::count_failure(const Phone& phone, const store::Session& session,
                              const store::StoredAssertion& assertion, const Error& failure)
{
    if (failure.code != ErrorCode::verification_failed) {
        if (failure.code == ErrorCode::not_found)
            return fail(ErrorCode::verification_failed, failure.detail);
        return fail(failure);
    }
    // The SAM might sign: that it was asked is on record before (AUD-3).
    const auto recorded = m.store.write([&](sqlite::Database& db) {
        return store::Audit(db).append({m.clock.now(), phone.actor(), "session.assertion_refused",
                                        session_object(session.id), failure.detail});
    });
    TRY(recorded);
    const auto judged = m.sam.activate(session.id, assertion);
    if (!judged) {
        if (is_outcome_unknown(judged.error().code))
            log::warning("a wrong assertion could not be counted",
                         {{"session", session.id.text()}, {"detail", judged.error().detail}});
        if (judged.error().code == ErrorCode::locked)
            return fail(judged.error());
        return fail(failure);
    }
    log::alarm("the SAM accepted an assertion that the mirror refuses", {{"session", session.id.text()}});
    auto approved = session;
    approved.assertion = assertion;
    TRY(record_approval(phone, session, assertion));
    return record_result(approved, *judged);
}

// One durable transaction: state, assertion, quota unit and the audit entry, before the SAM is told.
Status Signing::record_approval(const Phone& phone, const store::Session& session,
                                const store::StoredAssertion& assertion)
{
    const auto recorded = m.store.write([&](sqlite::Database& db) -> Status {
        store::Sessions sessions(db);
        TRY_ASSIGN(device, store::Phones(db).device(phone.device_id));
        if (!device || device->status != store::DeviceStatus::active)
            return fail(ErrorCode::unauthenticated, "the device has been removed");
        TRY_ASSIGN(approved, sessions.approve(session.id, assertion));
        if (!approved) {
            TRY_ASSIGN(now, sessions.by_id(session.id));
            return fail(now ? outcome_for_phone(*now) : Error{ErrorCode::not_found, "no such session"});
        }
        TRY_ASSIGN(identity, store::IdentityTable(db).by_key(session.key_id));
        if (!identity || identity->status != store::IdentityStatus::live)
            return fail(ErrorCode::forbidden, "the signing identity has been revoked");
        TRY_ASSIGN(asker, store::Tenants(db).context(session.credential_id, {}));
        if (!asker)
            return fail(ErrorCode::internal, "a session without its credential");
        if (asker->credential.standing != store::Standing::active)
            return fail(ErrorCode::forbidden, "the API credential has been suspended");
        TRY(store::Quota(db, store::Counted::signatures)
                .spend(asker->pack.id, asker->pack.signature_quota, units_of(session)));
        return store::Audit(db).append({m.clock.now(), phone.actor(), "session.activation_intended",
                                        session_object(session.id),
                                        std::to_string(session.digests.size()) + " digests"});
    });
    if (recorded)
        return {};
    const auto& why = recorded.error();
    if (why.code == ErrorCode::quota_reached || why.code == ErrorCode::forbidden) {
        TRY(end_pending(session, SessionStatus::cancelled,
                        {why.code == ErrorCode::forbidden ? ErrorCode::conflict : why.code, why.detail},
                        "service"));
        return fail(ErrorCode::gone, why.detail);
    }
    return recorded;
}

// Drives an approved session as far as it goes. Only a result of the SAM's, or its word that there will
// never be one, ends it; a time-out does not.
Status Signing::activate(const store::Session& session)
{
    const auto result = m.sam.activate(session.id, session.assertion);
    if (result)
        return record_result(session, *result);
    if (is_outcome_unknown(result.error().code)) {
        log::warning("an approved session waits for the SAM",
                     {{"session", session.id.text()}, {"detail", result.error().detail}});
        if (result.error().code != ErrorCode::unavailable && result.error().code != ErrorCode::timed_out)
            return fail(result.error());
        return fail(ErrorCode::unavailable, "approved; the signature follows when the SAM is back");
    }
    // A refusal by word of mouth. Cancelling makes it last, unless the session was used before.
    const auto cancelled = m.sam.cancel(session.id);
    if (cancelled && *cancelled)
        return record_result(session, **cancelled);
    if (cancelled || cancelled.error().code == ErrorCode::not_found)
        return refuse(session, result.error());
    return fail(ErrorCode::unavailable, "approved; the SAM has not decided yet");
}

Status Signing::record_result(const store::Session& session, const ActivationResult& result)
{
    if (result.signatures.empty())
        return refuse(session, {result.refusal, result.refusal_detail});
    if (result.signatures.size() != session.digests.size())
        return fail(ErrorCode::internal, "the SAM answered with another number of signatures");
    const auto stored = m.store.write([&](sqlite::Database& db) -> Status {
        const auto now = m.clock.now();
        TRY_ASSIGN(changed,
                   store::Sessions(db).finish(session.id, {result.signatures, result.evidence}, now));
        if (!changed)
            return {};
        return store::Audit(db).append({now, "service", "session.signed", session_object(session.id), ""});
    });
    TRY(stored);
    m.crash_points.reach("stored_not_answered");
    // Not acknowledged now, it is listed again and acknowledged then.
    (void)m.sam.acknowledge({session.id});
    ended(session.id);
    return {};
}

Status Signing::refuse(const store::Session& session, const Error& refusal)
{
    const auto stored = m.store.write([&](sqlite::Database& db) -> Status {
        const auto now = m.clock.now();
        TRY_ASSIGN(changed, store::Sessions(db).fail_for_good(session.id, refusal, now));
        if (!changed)
            return {};
        TRY(store::Quota(db, store::Counted::signatures).give_back(session.pack_id, units_of(session)));
        return store::Audit(db).append({now, "service", "session.failed", session_object(session.id),
                                        std::string(qss::to_string(refusal.code)) + ": " + refusal.detail});
    });
    TRY(stored);
    (void)m.sam.acknowledge({session.id});
    ended(session.id);
    return fail(refusal);
}

Status Signing::reject(const Phone& phone, const SessionId& id, std::string_view reason)
{
    TRY(check_shown_text(reason, "reason", reason_size));
    TRY_ASSIGN(session, find_of(phone, id));
    TRY_ASSIGN(mine, end_pending(session, SessionStatus::rejected, {ErrorCode::rejected, std::string(reason)},
                                 phone.actor()));
    if (mine)
        return {};
    TRY_ASSIGN(now, find(id));
    return fail(outcome_for_phone(now));
}

Result<bool> Signing::end_pending(const store::Session& session, SessionStatus status, const Error& why,
                                  std::string_view actor)
{
    TRY_ASSIGN(mine, m.store.write([&](sqlite::Database& db) -> Result<bool> {
        const auto now = m.clock.now();
        TRY_ASSIGN(changed, store::Sessions(db).end_pending(session.id, status, why, now));
        if (changed)
            TRY(store::Audit(db).append({now, std::string(actor), "session.ended", session_object(session.id),
                                         std::string(qss::to_string(why.code))}));
        return changed;
    }));
    if (!mine)
        return false;
    const auto cancelled = m.sam.cancel(session.id);
    if (cancelled && *cancelled && !(*cancelled)->signatures.empty())
        log::alarm("the SAM had signed a session that nobody had approved here",
                   {{"session", session.id.text()}});
    ended(session.id);
    return true;
}

void Signing::ended(const SessionId& session)
{
    {
        const std::lock_guard lock(m_mutex);
        m_watched.erase(session);
    }
    m_clients.wake(session);
}

Status Signing::drive_approved()
{
    TRY_ASSIGN(approved, m.store.read([](sqlite::Database& db) { return store::Sessions(db).approved(); }));
    for (const auto& id : approved) {
        const Activating activating(*this, id);
        if (!activating.is_mine())
            continue;
        TRY_ASSIGN(session, find(id));
        if (session.status != SessionStatus::approved)
            continue;
        const auto driven = activate(session);
        if (!driven && driven.error().code == ErrorCode::unavailable)
            return driven; // away for the others too
    }
    return {};
}

Status Signing::drain_unacknowledged()
{
    constexpr std::uint32_t batch = 100;
    Status outcome;
    for (std::vector<SessionId> before;;) {
        TRY_ASSIGN(ids, m.sam.unacknowledged(batch));
        if (ids.empty() || ids == before) // what is left belongs to calls under way, or failed
            return outcome;
        outcome = each_of(ids, [this](const auto& id) { return drain_one(id); });
        if (is_role_away(outcome))
            return outcome;
        before = std::move(ids);
    }
}

Status Signing::drain_one(const SessionId& id)
{
    const Activating activating(*this, id);
    if (!activating.is_mine())
        return {};
    const auto session = find(id);
    if (!session && session.error().code != ErrorCode::not_found)
        return fail(session.error());
    if (session && session->status == SessionStatus::approved) {
        const auto driven = activate(*session);
        if (!driven && is_outcome_unknown(driven.error().code))
            return driven;
        return {};
    }
    if (session && session->status == SessionStatus::pending) {
        // Refused for good before anybody approved (its key was revoked), or an alarm.
        TRY_ASSIGN(result, m.sam.activate(id, std::nullopt));
        if (!result.signatures.empty())
            log::alarm("the SAM has signed what was not approved here", {{"session", id.text()}});
        TRY(end_pending(*session, SessionStatus::cancelled, {ErrorCode::conflict, result.refusal_detail},
                        "service"));
    }
    if (!session)
        log::alarm("the SAM has a result for a session that is not known here", {{"session", id.text()}});
    return m.sam.acknowledge({id});
}

}
