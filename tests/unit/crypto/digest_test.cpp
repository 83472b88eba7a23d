#include "crypto/digest.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace qss::crypto {

// FIPS 180-4 examples ("abc", NIST CSRC).
TEST(Digest, nist_examples)
{
    const auto of = [](HashAlgorithm algorithm) {
        return hex_encode(Digest::of(algorithm, as_bytes("abc")).bytes());
    };
    EXPECT_EQ(of(HashAlgorithm::sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(of(HashAlgorithm::sha384), "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                                         "8086072ba1e7cc2358baeca134c825a7");
    EXPECT_EQ(of(HashAlgorithm::sha512), "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    EXPECT_EQ(hex_encode(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex_encode(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// RFC 4231 4.2, 4.3, 4.7.
TEST(Hmac, rfc4231)
{
    EXPECT_EQ(hex_encode(hmac_sha256(Bytes(20, 0x0B), as_bytes("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex_encode(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex_encode(hmac_sha256(Bytes(131, 0xAA), as_bytes("Test Using Larger Than Block-Size Key - "
                                                                "Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, right_length_from_birth)
{
    EXPECT_TRUE(Digest::from_bytes(HashAlgorithm::sha256, Bytes(32)).has_value());
    for (const std::size_t size : {0U, 20U, 31U, 33U, 48U, 64U})
        EXPECT_FALSE(Digest::from_bytes(HashAlgorithm::sha256, Bytes(size)).has_value()) << size;
    EXPECT_NE(Digest::of(HashAlgorithm::sha256, {}), Digest::of(HashAlgorithm::sha384, {}));
}

}
