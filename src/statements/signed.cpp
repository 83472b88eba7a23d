#include "statements/signed.h"

#include "base/canonical.h"

namespace qss::statements {

namespace {

constexpr std::string_view tag = "QSS-SIGNED-v1";
constexpr std::size_t key_id_size = 32;
constexpr std::size_t p256_signature_size = 72; // the longest DER form

}

Result<SignedStatement> SignedStatement::decode(ByteView transport, std::size_t max_size)
{
    TRY_ASSIGN(reader, CanonicalReader::open(transport, tag));
    TRY_ASSIGN(encoding, reader.bytes(max_size));
    TRY_ASSIGN(key_id, reader.bytes_exactly(key_id_size));
    TRY_ASSIGN(signature, reader.bytes(p256_signature_size));
    TRY(reader.finish());
    return SignedStatement{to_bytes(encoding), to_bytes(key_id), to_bytes(signature)};
}

Bytes SignedStatement::encode() const
{
    return CanonicalWriter(tag).bytes(encoding).bytes(signer_key_id).bytes(signature).take();
}

Bytes SignedStatement::hash() const
{
    return crypto::sha256(encoding);
}

Status SignedStatement::verify(const crypto::PublicKey& key) const
{
    if (key.type() != crypto::KeyType::p256)
        return fail(ErrorCode::verification_failed, "statements are signed with P-256");
    if (!equal_public(signer_key_id, key_id_of(key)))
        return fail(ErrorCode::verification_failed, "statement names another key");
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, encoding);
    return key.verify(crypto::SignatureAlgorithm::ecdsa_sha256, digest, signature);
}

Bytes key_id_of(const crypto::PublicKey& key)
{
    return crypto::sha256(key.spki());
}

Result<SignedStatement> sign_statement(Bytes encoding, const crypto::Signer& signer)
{
    if (signer.public_key().type() != crypto::KeyType::p256)
        return fail(ErrorCode::unsupported, "statements are signed with P-256");
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, encoding);
    TRY_ASSIGN(signature, signer.sign(crypto::SignatureAlgorithm::ecdsa_sha256, digest));
    return SignedStatement{std::move(encoding), key_id_of(signer.public_key()), std::move(signature)};
}

}
