#include "webauthn/software_credential.h"

#include <gtest/gtest.h>

#include "webauthn/attestation.h"

namespace qss::webauthn {

TEST(SoftwareCredential, is_taken_by_sandboxes_alone)
{
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    const SoftwareCredential credential{Bytes(20, 7), "rp.example", "https://rp.example", key};
    const RelyingParty rp{"rp.example", {"https://rp.example"}};
    const Bytes challenge(32, 9);
    const auto registration = make_registration(credential, challenge).value();
    const auto now = from_unix_ms(0);
    const auto taken = check_attestation(registration.attestation_object, registration.client_data_json,
                                         challenge, rp, {true, {}}, now);
    ASSERT_TRUE(taken.has_value()) << taken.error().detail;
    EXPECT_TRUE(taken->software);
    EXPECT_EQ(taken->aaguid, to_bytes(software_aaguid));
    EXPECT_FALSE(check_attestation(registration.attestation_object, registration.client_data_json, challenge,
                                   rp, {false, {}}, now)
                     .has_value());
    const auto assertion = make_assertion(credential, challenge, 3).value();
    const auto facts = check_assertion(assertion, challenge, rp, taken->public_key);
    ASSERT_TRUE(facts.has_value()) << facts.error().detail;
    EXPECT_EQ(facts->sign_count, 3U);
    EXPECT_FALSE(check_assertion(make_assertion(credential, challenge, 3, flag_user_present).value(),
                                 challenge, rp, taken->public_key)
                     .has_value());
}

}
