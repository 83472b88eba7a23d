#include "sam/keys.h"

#include "pki/crl.h"
#include "sam/certificate_link.h"
#include "sam/key_revocation.h"
#include "sam/lookups.h"
#include "statements/key_attestation.h"

namespace qss::sam {

namespace {

constexpr std::size_t ca_nonce_size = 32;

proto::sam::MakeKeyReply reply_for(const KeyRecord& key)
{
    proto::sam::MakeKeyReply reply;
    reply.set_key_id(to_string(key.id.bytes()));
    reply.set_spki(to_string(key.spki));
    reply.set_certificate(to_string(key.certificate));
    return reply;
}

// The live key of signer and pack, when there is one; and that the signer may have one.
Result<std::optional<KeyRecord>> existing_key(Transaction& transaction, const SignerId& signer_id,
                                              const PackId& pack, crypto::KeyType type)
{
    TRY_ASSIGN(signer, find_live_signer(transaction, signer_id));
    TRY_ASSIGN(bound, live_authenticators(transaction, signer.id));
    if (bound.empty())
        return fail(ErrorCode::conflict, "the signer has no authenticator: nobody could use the key");
    TRY_ASSIGN(row, transaction.find_by_lookup(Kind::key, KeyRecord::lookup(signer_id, pack)));
    if (!row)
        return std::optional<KeyRecord>();
    TRY_ASSIGN(key, KeyRecord::from_row(std::move(*row)));
    if (key.type != type)
        return fail(ErrorCode::conflict, "the signer has a key of another type for this pack");
    return std::optional<KeyRecord>(std::move(key));
}

}

Result<proto::sam::MakeKeyReply> Keys::make(const proto::sam::MakeKeyRequest& request)
{
    TRY_ASSIGN(signer_id, id_from<SignerId>(request.signer_id()));
    TRY_ASSIGN(pack_id, id_from<PackId>(request.pack_id()));
    TRY_ASSIGN(type, crypto::key_type_from_string(request.key_type()));
    const auto find_existing = [&](Transaction& transaction) {
        return existing_key(transaction, signer_id, pack_id, type);
    };
    TRY_ASSIGN(existing, m_environment.record.transact(find_existing));
    if (existing)
        return reply_for(*existing);
    TRY(crypto::check_may_issue(type, m_environment.clock.now()));
    TRY_ASSIGN(generated, crypto::is_rsa(type) ? m_pool.take(type) : m_environment.vault.generate(type));
    const KeyRecord made{.id = KeyId::generate(m_environment.random),
                         .signer_id = signer_id,
                         .pack_id = pack_id,
                         .type = type,
                         .spki = std::move(generated.spki),
                         .blob = std::move(generated.blob)};
    TRY_ASSIGN(key, m_environment.record.transact([&](Transaction& transaction) -> Result<KeyRecord> {
        TRY_ASSIGN(meanwhile, find_existing(transaction));
        if (meanwhile)
            return std::move(*meanwhile);
        transaction.event("key-made", made.id.bytes(), signer_id.bytes());
        TRY(transaction.insert(made.to_row()));
        return made;
    }));
    return reply_for(key);
}

Result<proto::sam::AttestKeyReply> Keys::attest(const proto::sam::AttestKeyRequest& request)
{
    TRY_ASSIGN(id, id_from<KeyId>(request.key_id()));
    if (request.ca_nonce().size() != ca_nonce_size)
        return fail(ErrorCode::invalid_argument, "the CA's nonce is 32 bytes");
    const auto config = m_environment.config.get();
    TRY_ASSIGN(evidence_key, m_environment.vault.evidence_key(*config));
    auto attest = [&](Transaction& transaction) -> Result<proto::sam::AttestKeyReply> {
        TRY_ASSIGN(key, find_live_key(transaction, id));
        TRY_ASSIGN(signer, find_live_signer(transaction, key.signer_id));
        TRY_ASSIGN(bound, live_authenticators(transaction, key.signer_id));
        if (bound.empty())
            return fail(ErrorCode::conflict, "the signer has no authenticator");
        const statements::KeyAttestation attestation{key.id,
                                                     key.signer_id,
                                                     key.pack_id,
                                                     key.spki,
                                                     signer.statement_hash,
                                                     to_bytes(request.ca_nonce()),
                                                     std::string(m_environment.vault.kind()),
                                                     config->is_sandbox(),
                                                     transaction.now()};
        TRY_ASSIGN(signed_attestation, statements::sign_statement(attestation.encode(), *evidence_key));
        transaction.event("key-attested", key.id.bytes(), signed_attestation.hash());
        proto::sam::AttestKeyReply reply;
        reply.set_key_attestation(to_string(signed_attestation.encode()));
        reply.set_registration_statement(to_string(signer.statement));
        return reply;
    };
    TRY_ASSIGN(attested, m_environment.record.transact(attest));
    m_environment.faults.reach("attested_not_replied");
    return attested;
}

Result<proto::sam::LinkCertificateReply> Keys::link(const proto::sam::LinkCertificateRequest& request)
{
    TRY_ASSIGN(id, id_from<KeyId>(request.key_id()));
    TRY_ASSIGN(certificate, pki::Certificate::from_der(as_bytes(request.certificate())));
    const auto config = m_environment.config.get();
    TRY_ASSIGN(issuer, issuer_key_of(certificate, *config));
    const auto status = m_environment.record.transact([&](Transaction& transaction) -> Status {
        TRY_ASSIGN(key, find_live_key(transaction, id));
        if (equal_public(key.certificate, certificate.der()))
            return {};
        TRY_ASSIGN(signer, find_live_signer(transaction, key.signer_id));
        TRY(check_link(certificate, key, signer, *config, transaction.now()));
        if (key.state == KeyRecord::linked)
            TRY(check_later(certificate, key.certificate));
        key.certificate = certificate.der();
        key.certificate_sha256 = certificate.sha256();
        key.certificate_validity = certificate.validity();
        key.issuer = issuer;
        key.state = KeyRecord::linked;
        transaction.event("certificate-linked", key.id.bytes(), certificate.sha256());
        return transaction.update(key.to_row());
    });
    TRY(status);
    m_environment.faults.reach("linked_not_replied");
    return proto::sam::LinkCertificateReply();
}

Result<proto::sam::RevokeKeyReply> Keys::revoke(const proto::sam::RevokeKeyRequest& request)
{
    TRY_ASSIGN(id, id_from<KeyId>(request.key_id()));
    const auto config = m_environment.config.get();
    TRY_ASSIGN(revocation, asked_revocation(request, request.reason(), *config, m_environment.clock.now()));
    TRY_ASSIGN(evidence_key, m_environment.vault.evidence_key(*config));
    TRY_ASSIGN(revoked, m_environment.record.transact([&](Transaction& transaction) -> Result<RevokedKey> {
        TRY_ASSIGN(key, find_key(transaction, id));
        return revoke_key(transaction, std::move(key), revocation, *evidence_key);
    }));
    m_environment.faults.reach("destroyed_not_replied");
    RevokedKeys{{revoked}}.forget(m_environment.vault);
    proto::sam::RevokeKeyReply reply;
    reply.set_receipt(to_string(revoked.receipt));
    return reply;
}

}
