#include "webauthn/attestation.h"

#include "base/limits.h"
#include "crypto/digest.h"
#include "webauthn/authenticator_data.h"
#include "webauthn/cbor.h"
#include "webauthn/packed.h"

namespace qss::webauthn {

namespace {

constexpr std::size_t certificates_in_chain = 4;
constexpr std::size_t ecdsa_signature_size = 72; // P-256, DER
constexpr std::int64_t cose_es256 = -7;

// Each member of a map once: `seen` holds the names so far.
Status once(std::vector<std::string_view>& seen, std::string_view name)
{
    for (const auto earlier : seen)
        if (earlier == name)
            return fail(ErrorCode::malformed, "a member twice: " + std::string(name));
    seen.push_back(name);
    return {};
}

Status read_chain(CborReader& reader, std::vector<Bytes>& chain)
{
    TRY_ASSIGN(count, reader.array_up_to(certificates_in_chain));
    if (count == 0)
        return fail(ErrorCode::malformed, "x5c is empty");
    for (std::size_t i = 0; i < count; ++i) {
        TRY_ASSIGN(der, reader.bytes(limits::certificate_size));
        chain.push_back(to_bytes(der));
    }
    return {};
}

// 8.2: { alg, sig, ? x5c }
Result<PackedStatement> read_packed(CborReader& reader)
{
    PackedStatement statement;
    std::vector<std::string_view> seen;
    TRY_ASSIGN(pairs, reader.map_up_to(3));
    for (std::size_t i = 0; i < pairs; ++i) {
        TRY_ASSIGN(name, reader.text(8));
        TRY(once(seen, name));
        if (name == "alg") {
            TRY(reader.integer_is(cose_es256));
        } else if (name == "sig") {
            TRY_ASSIGN(signature, reader.bytes(ecdsa_signature_size));
            statement.signature = to_bytes(signature);
        } else if (name == "x5c") {
            TRY(read_chain(reader, statement.x5c));
        } else {
            return fail(ErrorCode::malformed, "a member that \"packed\" does not have");
        }
    }
    const bool complete = pairs == (statement.x5c.empty() ? 2U : 3U) && !statement.signature.empty();
    if (!complete)
        return fail(ErrorCode::malformed, "\"packed\" lacks alg or sig");
    return statement;
}

struct AttestationObject {
    ByteView authenticator_data;
    PackedStatement statement;
};

// 6.5.4: { fmt, attStmt, authData }. The statement can only be read once the format is known, and
// CTAP2's canonical order puts the format first; every browser keeps it.
Result<AttestationObject> read_object(ByteView encoded)
{
    if (encoded.size() > limits::attestation_object_size)
        return fail(ErrorCode::too_large, "too long");
    CborReader reader(encoded);
    AttestationObject object;
    std::vector<std::string_view> seen;
    bool is_packed = false;
    TRY(reader.map(3));
    for (int i = 0; i < 3; ++i) {
        TRY_ASSIGN(name, reader.text(8));
        TRY(once(seen, name));
        if (name == "fmt") {
            TRY_ASSIGN(format, reader.text(32));
            if (format != "packed")
                return fail(ErrorCode::unsupported, "format \"" + std::string(format) + "\" is not accepted");
            is_packed = true;
        } else if (name == "attStmt" && is_packed) {
            TRY_ASSIGN(statement, read_packed(reader));
            object.statement = std::move(statement);
        } else if (name == "authData") {
            TRY_ASSIGN(data, reader.bytes(limits::authenticator_data_size));
            object.authenticator_data = data;
        } else {
            return fail(ErrorCode::malformed, "a member that does not belong here");
        }
    }
    TRY(reader.finish());
    return object;
}

}

Result<NewCredential> check_attestation(ByteView attestation_object, ByteView client_data_json,
                                        ByteView challenge, const RelyingParty& rp,
                                        const AttestationPolicy& policy, TimePoint now)
{
    TRY(check_client_data(client_data_json, "webauthn.create", challenge, rp.origins));
    auto object = read_object(attestation_object);
    if (!object)
        return fail(ErrorCode::verification_failed, "attestation object: " + object.error().detail);
    TRY_ASSIGN(data, check_authenticator_data(object->authenticator_data, rp.rp_id, Ceremony::registration));
    auto& attested = *data.attested;
    const auto digest =
        crypto::Digest::of(crypto::HashAlgorithm::sha256,
                           concat({object->authenticator_data, crypto::sha256(client_data_json)}));
    const bool is_self = object->statement.x5c.empty();
    if (is_self && !policy.software_allowed)
        return fail(ErrorCode::verification_failed,
                    "attestation object: self attestation is for sandboxes alone");
    if (is_self)
        TRY(attested.public_key.verify(crypto::SignatureAlgorithm::ecdsa_sha256, digest,
                                       object->statement.signature));
    else
        TRY(check_attestation_chain(object->statement, digest, attested.aaguid, policy.roots, now));
    return NewCredential{std::move(attested.credential_id), std::move(attested.public_key),
                         std::move(attested.aaguid), data.sign_count, is_self};
}

}
