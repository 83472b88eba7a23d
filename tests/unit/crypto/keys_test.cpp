#include "crypto/keys.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace qss::crypto {

namespace {

Bytes hex(std::string_view text)
{
    return hex_decode(text).value();
}

// RFC 6979 A.2.5: key and the signature of "sample" with SHA-256.
const Bytes rfc6979_x = hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
const Bytes rfc6979_y = hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
const std::string r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
const std::string s = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

Status verify(std::string_view signature)
{
    const auto key = PublicKey::from_p256_coordinates(rfc6979_x, rfc6979_y).value();
    return key.verify(SignatureAlgorithm::ecdsa_sha256, Digest::of(HashAlgorithm::sha256, as_bytes("sample")),
                      hex(signature));
}

}

TEST(Keys, rfc6979_signature)
{
    EXPECT_TRUE(verify("3046022100" + r + "022100" + s).has_value());
}

// The kinds of Wycheproof's ecdsa_secp256r1_sha256 tests: BER, missing or extra zeros, wrong values.
TEST(Keys, ecdsa_signatures_are_strict_der)
{
    const auto a = "022100" + r;
    const auto b = "022100" + s;
    const std::vector<std::string> bad{
        "",
        "3046" + a,
        "308146" + a + b,                      // length in a longer form
        "30820046" + a + b,
        "3080" + a + b + "0000",               // indefinite
        "3046" + a + b + "00",                 // bytes after
        "3048" + a + b + "0500",               // an element more
        "3047" + std::string("02220000") + r + b, // a zero too many
        "3044" + std::string("0220") + r + "0220" + s, // negative
        "3147" + a + b,                        // not a SEQUENCE
        "3046" + b + a,                        // r and s swapped
        "3006020100020100",                    // r = s = 0
        "3006020101020101",
        "3026" + std::string("020100") + b,
        "3046" + std::string("022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") +
            b, // r = n
        r + s,                                 // raw
    };
    for (const auto& signature : bad)
        EXPECT_FALSE(verify(signature).has_value()) << signature;
}

TEST(Keys, sign_and_verify_each_type)
{
    for (const auto type : {KeyType::rsa2048, KeyType::p256, KeyType::p384}) {
        const auto key = PrivateKey::generate(type).value();
        EXPECT_EQ(key.type(), type);
        std::vector<SignatureAlgorithm> algorithms{SignatureAlgorithm::ecdsa_sha256,
                                                   SignatureAlgorithm::ecdsa_sha512};
        if (is_rsa(type))
            algorithms = {SignatureAlgorithm::rsa_pkcs1_sha384, SignatureAlgorithm::rsa_pss_sha256};
        for (const auto algorithm : algorithms) {
            const auto digest = Digest::of(hash_of(algorithm), as_bytes("text"));
            auto signature = key.sign(algorithm, digest).value();
            EXPECT_TRUE(key.public_key().verify(algorithm, digest, signature).has_value());
            const auto other = Digest::of(hash_of(algorithm), as_bytes("texT"));
            EXPECT_FALSE(key.public_key().verify(algorithm, other, signature).has_value());
            signature.back() ^= 1;
            EXPECT_FALSE(key.public_key().verify(algorithm, digest, signature).has_value());
        }
    }
}

TEST(Keys, algorithm_must_fit_key_and_digest)
{
    const auto key = PrivateKey::generate(KeyType::p256).value();
    const auto digest = Digest::of(HashAlgorithm::sha256, as_bytes("text"));
    EXPECT_FALSE(key.sign(SignatureAlgorithm::rsa_pkcs1_sha256, digest).has_value());
    EXPECT_FALSE(key.sign(SignatureAlgorithm::ecdsa_sha384, digest).has_value());
    const auto signature = key.sign(SignatureAlgorithm::ecdsa_sha256, digest).value();
    EXPECT_FALSE(key.public_key().verify(SignatureAlgorithm::ecdsa_sha384, digest, signature).has_value());
    EXPECT_FALSE(key.public_key().verify(SignatureAlgorithm::rsa_pss_sha256, digest, signature).has_value());
}

TEST(Keys, public_keys_that_are_refused)
{
    EXPECT_FALSE(PublicKey::from_p256_coordinates(rfc6979_x, rfc6979_x).has_value()); // off the curve
    EXPECT_FALSE(PublicKey::from_p256_coordinates(Bytes(32), Bytes(32)).has_value());
    EXPECT_FALSE(PublicKey::from_p256_coordinates(Bytes(31), rfc6979_y).has_value());
    EXPECT_FALSE(PublicKey::from_spki({}).has_value());
    EXPECT_FALSE(PublicKey::from_spki(Bytes(1025)).has_value());
    auto spki = PublicKey::from_p256_coordinates(rfc6979_x, rfc6979_y).value().spki();
    EXPECT_EQ(spki.size(), 91U);
    EXPECT_TRUE(PublicKey::from_spki(spki).has_value());
    spki.push_back(0);
    EXPECT_FALSE(PublicKey::from_spki(spki).has_value());
    // The same point compressed (RFC 5480 2.2), as `openssl pkey -ec_conv_form compressed` writes it: y is
    // odd.
    EXPECT_FALSE(PublicKey::from_spki(
                     concat({hex("3039301306072a8648ce3d020106082a8648ce3d03010703220003"), rfc6979_x}))
                     .has_value());
    // Secp256k1: another curve of the same size.
    EXPECT_FALSE(PublicKey::from_spki(
                     concat({hex("3056301006072a8648ce3d020106052b8104000a03420004"), rfc6979_x, rfc6979_y}))
                     .has_value());
    // RFC 8410 10.1: Ed25519
    EXPECT_FALSE(PublicKey::from_spki(
                     hex("302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c"
                         "38ad703166e1"))
                     .has_value());
}

// Asked before it starts: only a generator that asks can notice.
TEST(Keys, making_an_rsa_key_can_be_given_up)
{
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(PrivateKey::generate(KeyType::rsa4096, stop.get_token()).error().code, ErrorCode::unavailable);
    EXPECT_TRUE(PrivateKey::generate(KeyType::rsa2048, {}).has_value());
}

TEST(Keys, private_keys_travel)
{
    const auto key = PrivateKey::generate(KeyType::p256).value();
    EXPECT_EQ(PrivateKey::from_pkcs8(key.to_pkcs8().reveal()).value().public_key().spki(),
              key.public_key().spki());
    EXPECT_EQ(PrivateKey::from_pem(as_text(key.to_pem().reveal())).value().public_key().spki(),
              key.public_key().spki());
    EXPECT_FALSE(PrivateKey::from_pkcs8(Bytes(10)).has_value());
    EXPECT_FALSE(PrivateKey::from_pem("").has_value());
}

}
