#include "sam/authenticators.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "sam/key_revocation.h"
#include "sam/lookups.h"
#include "sam/removal.h"
#include "statements/key_attestation.h"

namespace qss::sam {

struct Authenticators::Proposal {
    Bytes challenge;
    Bytes new_spki;
    SignerRecord signer;
    std::vector<AuthenticatorRecord> bound;
    std::optional<AuthenticatorId> approved_by;
};

namespace {

proto::sam::BindReply reply_for(const AuthenticatorRecord& authenticator)
{
    proto::sam::BindReply reply;
    reply.set_authenticator_id(to_string(authenticator.id.bytes()));
    reply.set_credential_id(to_string(authenticator.credential_id));
    reply.set_public_key_spki(to_string(authenticator.public_key_spki));
    reply.set_link_record(to_string(authenticator.link_record));
    return reply;
}

}

Error note_wrong_assertion(Record& record, const AuthenticatorId& id, const Error& wrong)
{
    const auto locked = record.transact([&id](Transaction& transaction) -> Result<bool> {
        TRY_ASSIGN(row, transaction.find(Kind::authenticator, id.bytes()));
        if (!row)
            return fail(ErrorCode::tampered, "the authenticator is missing");
        TRY_ASSIGN(authenticator, AuthenticatorRecord::from_row(std::move(*row)));
        if (authenticator.is_locked())
            return true;
        ++authenticator.failures;
        transaction.event("assertion-refused", id.bytes());
        TRY(transaction.update(authenticator.to_row()));
        return authenticator.is_locked();
    });
    if (!locked)
        return locked.error();
    if (*locked) {
        log::alarm("an authenticator is locked after wrong assertions", {{"authenticator", id.text()}});
        return {ErrorCode::locked, "the authenticator is locked; " + wrong.detail};
    }
    return wrong;
}

webauthn::Assertion assertion_from(const proto::sam::Assertion& message)
{
    return {to_bytes(message.credential_id()), to_bytes(message.authenticator_data()),
            to_bytes(message.client_data_json()), to_bytes(message.signature())};
}

Result<proto::sam::BeginBindingReply> Authenticators::begin_binding(
    const proto::sam::BeginBindingRequest& request)
{
    TRY_ASSIGN(id, id_from<SignerId>(request.signer_id()));
    TRY_ASSIGN(is_bound, m_environment.record.transact([&id](Transaction& transaction) -> Result<bool> {
        TRY_ASSIGN(signer, find_live_signer(transaction, id));
        TRY_ASSIGN(bound, live_authenticators(transaction, id));
        if (bound.empty() && !signer.may_bind_first)
            return fail(ErrorCode::forbidden, "a first authenticator needs a new registration statement");
        return !bound.empty();
    }));
    TRY_ASSIGN(issued, m_challenges.issue(id, m_environment.random, m_environment.clock.now()));
    proto::sam::BeginBindingReply reply;
    reply.set_challenge(to_string(issued.challenge));
    reply.set_expires_at_unix_ms(to_unix_ms(issued.expires_at));
    reply.set_approval_needed(is_bound);
    return reply;
}

// Whoever makes and checks the one-time codes could enrol in the signer's place; only who was handed the
// statement's enrolment key can sign for the new authenticator, this challenge and this signer.
Status Authenticators::check_enrolment(const proto::sam::BindRequest& request, const Proposal& proposal,
                                       const Config& config)
{
    if (!proposal.signer.may_bind_first)
        return fail(ErrorCode::forbidden, "a first authenticator needs a new registration statement");
    if (request.enrolment_signature().empty())
        return fail(ErrorCode::verification_failed,
                    "a first authenticator needs the signature of the statement's enrolment key");
    TRY_ASSIGN(statement, proposal.signer.registration());
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(statement.enrolment_spki));
    const auto message =
        sap::enrolment_message(proposal.signer.id, proposal.challenge, proposal.new_spki, config.rp.rp_id);
    const auto verified = key.verify(crypto::SignatureAlgorithm::ecdsa_sha256,
                                     crypto::Digest::of(crypto::HashAlgorithm::sha256, message),
                                     as_bytes(request.enrolment_signature()));
    if (!verified) {
        log::alarm("an authenticator was to be bound without the signer's invitation",
                   {{"signer", proposal.signer.id.text()}});
        return fail(ErrorCode::verification_failed, "the enrolment signature does not hold");
    }
    return {};
}

