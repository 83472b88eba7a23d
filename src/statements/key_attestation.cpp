#include "statements/key_attestation.h"

#include "base/canonical.h"
#include "base/limits.h"

namespace qss::statements {

namespace {

constexpr std::string_view key_tag = "QSS-KEY-v1";
constexpr std::string_view link_tag = "QSS-LINK-v1";
constexpr std::string_view revoked_tag = "QSS-REVOKED-v1";
constexpr std::size_t hash_size = 32;
constexpr std::size_t nonce_size = 32;
constexpr std::size_t aaguid_size = 16;
constexpr std::size_t p256_spki_size = 91; // uncompressed point, named curve
constexpr std::size_t key_store_size = 16;
constexpr std::uint64_t last_reason = 10; // RFC 5280 5.3.1: aACompromise

}

Bytes KeyAttestation::encode() const
{
    CanonicalWriter writer(key_tag);
    writer.bytes(key_id.bytes()).bytes(signer_id.bytes()).bytes(pack_id.bytes()).bytes(spki);
    writer.bytes(statement_hash).bytes(ca_nonce).text(key_store).u64(sandbox ? 1 : 0).time(attested_at);
    return writer.take();
}

Result<KeyAttestation> KeyAttestation::decode(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, key_tag));
    TRY_ASSIGN(key, reader.id<KeyId>());
    TRY_ASSIGN(signer, reader.id<SignerId>());
    TRY_ASSIGN(pack, reader.id<PackId>());
    TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
    TRY_ASSIGN(statement_hash, reader.bytes_exactly(hash_size));
    TRY_ASSIGN(ca_nonce, reader.bytes_exactly(nonce_size));
    TRY_ASSIGN(key_store, reader.text(key_store_size));
    TRY_ASSIGN(sandbox, reader.u64());
    TRY_ASSIGN(attested_at, reader.time());
    TRY(reader.finish());
    if (spki.empty() || sandbox > 1 || (key_store != "software" && key_store != "pkcs11"))
        return fail(ErrorCode::malformed, "key attestation: a value that does not exist");
    return KeyAttestation{key,
                          signer,
                          pack,
                          to_bytes(spki),
                          to_bytes(statement_hash),
                          to_bytes(ca_nonce),
                          std::move(key_store),
                          sandbox == 1,
                          attested_at};
}

Bytes LinkRecord::encode() const
{
    CanonicalWriter writer(link_tag);
    writer.bytes(signer_id.bytes())
        .bytes(authenticator_id.bytes())
        .bytes(credential_id)
        .bytes(public_key_spki);
    writer.bytes(aaguid).bytes(statement_hash).bytes(attestation_hash).time(bound_at);
    return writer.take();
}

Result<LinkRecord> LinkRecord::decode(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, link_tag));
    TRY_ASSIGN(signer, reader.id<SignerId>());
    TRY_ASSIGN(authenticator, reader.id<AuthenticatorId>());
    TRY_ASSIGN(credential_id, reader.bytes(limits::webauthn_credential_id_size));
    TRY_ASSIGN(spki, reader.bytes_exactly(p256_spki_size));
    TRY_ASSIGN(aaguid, reader.bytes_exactly(aaguid_size));
    TRY_ASSIGN(statement_hash, reader.bytes_exactly(hash_size));
    TRY_ASSIGN(attestation_hash, reader.bytes_exactly(hash_size));
    TRY_ASSIGN(bound_at, reader.time());
    TRY(reader.finish());
    if (credential_id.empty())
        return fail(ErrorCode::malformed, "link record: no credential id");
    return LinkRecord{signer,
                      authenticator,
                      to_bytes(credential_id),
                      to_bytes(spki),
                      to_bytes(aaguid),
                      to_bytes(statement_hash),
                      to_bytes(attestation_hash),
                      bound_at};
}

Bytes RevocationReceipt::encode() const
{
    CanonicalWriter writer(revoked_tag);
    writer.bytes(key_id.bytes())
        .bytes(signer_id.bytes())
        .bytes(certificate_sha256)
        .u64(reason)
        .time(revoked_at)
        .text(requested_by)
        .time(requested_at);
    return writer.take();
}

Result<RevocationReceipt> RevocationReceipt::decode(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, revoked_tag));
    TRY_ASSIGN(key, reader.id<KeyId>());
    TRY_ASSIGN(signer, reader.id<SignerId>());
    TRY_ASSIGN(certificate, reader.bytes(hash_size));
    TRY_ASSIGN(reason, reader.u64());
    TRY_ASSIGN(revoked_at, reader.time());
    TRY_ASSIGN(requested_by, reader.text(limits::label_size));
    TRY_ASSIGN(requested_at, reader.time());
    TRY(reader.finish());
    if ((!certificate.empty() && certificate.size() != hash_size) || reason > last_reason)
        return fail(ErrorCode::malformed, "revocation receipt: a value that does not exist");
    return RevocationReceipt{
        key, signer, to_bytes(certificate), reason, revoked_at, std::move(requested_by), requested_at};
}

}
