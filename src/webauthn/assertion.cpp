#include "webauthn/assertion.h"

#include "base/limits.h"
#include "crypto/digest.h"
#include "webauthn/authenticator_data.h"

namespace qss::webauthn {

Result<AssertionFacts> check_assertion(const Assertion& assertion, ByteView challenge, const RelyingParty& rp,
                                       const crypto::PublicKey& key)
{
    if (key.type() != crypto::KeyType::p256)
        return fail(ErrorCode::verification_failed, "authenticator's key is not ES256");
    if (assertion.credential_id.empty() ||
        assertion.credential_id.size() > limits::webauthn_credential_id_size)
        return fail(ErrorCode::verification_failed, "credential id");
    TRY(check_client_data(assertion.client_data_json, "webauthn.get", challenge, rp.origins));
    TRY_ASSIGN(data, check_authenticator_data(assertion.authenticator_data, rp.rp_id, Ceremony::assertion));
    const auto signed_data =
        concat({assertion.authenticator_data, crypto::sha256(assertion.client_data_json)});
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, signed_data);
    TRY(key.verify(crypto::SignatureAlgorithm::ecdsa_sha256, digest, assertion.signature));
    return AssertionFacts{data.sign_count};
}

}