Result<std::optional<AuthenticatorId>> Authenticators::check_approval(const proto::sam::BindRequest& request,
                                                                      const Proposal& proposal,
                                                                      const Config& config)
{
    if (proposal.bound.empty()) {
        TRY(check_enrolment(request, proposal, config));
        return std::optional<AuthenticatorId>();
    }
    if (!request.has_approval())
        return fail(ErrorCode::verification_failed,
                    "another authenticator needs the approval of one that is bound");
    const auto approval = assertion_from(request.approval());
    const auto approver = std::find_if(
        proposal.bound.begin(), proposal.bound.end(), [&approval](const AuthenticatorRecord& candidate) {
            return equal_public(candidate.credential_id, approval.credential_id);
        });
    if (approver == proposal.bound.end())
        return fail(ErrorCode::verification_failed, "the approval is not by an authenticator of this signer");
    if (approver->is_locked())
        return fail(ErrorCode::locked, "the authenticator is locked");
    const auto challenge =
        sap::addition_challenge(proposal.signer.id, proposal.challenge, proposal.new_spki, config.rp.rp_id);
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(approver->public_key_spki));
    const auto checked = webauthn::check_assertion(approval, challenge, config.rp, key);
    if (!checked)
        return fail(note_wrong_assertion(m_environment.record, approver->id, checked.error()));
    return std::optional<AuthenticatorId>(approver->id);
}

// Everything that permitted the binding is read again: it may have changed since.
Status Authenticators::store(Transaction& transaction, const Proposal& proposal,
                             const AuthenticatorRecord& authenticator)
{
    TRY_ASSIGN(signer, find_live_signer(transaction, proposal.signer.id));
    if (!equal_public(signer.statement_hash, proposal.signer.statement_hash))
        return fail(ErrorCode::conflict, "the registration statement has changed meanwhile");
    TRY_ASSIGN(bound, live_authenticators(transaction, signer.id));
    if (bound.size() >= limits::authenticators_per_signer)
        return fail(ErrorCode::quota_reached, "the signer has as many authenticators as can be");
    if (proposal.approved_by) {
        const auto approver =
            std::find_if(bound.begin(), bound.end(), [&proposal](const AuthenticatorRecord& one) {
                return one.id == *proposal.approved_by && !one.is_locked();
            });
        if (approver == bound.end())
            return fail(ErrorCode::conflict, "the approving authenticator was removed or locked meanwhile");
    } else if (!bound.empty() || !signer.may_bind_first) {
        return fail(ErrorCode::conflict, "another authenticator was bound meanwhile");
    }
    if (signer.may_bind_first) { // used up
        signer.may_bind_first = false;
        TRY(transaction.update(signer.to_row()));
    }
    transaction.event("authenticator-bound", authenticator.id.bytes(), signer.id.bytes());
    return transaction.insert(authenticator.to_row());
}

// The reply to a BIND that was carried out already, when this is that one again: its caller may have
// crashed before it knew. The attestation signs the challenge, so that the same object is the same BIND.
Result<std::optional<proto::sam::BindReply>> Authenticators::find_done(const SignerId& signer_id,
                                                                       const proto::sam::BindRequest& request)
{
    const auto config = m_environment.config.get();
    TRY_ASSIGN(credential, webauthn::check_attestation(
                               as_bytes(request.attestation_object()), as_bytes(request.client_data_json()),
                               as_bytes(request.challenge()), config->rp, config->attestation_policy(),
                               m_environment.clock.now()));
    return m_environment.record.transact(
        [&](Transaction& transaction) -> Result<std::optional<proto::sam::BindReply>> {
            TRY_ASSIGN(row, transaction.find_by_lookup(
                                Kind::authenticator, AuthenticatorRecord::lookup(credential.credential_id)));
            if (!row)
                return std::optional<proto::sam::BindReply>();
            TRY_ASSIGN(known, AuthenticatorRecord::from_row(std::move(*row)));
            TRY_ASSIGN(signed_link, statements::SignedStatement::decode(known.link_record));
            TRY_ASSIGN(link, statements::LinkRecord::decode(signed_link.encoding));
            if (known.state != AuthenticatorRecord::live || known.signer_id != signer_id ||
                !equal_public(link.attestation_hash, crypto::sha256(as_bytes(request.attestation_object()))))
                return std::optional<proto::sam::BindReply>();
            return std::optional(reply_for(known));
        });
}

