// The encodings and challenges of docs/protocol-sam.md against those of the independent implementation.
#include <gtest/gtest.h>

#include "sap/evidence.h"
#include "support/vectors.h"

namespace qss::sap {

namespace {

using test::bytes_of;
using test::id_of;
using test::number_of;
using test::text_of;

const boost::json::value& vectors()
{
    static const auto value = test::read_vectors("sap.json");
    return value;
}

std::vector<Bytes> bytes_list(const boost::json::value& list)
{
    std::vector<Bytes> items;
    for (const auto& item : list.as_array())
        items.push_back(hex_decode(std::string(item.as_string())).value());
    return items;
}

ChallengeInput input_of(const boost::json::value& in)
{
    const auto algorithm =
        crypto::signature_algorithm_from_string(text_of(in, "signature_algorithm")).value();
    std::vector<crypto::Digest> digests;
    for (const auto& bytes : bytes_list(in.at("digests")))
        digests.push_back(crypto::Digest::from_bytes(crypto::hash_of(algorithm), bytes).value());
    return {id_of<SessionId>(in, "session_id"),
            bytes_of(in, "nonce"),
            from_unix_ms(static_cast<std::int64_t>(number_of(in, "expires_at_unix_ms"))),
            id_of<SignerId>(in, "signer_id"),
            id_of<KeyId>(in, "key_id"),
            bytes_of(in, "certificate_sha256"),
            algorithm,
            digests,
            bytes_of(in, "display_hash"),
            text_of(in, "rp_id")};
}

}

TEST(SapVectors, display_records)
{
    for (const auto& vector : vectors().at("display_records").as_array()) {
        const auto& in = vector.at("input");
        DisplayRecord record{text_of(in, "enterprise"),      text_of(in, "pack"),
                             text_of(in, "application"),     text_of(in, "language"),
                             text_of(in, "consent_version"), {}};
        for (const auto& label : in.at("labels").as_array())
            record.labels.emplace_back(label.as_string());
        EXPECT_EQ(record.encode(), bytes_of(vector, "encoding"));
        EXPECT_EQ(record.hash(), bytes_of(vector, "sha256"));
        const auto decoded = DisplayRecord::decode(record.encode());
        ASSERT_TRUE(decoded.has_value()) << decoded.error().detail;
        EXPECT_EQ(decoded->encode(), record.encode());
    }
}

TEST(SapVectors, challenges)
{
    for (const auto& vector : vectors().at("challenges").as_array()) {
        const auto input = input_of(vector.at("input"));
        EXPECT_EQ(hex_encode(input.encode()), text_of(vector, "encoding"));
        EXPECT_EQ(hex_encode(input.challenge()), text_of(vector, "challenge"));
        const auto decoded = ChallengeInput::decode(input.encode());
        ASSERT_TRUE(decoded.has_value()) << decoded.error().detail;
        EXPECT_EQ(decoded->encode(), input.encode());
    }
}

TEST(SapVectors, additions)
{
    for (const auto& vector : vectors().at("additions").as_array()) {
        const auto& in = vector.at("input");
        const auto challenge =
            addition_challenge(id_of<SignerId>(in, "signer_id"), bytes_of(in, "binding_challenge"),
                               bytes_of(in, "new_spki"), text_of(in, "rp_id"));
        EXPECT_EQ(hex_encode(challenge), text_of(vector, "challenge"));
    }
}

TEST(SapVectors, enrolments)
{
    for (const auto& vector : vectors().at("enrolments").as_array()) {
        const auto& in = vector.at("input");
        const auto message =
            enrolment_message(id_of<SignerId>(in, "signer_id"), bytes_of(in, "binding_challenge"),
                              bytes_of(in, "new_spki"), text_of(in, "rp_id"));
        EXPECT_EQ(hex_encode(message), text_of(vector, "encoding"));
    }
}

TEST(SapVectors, evidence)
{
    for (const auto& vector : vectors().at("evidence").as_array()) {
        const auto& in = vector.at("input");
        const auto& assertion = in.at("assertion");
        const Evidence evidence{ChallengeInput::decode(bytes_of(in, "input_encoding")).value(),
                                bytes_of(in, "display_record"),
                                {bytes_of(assertion, "credential_id"),
                                 bytes_of(assertion, "authenticator_data"),
                                 bytes_of(assertion, "client_data_json"), bytes_of(assertion, "signature")},
                                bytes_of(in, "link"),
                                bytes_of(in, "registration"),
                                bytes_list(in.at("signatures")),
                                bytes_of(in, "signing_certificate"),
                                bytes_of(in, "issuing_ca_certificate"),
                                bytes_of(in, "evidence_certificate"),
                                bytes_of(in, "officer_certificate"),
                                from_unix_ms(static_cast<std::int64_t>(number_of(in, "used_at_unix_ms")))};
        EXPECT_EQ(hex_encode(evidence.encode()), text_of(vector, "encoding"));
        const auto decoded = Evidence::decode(evidence.encode());
        ASSERT_TRUE(decoded.has_value()) << decoded.error().detail;
        EXPECT_EQ(decoded->encode(), evidence.encode());
    }
}

}
