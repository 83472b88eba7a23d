#include "sam/approval.h"

#include "base/log.h"

namespace qss::sam {

Result<Approval> verify_approval(SessionRecord session, KeyRecord key, AuthenticatorRecord authenticator,
                                 webauthn::Assertion assertion, const webauthn::RelyingParty& rp)
{
    const auto& input = session.input;
    if (input.signer_id != key.signer_id || input.signer_id != authenticator.signer_id ||
        input.key_id != key.id)
        return fail(ErrorCode::verification_failed, "session, key and authenticator are not of one signer");
    if (!equal_public(authenticator.credential_id, assertion.credential_id))
        return fail(ErrorCode::verification_failed, "the assertion names another credential");
    TRY_ASSIGN(public_key, crypto::PublicKey::from_spki(authenticator.public_key_spki));
    TRY_ASSIGN(facts, webauthn::check_assertion(assertion, input.challenge(), rp, public_key));
    return Approval({std::move(session), std::move(key), std::move(authenticator), std::move(assertion),
                     facts.sign_count});
}

Status check_key_usable(const KeyRecord& key, ByteView certificate_sha256, TimePoint now)
{
    if (key.state == KeyRecord::revoked)
        return fail(ErrorCode::gone, "the key was destroyed");
    if (key.state != KeyRecord::linked)
        return fail(ErrorCode::conflict, "the key has no certificate yet");
    if (!equal_public(key.certificate_sha256, certificate_sha256))
        return fail(ErrorCode::conflict, "the key has another certificate");
    if (!key.certificate_validity.covers(now))
        return fail(ErrorCode::expired, "the certificate is not valid at this time");
    return crypto::check_may_sign(key.type, now);
}

Status check_key_usable(const Config& config, const KeyRecord& key, ByteView certificate_sha256,
                        TimePoint now)
{
    TRY(check_key_usable(key, certificate_sha256, now));
    if (config.is_revoked(key.issuer))
        return fail(ErrorCode::gone, "the CA that issued the signing certificate was revoked");
    return {};
}

Status refuse_for_good(Transaction& transaction, SessionRecord session, const Error& refusal)
{
    session.state = SessionRecord::finished;
    session.refusal = refusal.code;
    session.refusal_detail = refusal.detail;
    transaction.event("session-refused", session.input.session_id.bytes(), as_bytes(refusal.detail));
    return transaction.update(session.to_row());
}

// What use_approval does, with access to the facts.
class ApprovalUse {
public:
    explicit ApprovalUse(Approval approval) : m_facts(std::move(approval.m_facts)) {}

    Result<UsedApproval> run(Record& record)
    {
        TRY_ASSIGN(refusal, record.transact([this](Transaction& transaction) { return mark(transaction); }));
        if (refusal)
            return fail(std::move(*refusal));
        return UsedApproval(std::move(m_facts));
    }

private:
    using Refusal = std::optional<Error>; // durable

    Result<Refusal> mark(Transaction& transaction)
    {
        TRY(reread_session(transaction));
        TRY(reread_authenticator(transaction));
        TRY_ASSIGN(key_row, transaction.find(Kind::key, m_facts.key.id.bytes()));
        if (!key_row)
            return fail(ErrorCode::tampered, "the session's key is missing");
        TRY_ASSIGN(key, KeyRecord::from_row(std::move(*key_row)));
        const auto usable =
            check_key_usable(key, m_facts.session.input.certificate_sha256, transaction.now());
        if (!usable) {
            TRY(refuse_for_good(transaction, m_facts.session, usable.error()));
            return Refusal(usable.error());
        }
        m_facts.key = std::move(key);
        m_facts.session.used_at = transaction.now();
        m_facts.session.state = SessionRecord::used;
        TRY(transaction.update(m_facts.session.to_row()));
        TRY(note_success(transaction));
        transaction.event("session-used", m_facts.session.input.session_id.bytes());
        return Refusal();
    }

    Status reread_session(Transaction& transaction)
    {
        TRY_ASSIGN(row, transaction.find(Kind::session, m_facts.session.input.session_id.bytes()));
        if (!row || row->state != SessionRecord::open)
            return fail(ErrorCode::conflict, "the session is not open any more");
        if (transaction.now() >= m_facts.session.input.expires_at)
            return fail(ErrorCode::expired, "the session has expired");
        // An open session's contents never change: what was approved is what is stored.
        if (!equal_public(row->contents, m_facts.session.row.contents))
            return fail(ErrorCode::tampered, "the open session has changed");
        m_facts.session.row = std::move(*row);
        return {};
    }

    Status reread_authenticator(Transaction& transaction)
    {
        TRY_ASSIGN(row, transaction.find(Kind::authenticator, m_facts.authenticator.id.bytes()));
        if (!row)
            return fail(ErrorCode::tampered, "the authenticator is missing");
        TRY_ASSIGN(authenticator, AuthenticatorRecord::from_row(std::move(*row)));
        if (authenticator.state != AuthenticatorRecord::live)
            return fail(ErrorCode::verification_failed, "the authenticator was removed");
        if (authenticator.is_locked())
            return fail(ErrorCode::locked, "the authenticator is locked");
        m_facts.authenticator = std::move(authenticator);
        return {};
    }

    // WebAuthn L2 7.2 step 21: a counter that does not grow may be a clone's.
    Status note_success(Transaction& transaction)
    {
        auto& authenticator = m_facts.authenticator;
        const std::uint64_t count = m_facts.sign_count;
        const bool counts = count != 0 || authenticator.sign_count != 0;
        if (counts && count <= authenticator.sign_count) {
            log::alarm("an authenticator's signature counter went back",
                       {{"authenticator", authenticator.id.text()}});
            transaction.event("counter-went-back", authenticator.id.bytes());
        }
        const auto highest = std::max(count, authenticator.sign_count);
        if (authenticator.failures == 0 && highest == authenticator.sign_count)
            return {};
        authenticator.failures = 0;
        authenticator.sign_count = highest;
        return transaction.update(authenticator.to_row());
    }

    ApprovedFacts m_facts;
};

Result<UsedApproval> use_approval(Record& record, Approval approval)
{
    return ApprovalUse(std::move(approval)).run(record);
}

}
