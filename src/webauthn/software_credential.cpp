#include "webauthn/software_credential.h"

#include "crypto/digest.h"
#include "webauthn/cbor.h"
#include "webauthn/client_data.h"

namespace qss::webauthn {

namespace {

Result<Bytes> sign(const crypto::Signer& key, ByteView authenticator_data, ByteView client_data_json)
{
    const auto message = concat({authenticator_data, crypto::sha256(client_data_json)});
    return key.sign(crypto::SignatureAlgorithm::ecdsa_sha256,
                    crypto::Digest::of(crypto::HashAlgorithm::sha256, message));
}

}

Result<Registration> make_registration(const SoftwareCredential& credential, ByteView challenge,
                                       std::uint8_t flags)
{
    auto client_data = encode_client_data("webauthn.create", challenge, credential.origin);
    const auto fixed =
        encode_authenticator_data(credential.rp_id, static_cast<std::uint8_t>(flags | flag_attested_data), 0);
    const auto attested = encode_attested_credential(as_bytes(software_aaguid), credential.credential_id,
                                                     credential.key.public_key());
    const auto data = concat({fixed, attested});
    TRY_ASSIGN(signature, sign(credential.key, data, client_data));
    CborWriter object;
    object.map(3).text("fmt").text("packed");
    object.text("attStmt").map(2).text("alg").integer(-7).text("sig").bytes(signature);
    object.text("authData").bytes(data);
    return Registration{object.take(), std::move(client_data)};
}

Result<Assertion> make_assertion(const SoftwareCredential& credential, ByteView challenge,
                                 std::uint32_t sign_count, std::uint8_t flags)
{
    auto client_data = encode_client_data("webauthn.get", challenge, credential.origin);
    auto data = encode_authenticator_data(credential.rp_id, flags, sign_count);
    TRY_ASSIGN(signature, sign(credential.key, data, client_data));
    return Assertion{credential.credential_id, std::move(data), std::move(client_data), std::move(signature)};
}

}
