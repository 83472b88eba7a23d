#include "base/log.h"
#include "sam/authenticators.h"
#include "sam/lookups.h"
#include "sam/session_results.h"
#include "sam/sessions.h"

namespace qss::sam {

struct Sessions::Candidate {
    SessionRecord session;                            // finished or open
    std::optional<KeyRecord> key;                     // of an open one
    std::optional<AuthenticatorRecord> authenticator; // the signer's own and live, or none
};

namespace {

Result<proto::sam::ActivateReply> reply_for(const SessionRecord& session)
{
    TRY_ASSIGN(result, result_of(session));
    proto::sam::ActivateReply reply;
    *reply.mutable_result() = std::move(result);
    return reply;
}

Result<SessionRecord> find_session(Transaction& transaction, const SessionId& id)
{
    TRY_ASSIGN(row, transaction.find(Kind::session, id.bytes()));
    if (row)
        return SessionRecord::from_row(std::move(*row));
    TRY_ASSIGN(archived, transaction.find_archived(id.bytes()));
    if (!archived)
        return fail(ErrorCode::not_found, "session " + id.text());
    return SessionRecord::from_row(std::move(*archived));
}

// Whether it can be activated, apart from key and assertion.
Status check_state(const SessionRecord& session, TimePoint now)
{
    switch (session.state) {
    case SessionRecord::used: return fail(ErrorCode::conflict, "the session is being signed");
    case SessionRecord::cancelled: return fail(ErrorCode::gone, "the session was cancelled");
    case SessionRecord::expired: return fail(ErrorCode::expired, "the session has expired");
    case SessionRecord::finished: return {};
    case SessionRecord::open: break;
    }
    if (now >= session.input.expires_at)
        return fail(ErrorCode::expired, "the session has expired");
    return {};
}

// A credential that is not live, or is another signer's, is as good as none.
Result<std::optional<AuthenticatorRecord>> find_authenticator(Transaction& transaction,
                                                              const SignerId& signer, ByteView credential_id)
{
    TRY_ASSIGN(row,
               transaction.find_by_lookup(Kind::authenticator, AuthenticatorRecord::lookup(credential_id)));
    if (!row)
        return std::optional<AuthenticatorRecord>();
    TRY_ASSIGN(authenticator, AuthenticatorRecord::from_row(std::move(*row)));
    if (authenticator.signer_id != signer || authenticator.state != AuthenticatorRecord::live)
        return std::optional<AuthenticatorRecord>();
    return std::optional<AuthenticatorRecord>(std::move(authenticator));
}

// The error says why there is none: no signatures, or none of the evidence key's.
Result<Bytes> evidence_of(Environment& environment, const SignedFacts& outcome)
{
    if (!outcome.signatures)
        return fail(outcome.signatures.error());
    const auto config = environment.config.get();
    TRY_ASSIGN(evidence_key, environment.vault.evidence_key(*config));
    return make_evidence(outcome.facts, *outcome.signatures, *config, *evidence_key);
}

}

Result<Sessions::Candidate> Sessions::load(const SessionId& id, const proto::sam::ActivateRequest& request)
{
    return m_environment.record.transact([&](Transaction& transaction) -> Result<Candidate> {
        TRY_ASSIGN(found, find_session(transaction, id));
        TRY_ASSIGN(session, refuse_if_interrupted(transaction, std::move(found)));
        TRY(check_state(session, transaction.now()));
        if (session.state == SessionRecord::finished)
            return Candidate{std::move(session), {}, {}};
        if (!request.has_assertion())
            return fail(ErrorCode::conflict, "the session has not been activated");
        TRY_ASSIGN(key, find_key(transaction, session.input.key_id));
        TRY_ASSIGN(authenticator, find_authenticator(transaction, session.input.signer_id,
                                                     as_bytes(request.assertion().credential_id())));
        return Candidate{std::move(session), std::move(key), std::move(authenticator)};
    });
}

Result<proto::sam::ActivateReply> Sessions::activate(const proto::sam::ActivateRequest& request)
{
    TRY_ASSIGN(id, id_from<SessionId>(request.session_id()));
    TRY_ASSIGN(candidate, load(id, request));
    if (candidate.session.state == SessionRecord::finished)
        return reply_for(candidate.session);
    return activate_open(std::move(candidate), assertion_from(request.assertion()));
}

Result<proto::sam::ActivateReply> Sessions::activate_open(Candidate candidate, webauthn::Assertion assertion)
{
    const auto id = candidate.session.input.session_id;
    const auto usable =
        check_key_usable(*m_environment.config.get(), *candidate.key,
                         candidate.session.input.certificate_sha256, m_environment.clock.now());
    if (!usable) {
        (void)m_environment.record.transact([&](Transaction& transaction) {
            return refuse_for_good(transaction, std::move(candidate.session), usable.error());
        });
        return stored_result_or(id, usable.error());
    }
    if (!candidate.authenticator)
        return fail(ErrorCode::verification_failed,
                    "the assertion is not by an authenticator of this signer");
    if (candidate.authenticator->is_locked())
        return fail(ErrorCode::locked, "the authenticator is locked");
    const auto authenticator_id = candidate.authenticator->id;
    auto approval = verify_approval(std::move(candidate.session), std::move(*candidate.key),
                                    std::move(*candidate.authenticator), std::move(assertion),
                                    m_environment.config.get()->rp);
    if (!approval && approval.error().code == ErrorCode::internal)
        return fail(approval.error());
    if (!approval)
        return fail(note_wrong_assertion(m_environment.record, authenticator_id,
                                         {ErrorCode::verification_failed, approval.error().detail}));
    const SessionsBeingSigned::Entry entry(m_being_signed, id);
    auto used = use_approval(m_environment.record, std::move(*approval));
    if (!used)
        return stored_result_or(id, used.error());
    return sign(std::move(*used));
}

Result<proto::sam::ActivateReply> Sessions::sign(UsedApproval approval)
{
    m_environment.faults.reach("used_not_signed");
    m_environment.faults.before_signing();
    const auto outcome = m_environment.vault.sign(std::move(approval));
    m_environment.faults.reach("signed_not_finished");
    TRY_ASSIGN(finished, store_result(outcome));
    m_environment.faults.reach("finished_not_replied");
    return reply_for(finished);
}

// Signatures leave only with a key that is still alive when they are recorded: a revocation that came
// while they were made wins (docs/invariants.md 7).
Result<SessionRecord> Sessions::store_result(const SignedFacts& outcome)
{
    const auto& facts = outcome.facts;
    const auto evidence = evidence_of(m_environment, outcome);
    if (!evidence)
        log::alarm("a session could not be signed",
                   {{"session", facts.session.input.session_id.text()}, {"detail", evidence.error().detail}});
    return m_environment.record.transact([&](Transaction& transaction) -> Result<SessionRecord> {
        TRY_ASSIGN(session, find_session(transaction, facts.session.input.session_id));
        if (session.state != SessionRecord::used)
            return fail(ErrorCode::tampered, "a session that was being signed has changed");
        TRY_ASSIGN(key, find_key(transaction, facts.key.id));
        const auto usable = check_key_usable(*m_environment.config.get(), key,
                                             session.input.certificate_sha256, transaction.now());
        if (!usable || !evidence) {
            TRY(refuse_for_good(transaction, session, usable ? evidence.error() : usable.error()));
            return find_session(transaction, session.input.session_id);
        }
        session.state = SessionRecord::finished;
        session.evidence = *evidence;
        transaction.event("session-signed", session.input.session_id.bytes());
        TRY(transaction.update(session.to_row()));
        return session;
    });
}

// Somebody else may have ended the session between our look at it and now.
Result<proto::sam::ActivateReply> Sessions::stored_result_or(const SessionId& id, const Error& error)
{
    TRY_ASSIGN(session, m_environment.record.transact(
                            [&id](Transaction& transaction) { return find_session(transaction, id); }));
    if (session.state == SessionRecord::finished)
        return reply_for(session);
    return fail(error);
}

}
