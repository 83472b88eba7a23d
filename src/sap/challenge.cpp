#include "sap/challenge.h"

#include "base/canonical.h"
#include "base/limits.h"

namespace qss::sap {

namespace {

constexpr std::string_view tag = "QSS-SAD-v1";
constexpr std::string_view addition_tag = "QSS-ADD-v1";
constexpr std::string_view enrolment_tag = "QSS-ENROL-v1";
constexpr std::size_t hash_size = 32;
constexpr std::size_t nonce_size = 32;
constexpr std::size_t name_size = 64;  // of an algorithm, or a dotted OID
constexpr std::size_t rp_id_size = 253; // a DNS name

// "1 to 100 digests": the count, then each, all of `hash`.
Result<std::vector<crypto::Digest>> read_digests(CanonicalReader& reader, crypto::HashAlgorithm hash)
{
    TRY_ASSIGN(count, reader.count(limits::digests_per_session));
    if (count == 0)
        return fail(ErrorCode::malformed, "challenge: no digests");
    std::vector<crypto::Digest> digests;
    digests.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        TRY_ASSIGN(value, reader.bytes_exactly(crypto::digest_size(hash)));
        TRY_ASSIGN(digest, crypto::Digest::from_bytes(hash, value));
        digests.push_back(std::move(digest));
    }
    return digests;
}

Bytes encode_joining(std::string_view joining_tag, const SignerId& signer, ByteView binding_challenge,
                     ByteView new_spki, std::string_view rp_id)
{
    CanonicalWriter writer(joining_tag);
    return writer.bytes(signer.bytes()).bytes(binding_challenge).bytes(new_spki).text(rp_id).take();
}

}

Bytes ChallengeInput::encode() const
{
    QSS_ASSERT(!digests.empty() && digests.size() <= limits::digests_per_session);
    const auto hash = crypto::hash_of(signature_algorithm);
    CanonicalWriter writer(tag);
    writer.bytes(session_id.bytes())
        .bytes(nonce)
        .time(expires_at)
        .bytes(signer_id.bytes())
        .bytes(key_id.bytes());
    writer.bytes(certificate_sha256).text(crypto::oid(hash)).text(crypto::to_string(signature_algorithm));
    writer.u64(digests.size());
    for (const auto& digest : digests) {
        QSS_ASSERT(digest.algorithm() == hash);
        writer.bytes(digest.bytes());
    }
    return writer.bytes(display_hash).text(rp_id).take();
}

Result<ChallengeInput> ChallengeInput::decode(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, tag));
    TRY_ASSIGN(session, reader.id<SessionId>());
    TRY_ASSIGN(nonce, reader.bytes_exactly(nonce_size));
    TRY_ASSIGN(expires_at, reader.time());
    TRY_ASSIGN(signer, reader.id<SignerId>());
    TRY_ASSIGN(key, reader.id<KeyId>());
    TRY_ASSIGN(certificate, reader.bytes_exactly(hash_size));
    TRY_ASSIGN(hash_oid, reader.text(name_size));
    TRY_ASSIGN(algorithm_name, reader.text(name_size));
    TRY_ASSIGN(algorithm, crypto::signature_algorithm_from_string(algorithm_name));
    if (hash_oid != crypto::oid(crypto::hash_of(algorithm)))
        return fail(ErrorCode::malformed, "challenge: the hash is not that of the signature algorithm");
    TRY_ASSIGN(digests, read_digests(reader, crypto::hash_of(algorithm)));
    TRY_ASSIGN(display_hash, reader.bytes_exactly(hash_size));
    TRY_ASSIGN(rp_id, reader.text(rp_id_size));
    TRY(reader.finish());
    if (rp_id.empty())
        return fail(ErrorCode::malformed, "challenge: no relying party");
    return ChallengeInput{session,
                          to_bytes(nonce),
                          expires_at,
                          signer,
                          key,
                          to_bytes(certificate),
                          algorithm,
                          std::move(digests),
                          to_bytes(display_hash),
                          rp_id};
}

Bytes ChallengeInput::challenge() const
{
    return crypto::sha256(encode());
}

Bytes addition_challenge(const SignerId& signer, ByteView binding_challenge, ByteView new_spki,
                         std::string_view rp_id)
{
    return crypto::sha256(encode_joining(addition_tag, signer, binding_challenge, new_spki, rp_id));
}

Bytes enrolment_message(const SignerId& signer, ByteView binding_challenge, ByteView new_spki,
                        std::string_view rp_id)
{
    return encode_joining(enrolment_tag, signer, binding_challenge, new_spki, rp_id);
}

}
