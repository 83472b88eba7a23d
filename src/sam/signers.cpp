#include "sam/signers.h"

#include <tuple>

#include "base/canonical.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "sam/key_revocation.h"
#include "sam/lookups.h"
#include "sam/removal.h"

namespace qss::sam {

namespace {

struct Vouched {
    statements::RegistrationStatement statement;
    Bytes transport;
    Bytes hash;
};

Result<Vouched> verify_statement(ByteView transport, const Config& config)
{
    TRY_ASSIGN(signed_statement, statements::SignedStatement::decode(transport));
    const auto* officer = config.find_officer(signed_statement.signer_key_id);
    if (officer == nullptr)
        return fail(ErrorCode::forbidden, "the statement is not by a registration officer of the ceremony");
    if (config.is_revoked(signed_statement.signer_key_id))
        return fail(ErrorCode::forbidden, "the statement's officer was revoked");
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(officer->spki));
    TRY(signed_statement.verify(key));
    TRY_ASSIGN(statement, statements::RegistrationStatement::decode(signed_statement.encoding));
    return Vouched{std::move(statement), to_bytes(transport), signed_statement.hash()};
}

// An enrolment key serves one statement, for ever: an invitation that an officer handed out before, to this
// signer or to another one, does not open this one's enrolment.
Status claim_enrolment_key(Transaction& transaction, const Vouched& vouched)
{
    const auto id = crypto::sha256(vouched.statement.enrolment_spki);
    TRY_ASSIGN(known, transaction.find(Kind::enrolment_key, id));
    if (known)
        return fail(ErrorCode::conflict, "the enrolment key is that of another statement");
    Row row;
    row.kind = Kind::enrolment_key;
    row.id = id;
    row.owner = to_bytes(vouched.statement.signer_id.bytes());
    row.contents = CanonicalWriter("enrolment-key").bytes(vouched.hash).take();
    return transaction.insert(std::move(row));
}

Status create(Transaction& transaction, const Vouched& vouched)
{
    TRY(claim_enrolment_key(transaction, vouched));
    const auto& statement = vouched.statement;
    SignerRecord signer{.id = statement.signer_id,
                        .enterprise_id = statement.enterprise_id,
                        .sequence = statement.sequence,
                        .statement = vouched.transport,
                        .statement_hash = vouched.hash,
                        .may_bind_first = true,
                        .last_removal = {}};
    transaction.event("signer-registered", statement.signer_id.bytes(), vouched.hash);
    return transaction.insert(signer.to_row());
}

// A first authenticator may be bound on the strength of this statement only if none is bound, and only
// if the officer verified the person after the last one was removed: a statement that was held back, or
// made for another reason, is no permission to enrol anew.
Result<bool> opens_enrolment(Transaction& transaction, const SignerRecord& signer,
                             const statements::RegistrationStatement& statement)
{
    TRY_ASSIGN(bound, live_authenticators(transaction, signer.id));
    if (!bound.empty())
        return false;
    const bool never_bound = signer.last_removal == TimePoint{};
    return never_bound || statement.verified_at > signer.last_removal;
}

// Whose phone is bound stays who she is: else one lawful signer's phone would come to sign for the next
// person whom an honest officer vouches for, if only qss-api names that signer in the request.
Status check_same_person(Transaction& transaction, const SignerRecord& signer,
                         const statements::RegistrationStatement& statement)
{
    TRY_ASSIGN(bound, live_authenticators(transaction, signer.id));
    if (bound.empty())
        return {};
    TRY_ASSIGN(before, signer.registration());
    const auto person = [](const statements::RegistrationStatement& s) {
        return std::tie(s.given_name, s.surname, s.identity_number, s.organisation, s.country);
    };
    if (person(before) == person(statement))
        return {};
    log::alarm("a signer whose phone is bound was to become another person", {{"signer", signer.id.text()}});
    return fail(ErrorCode::conflict,
                "a signer with a bound phone keeps name, identity number and organisation: "
                "remove the phones first");
}

Result<bool> supersede(Transaction& transaction, SignerRecord signer, const Vouched& vouched)
{
    const auto& statement = vouched.statement;
    if (signer.state == SignerRecord::destroyed)
        return fail(ErrorCode::gone, "the signer was destroyed");
    if (equal_public(signer.statement_hash, vouched.hash))
        return false;
    if (signer.enterprise_id != statement.enterprise_id)
        return fail(ErrorCode::conflict, "the signer belongs to another enterprise");
    if (statement.sequence <= signer.sequence)
        return fail(ErrorCode::conflict, "a statement of this sequence or a later one is known already");
    TRY(check_same_person(transaction, signer, statement));
    TRY(claim_enrolment_key(transaction, vouched));
    TRY_ASSIGN(may_bind_first, opens_enrolment(transaction, signer, statement));
    signer.sequence = statement.sequence;
    signer.statement = vouched.transport;
    signer.statement_hash = vouched.hash;
    signer.may_bind_first = may_bind_first;
    transaction.event("signer-statement-superseded", signer.id.bytes(), vouched.hash);
    TRY(transaction.update(signer.to_row()));
    return true;
}

}

