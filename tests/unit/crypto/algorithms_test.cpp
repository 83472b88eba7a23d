#include "crypto/algorithms.h"

#include <gtest/gtest.h>

namespace qss::crypto {

TEST(Algorithms, names)
{
    for (const auto type :
         {KeyType::rsa2048, KeyType::rsa3072, KeyType::rsa4096, KeyType::p256, KeyType::p384})
        EXPECT_EQ(key_type_from_string(to_string(type)).value(), type);
    for (const auto* bad : {"", "RSA", "rsa-3072", "RSA-1024", "P-521", "ED25519"})
        EXPECT_FALSE(key_type_from_string(bad).has_value()) << bad;
    for (const auto* name : {"RSA-PKCS1-SHA256", "RSA-PSS-SHA512", "ECDSA-SHA384"})
        EXPECT_EQ(to_string(signature_algorithm_from_string(name).value()), name);
    for (const auto* bad : {"", "ECDSA-SHA1", "RSA-PKCS1-SHA1", "ecdsa-sha256", "ECDSA-SHA256 "})
        EXPECT_FALSE(signature_algorithm_from_string(bad).has_value()) << bad;
}

// TS 119 312 V2.1.1: RSA below 3000 bits: no certificate after 2026-12-31, no use after 2028-12-31.
TEST(Algorithms, sunset)
{
    using namespace std::chrono;
    const TimePoint new_year_2027 = sys_days(2027y / 1 / 1), new_year_2029 = sys_days(2029y / 1 / 1);
    EXPECT_TRUE(check_may_issue(KeyType::rsa2048, new_year_2027 - 1ms).has_value());
    EXPECT_FALSE(check_may_issue(KeyType::rsa2048, new_year_2027).has_value());
    EXPECT_TRUE(check_may_sign(KeyType::rsa2048, new_year_2029 - 1ms).has_value());
    EXPECT_FALSE(check_may_sign(KeyType::rsa2048, new_year_2029).has_value());
    EXPECT_TRUE(check_may_issue(KeyType::rsa3072, new_year_2029).has_value());
    EXPECT_TRUE(check_may_sign(KeyType::p256, new_year_2029).has_value());
}

TEST(Algorithms, ATypeOnItsWayOutIsCertifiedOnce)
{
    EXPECT_TRUE(is_certified_once(KeyType::rsa2048));
    for (const auto type : {KeyType::rsa3072, KeyType::rsa4096, KeyType::p256, KeyType::p384})
        EXPECT_FALSE(is_certified_once(type)) << to_string(type);
}

TEST(Algorithms, fit)
{
    EXPECT_TRUE(fits(SignatureAlgorithm::rsa_pss_sha256, KeyType::rsa3072));
    EXPECT_FALSE(fits(SignatureAlgorithm::rsa_pss_sha256, KeyType::p256));
    EXPECT_FALSE(fits(SignatureAlgorithm::ecdsa_sha256, KeyType::rsa4096));
}

}
