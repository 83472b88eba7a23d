#include "statements/signed.h"

#include <gtest/gtest.h>

#include "base/canonical.h"

namespace qss::statements {

namespace {

crypto::PrivateKey new_key(crypto::KeyType type = crypto::KeyType::p256)
{
    return crypto::PrivateKey::generate(type).value();
}

}

TEST(SignedStatement, verifies_and_survives_transport)
{
    const auto key = new_key();
    const auto statement = sign_statement(to_bytes("encoding"), key).value();
    const auto carried = SignedStatement::decode(statement.encode());
    ASSERT_TRUE(carried.has_value());
    EXPECT_TRUE(carried->verify(key.public_key()).has_value());
    EXPECT_EQ(carried->hash(), crypto::sha256(as_bytes("encoding")));
}

TEST(SignedStatement, refuses_another_key_content_or_signature)
{
    const auto key = new_key();
    const auto other = new_key();
    const auto good = sign_statement(to_bytes("encoding"), key).value();
    EXPECT_FALSE(good.verify(other.public_key()).has_value());
    auto changed = good;
    changed.encoding[0] ^= 1;
    EXPECT_FALSE(changed.verify(key.public_key()).has_value());
    changed = good;
    changed.signature.back() ^= 1;
    EXPECT_FALSE(changed.verify(key.public_key()).has_value());
    changed = good;
    changed.signature.clear();
    EXPECT_FALSE(changed.verify(key.public_key()).has_value());
    // The name of the key is checked, although the signature alone would hold.
    changed = good;
    changed.signer_key_id = key_id_of(other.public_key());
    EXPECT_FALSE(changed.verify(key.public_key()).has_value());
}

TEST(SignedStatement, p256_alone)
{
    EXPECT_FALSE(sign_statement(to_bytes("x"), new_key(crypto::KeyType::p384)).has_value());
    const auto p384 = new_key(crypto::KeyType::p384);
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes("x"));
    const SignedStatement statement{to_bytes("x"), key_id_of(p384.public_key()),
                                    p384.sign(crypto::SignatureAlgorithm::ecdsa_sha256, digest).value()};
    EXPECT_FALSE(statement.verify(p384.public_key()).has_value());
}

TEST(SignedStatement, decode_is_strict)
{
    auto encoded = sign_statement(to_bytes("encoding"), new_key()).value().encode();
    for (std::size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(SignedStatement::decode(ByteView(encoded).first(size)).has_value()) << size;
    encoded.push_back(0);
    EXPECT_FALSE(SignedStatement::decode(encoded).has_value());
    const auto with = [](std::size_t size, std::size_t id, std::size_t signature) {
        return CanonicalWriter("QSS-SIGNED-v1")
            .bytes(Bytes(size))
            .bytes(Bytes(id))
            .bytes(Bytes(signature))
            .take();
    };
    EXPECT_TRUE(SignedStatement::decode(with(limits::statement_size, 32, 72)).has_value());
    EXPECT_FALSE(SignedStatement::decode(with(limits::statement_size + 1, 32, 72)).has_value());
    EXPECT_TRUE(
        SignedStatement::decode(with(limits::statement_size + 1, 32, 72), limits::evidence_size).has_value());
    EXPECT_FALSE(SignedStatement::decode(with(1, 31, 72)).has_value());
    EXPECT_FALSE(SignedStatement::decode(with(1, 32, 73)).has_value());
}

}
