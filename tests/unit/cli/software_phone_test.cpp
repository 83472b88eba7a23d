#include "cli/software_phone.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace qss::cli {
namespace {

TEST(SoftwarePhone, DeviceSignaturesAreRaw)
{
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::p256);
    const auto der = key->sign(crypto::SignatureAlgorithm::ecdsa_sha256,
                               crypto::Digest::of(crypto::HashAlgorithm::sha256, {}));
    EXPECT_EQ(raw_p256_signature(*der)->size(), 64U);
    // r = 1, s = 2: padded on the left
    const auto small = raw_p256_signature(Bytes{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02});
    ASSERT_TRUE(small.has_value());
    EXPECT_EQ(hex_encode(*small), std::string(63, '0') + "1" + std::string(63, '0') + "2");
    EXPECT_FALSE(raw_p256_signature(Bytes(64)).has_value());
}

TEST(SoftwarePhone, DeviceLogInMessage)
{
    const auto message =
        device_login_message(*DeviceId::parse("000102030405060708090a0b0c0d0e0f"), Bytes{0xAB});
    EXPECT_EQ(hex_encode(message), "0000000d5153532d4445564943452d7631"
                                   "00000010000102030405060708090a0b0c0d0e0f"
                                   "00000001ab");
}

}
}