Result<proto::sam::RegisterSignerReply> Signers::register_signer(
    const proto::sam::RegisterSignerRequest& request)
{
    const auto config = m_environment.config.get();
    TRY_ASSIGN(vouched, verify_statement(as_bytes(request.registration_statement()), *config));
    TRY_ASSIGN(changed, m_environment.record.transact([&vouched](Transaction& transaction) -> Result<bool> {
        TRY_ASSIGN(row, transaction.find(Kind::signer, vouched.statement.signer_id.bytes()));
        if (row) {
            TRY_ASSIGN(signer, SignerRecord::from_row(std::move(*row)));
            return supersede(transaction, std::move(signer), vouched);
        }
        TRY(create(transaction, vouched));
        return true;
    }));
    proto::sam::RegisterSignerReply reply;
    reply.set_signer_id(to_string(vouched.statement.signer_id.bytes()));
    reply.set_changed(changed);
    return reply;
}

Result<proto::sam::DestroySignerReply> Signers::destroy(const proto::sam::DestroySignerRequest& request)
{
    TRY_ASSIGN(id, id_from<SignerId>(request.signer_id()));
    const auto config = m_environment.config.get();
    TRY_ASSIGN(revocation,
               asked_revocation(request, request.reason() == 0 ? reason_cessation : request.reason(), *config,
                                m_environment.clock.now()));
    TRY_ASSIGN(evidence_key, m_environment.vault.evidence_key(*config));
    TRY_ASSIGN(revoked, m_environment.record.transact([&](Transaction& transaction) -> Result<RevokedKeys> {
        TRY_ASSIGN(row, transaction.find(Kind::signer, id.bytes()));
        if (!row)
            return fail(ErrorCode::not_found, "signer " + id.text());
        TRY_ASSIGN(signer, SignerRecord::from_row(std::move(*row)));
        if (signer.state == SignerRecord::live) {
            TRY_ASSIGN(bound, live_authenticators(transaction, id));
            for (auto& authenticator : bound)
                TRY(remove_authenticator(transaction, std::move(authenticator)));
            signer.state = SignerRecord::destroyed;
            signer.may_bind_first = false;
            transaction.event("signer-destroyed", id.bytes());
            TRY(transaction.update(signer.to_row()));
        }
        return revoke_all_keys(transaction, id, revocation, *evidence_key);
    }));
    proto::sam::DestroySignerReply reply;
    revoked.forget(m_environment.vault);
    for (const auto& key : revoked.keys) {
        reply.add_revoked_key_ids(to_string(key.key_id.bytes()));
        reply.add_receipts(to_string(key.receipt));
    }
    return reply;
}

}
