// The encodings of docs/protocol-sam.md against those of the independent implementation.
#include <gtest/gtest.h>

#include "statements/key_attestation.h"
#include "statements/registration.h"
#include "statements/signed.h"
#include "support/vectors.h"

namespace qss::statements {

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

TimePoint time_of(const boost::json::value& object, std::string_view member)
{
    return from_unix_ms(static_cast<std::int64_t>(number_of(object, member)));
}

// The same bytes are made from the values and again from what was read from them.
template <class Statement>
void expect_same(const Statement& statement, const Bytes& expected)
{
    EXPECT_EQ(hex_encode(statement.encode()), hex_encode(expected));
    const auto decoded = Statement::decode(expected);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().detail;
    EXPECT_EQ(hex_encode(decoded->encode()), hex_encode(expected));
}

}

TEST(StatementVectors, registration_statements)
{
    for (const auto& vector : vectors().at("registration_statements").as_array()) {
        const auto& in = vector.at("input");
        const RegistrationStatement statement{id_of<StatementId>(in, "statement_id"),
                                              id_of<SignerId>(in, "signer_id"),
                                              id_of<EnterpriseId>(in, "enterprise_id"),
                                              number_of(in, "sequence"),
                                              text_of(in, "organisation"),
                                              text_of(in, "country"),
                                              text_of(in, "email"),
                                              text_of(in, "mobile"),
                                              text_of(in, "given_name"),
                                              text_of(in, "surname"),
                                              text_of(in, "identity_number"),
                                              bytes_of(in, "enrolment_spki"),
                                              time_of(in, "verified_at_unix_ms")};
        expect_same(statement, bytes_of(vector, "encoding"));
    }
}

TEST(StatementVectors, registration_tokens)
{
    for (const auto& vector : vectors().at("registration_tokens").as_array())
        EXPECT_EQ(registration_token(bytes_of(vector.at("input"), "enrolment_spki")),
                  text_of(vector, "token"));
}

TEST(StatementVectors, key_attestations)
{
    for (const auto& vector : vectors().at("key_attestations").as_array()) {
        const auto& in = vector.at("input");
        const KeyAttestation attestation{
            id_of<KeyId>(in, "key_id"), id_of<SignerId>(in, "signer_id"), id_of<PackId>(in, "pack_id"),
            bytes_of(in, "spki"),       bytes_of(in, "statement_hash"),   bytes_of(in, "ca_nonce"),
            text_of(in, "key_store"),   number_of(in, "sandbox") == 1,    time_of(in, "attested_at_unix_ms")};
        expect_same(attestation, bytes_of(vector, "encoding"));
    }
}

TEST(StatementVectors, link_records)
{
    for (const auto& vector : vectors().at("link_records").as_array()) {
        const auto& in = vector.at("input");
        const LinkRecord record{
            id_of<SignerId>(in, "signer_id"), id_of<AuthenticatorId>(in, "authenticator_id"),
            bytes_of(in, "credential_id"),    bytes_of(in, "public_key_spki"),
            bytes_of(in, "aaguid"),           bytes_of(in, "statement_hash"),
            bytes_of(in, "attestation_hash"), time_of(in, "bound_at_unix_ms")};
        expect_same(record, bytes_of(vector, "encoding"));
    }
}

TEST(StatementVectors, revocation_receipts)
{
    for (const auto& vector : vectors().at("revocation_receipts").as_array()) {
        const auto& in = vector.at("input");
        const RevocationReceipt receipt{id_of<KeyId>(in, "key_id"),         id_of<SignerId>(in, "signer_id"),
                                        bytes_of(in, "certificate_sha256"), number_of(in, "reason"),
                                        time_of(in, "revoked_at_unix_ms"),  text_of(in, "requested_by"),
                                        time_of(in, "requested_at_unix_ms")};
        expect_same(receipt, bytes_of(vector, "encoding"));
    }
}

TEST(StatementVectors, signed_statements)
{
    for (const auto& vector : vectors().at("signed_statements").as_array()) {
        const auto& in = vector.at("input");
        const auto statement = SignedStatement::decode(bytes_of(vector, "encoding"));
        ASSERT_TRUE(statement.has_value());
        EXPECT_EQ(statement->encoding, bytes_of(in, "encoding"));
        EXPECT_EQ(statement->hash(), bytes_of(vector, "hash"));
        EXPECT_EQ(statement->encode(), bytes_of(vector, "encoding"));
        const auto key = crypto::PublicKey::from_spki(bytes_of(in, "spki"));
        ASSERT_TRUE(key.has_value());
        EXPECT_TRUE(statement->verify(*key).has_value());
    }
}

}
