// Assertions and registrations made by tests/support/webauthn.py; libfido2 and @simplewebauthn/server
// answer for the same ones in tests/interop.
#include <gtest/gtest.h>

#include "support/vectors.h"
#include "webauthn/assertion.h"
#include "webauthn/attestation.h"

namespace qss::webauthn {

namespace {

using test::bytes_of;
using test::text_of;

const boost::json::value& vectors()
{
    static const auto value = test::read_vectors("webauthn.json");
    return value;
}

RelyingParty relying_party(const boost::json::value& group)
{
    return {text_of(group, "rp_id"), {"https://other.example", text_of(group, "origin")}};
}

}

TEST(WebauthnVectors, assertions)
{
    const auto& group = vectors().at("assertions");
    const auto key = crypto::PublicKey::from_spki(bytes_of(group, "public_key_spki"));
    ASSERT_TRUE(key.has_value());
    for (const auto& vector : group.at("cases").as_array()) {
        const Assertion assertion{bytes_of(vector, "credential_id"), bytes_of(vector, "authenticator_data"),
                                  bytes_of(vector, "client_data_json"), bytes_of(vector, "signature")};
        const auto result =
            check_assertion(assertion, bytes_of(group, "challenge"), relying_party(group), *key);
        EXPECT_EQ(result.has_value(), vector.at("accept").as_bool()) << text_of(vector, "name");
        EXPECT_TRUE(result || result.error().code == ErrorCode::verification_failed)
            << text_of(vector, "name");
    }
}

TEST(WebauthnVectors, registrations)
{
    const auto& group = vectors().at("registrations");
    const auto challenge = bytes_of(group, "challenge");
    const auto now = from_unix_ms(static_cast<std::int64_t>(test::number_of(group, "now_unix_ms")));
    const auto root = hex_decode(std::string(group.at("roots").at(0).as_string())).value();
    for (const auto& vector : group.at("cases").as_array()) {
        const auto name = text_of(vector, "name");
        for (const bool sandbox : {false, true}) {
            const AttestationPolicy policy{sandbox, {root}};
            const auto result = check_attestation(bytes_of(vector, "attestation_object"),
                                                  bytes_of(vector, "client_data_json"), challenge,
                                                  relying_party(group), policy, now);
            EXPECT_EQ(result.has_value(), vector.at(sandbox ? "sandbox" : "accept").as_bool())
                << name << (result ? "" : ": " + result.error().detail);
            if (!result) {
                EXPECT_EQ(result.error().code, ErrorCode::verification_failed) << name;
                continue;
            }
            EXPECT_EQ(result->credential_id, bytes_of(group, "credential_id")) << name;
            EXPECT_EQ(result->public_key.spki(), bytes_of(group, "public_key_spki")) << name;
            EXPECT_EQ(result->aaguid, bytes_of(group, "aaguid")) << name;
        }
    }
}

// What a deployment without accepted roots takes: nothing.
TEST(WebauthnVectors, no_roots_no_registrations)
{
    const auto& group = vectors().at("registrations");
    const auto now = from_unix_ms(static_cast<std::int64_t>(test::number_of(group, "now_unix_ms")));
    for (const auto& vector : group.at("cases").as_array())
        EXPECT_FALSE(check_attestation(bytes_of(vector, "attestation_object"),
                                       bytes_of(vector, "client_data_json"), bytes_of(group, "challenge"),
                                       relying_party(group), {}, now)
                         .has_value())
            << text_of(vector, "name");
}

}