Result<proto::sam::BindReply> Authenticators::bind(const proto::sam::BindRequest& request)
{
    TRY_ASSIGN(signer_id, id_from<SignerId>(request.signer_id()));
    const auto config = m_environment.config.get();
    const auto now = m_environment.clock.now();
    const auto taken = m_challenges.take(signer_id, as_bytes(request.challenge()), now);
    if (!taken) {
        auto done = find_done(signer_id, request);
        if (done && *done)
            return std::move(**done);
        return fail(taken.error());
    }
    TRY_ASSIGN(credential, webauthn::check_attestation(
                               as_bytes(request.attestation_object()), as_bytes(request.client_data_json()),
                               as_bytes(request.challenge()), config->rp, config->attestation_policy(), now));
    TRY_ASSIGN(proposal, m_environment.record.transact([&](Transaction& transaction) -> Result<Proposal> {
        TRY_ASSIGN(signer, find_live_signer(transaction, signer_id));
        TRY_ASSIGN(bound, live_authenticators(transaction, signer_id));
        return Proposal{to_bytes(request.challenge()),
                        credential.public_key.spki(),
                        std::move(signer),
                        std::move(bound),
                        {}};
    }));
    TRY_ASSIGN(approved_by, check_approval(request, proposal, *config));
    proposal.approved_by = approved_by;

    const auto id = AuthenticatorId::generate(m_environment.random);
    const statements::LinkRecord link{signer_id,
                                      id,
                                      credential.credential_id,
                                      credential.public_key.spki(),
                                      credential.aaguid,
                                      proposal.signer.statement_hash,
                                      crypto::sha256(as_bytes(request.attestation_object())),
                                      now};
    TRY_ASSIGN(evidence_key, m_environment.vault.evidence_key(*config));
    TRY_ASSIGN(signed_link, statements::sign_statement(link.encode(), *evidence_key));
    const AuthenticatorRecord authenticator{.id = id,
                                            .signer_id = signer_id,
                                            .credential_id = credential.credential_id,
                                            .public_key_spki = credential.public_key.spki(),
                                            .sign_count = credential.sign_count,
                                            .link_record = signed_link.encode(),
                                            .statement = proposal.signer.statement};
    TRY(m_environment.record.transact(
        [&](Transaction& transaction) { return store(transaction, proposal, authenticator); }));
    return reply_for(authenticator);
}

Result<proto::sam::RemoveAuthenticatorReply> Authenticators::remove(
    const proto::sam::RemoveAuthenticatorRequest& request)
{
    TRY_ASSIGN(signer_id, id_from<SignerId>(request.signer_id()));
    TRY_ASSIGN(id, id_from<AuthenticatorId>(request.authenticator_id()));
    const auto config = m_environment.config.get();
    TRY_ASSIGN(revocation, asked_revocation(request, reason_cessation, *config, m_environment.clock.now()));
    TRY_ASSIGN(evidence_key, m_environment.vault.evidence_key(*config));
    std::size_t remaining = 0;
    TRY_ASSIGN(revoked, m_environment.record.transact([&](Transaction& transaction) -> Result<RevokedKeys> {
        TRY_ASSIGN(signer, find_live_signer(transaction, signer_id));
        TRY_ASSIGN(row, transaction.find(Kind::authenticator, id.bytes()));
        if (!row || !equal_public(row->owner, signer_id.bytes()))
            return fail(ErrorCode::not_found, "the signer has no such authenticator");
        TRY_ASSIGN(authenticator, AuthenticatorRecord::from_row(std::move(*row)));
        const bool was_live = authenticator.state == AuthenticatorRecord::live;
        if (was_live)
            TRY(remove_authenticator(transaction, std::move(authenticator)));
        TRY_ASSIGN(bound, live_authenticators(transaction, signer_id));
        remaining = bound.size();
        if (remaining != 0)
            return RevokedKeys{};
        if (was_live) {
            signer.last_removal = transaction.now();
            signer.may_bind_first = false;
            TRY(transaction.update(signer.to_row()));
        }
        return revoke_all_keys(transaction, signer_id, revocation, *evidence_key);
    }));
    revoked.forget(m_environment.vault);
    proto::sam::RemoveAuthenticatorReply reply;
    reply.set_remaining(static_cast<std::uint32_t>(remaining));
    for (const auto& key : revoked.keys) {
        reply.add_revoked_key_ids(to_string(key.key_id.bytes()));
        reply.add_receipts(to_string(key.receipt));
    }
    return reply;
}

}
