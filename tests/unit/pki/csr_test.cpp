#include "pki/csr.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;

// openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=acme"
constexpr std::string_view openssl_request = R"(-----BEGIN CERTIFICATE REQUEST-----
MIHJMHECAQAwDzENMAsGA1UEAwwEYWNtZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABE5fWJ06GqSv10RyGGMum09VdHkVYbGP6kVlaaZJh4GeVHhZ5ktU/zaw6NOY
ZV8PvUjrYypGESJzpRWla1KStcygADAKBggqhkjOPQQDAgNIADBFAiAPWi2T2Q3w
e7JW4tKEtt9i/K9d+c9NcYxOdq4y+P5JzwIhAIjLY1POkHpwSvnglB7Sq7m/CohH
0QxSe6U6yUMggBll
-----END CERTIFICATE REQUEST-----
)";

TEST(CsrTest, ReadsOpensslsRequest)
{
    const auto csr = Csr::from_pem(openssl_request);
    ASSERT_TRUE(csr) << csr.error().detail;
    EXPECT_EQ(csr->public_key().type(), crypto::KeyType::p256);
}

TEST(CsrTest, ReadsItsOwn)
{
    for (const auto type : {crypto::KeyType::p256, crypto::KeyType::p384, crypto::KeyType::rsa2048}) {
        const auto key = new_key(type);
        const auto csr = Csr::from_der(*make_csr("acme", key));
        ASSERT_TRUE(csr) << csr.error().detail;
        EXPECT_EQ(csr->public_key().spki(), key.public_key().spki());
    }
}

TEST(CsrTest, TheKeyMustHaveSigned)
{
    // Another's public key in a request that we sign: no proof of possession.
    const auto victim = new_key();
    const auto attacker = new_key();
    const auto info = der::sequence(
        {der::integer(0), der::sequence({}), victim.public_key().spki(), der::explicitly(0, {})});
    const auto forged = Csr::from_der(*der::sign(info, attacker));
    ASSERT_FALSE(forged);
    EXPECT_EQ(forged.error().code, ErrorCode::verification_failed);
}

TEST(CsrTest, RefusesBytesAfterAndAnAlteredSubject)
{
    auto der = *make_csr("acme", new_key());
    der.push_back(0);
    EXPECT_FALSE(Csr::from_der(der));
    der.pop_back();
    const std::string_view name = "acme";
    const auto at = std::search(der.begin(), der.end(), name.begin(), name.end());
    ASSERT_NE(at, der.end());
    *at = 'A';
    const auto altered = Csr::from_der(der);
    ASSERT_FALSE(altered);
    EXPECT_EQ(altered.error().code, ErrorCode::verification_failed);
}

TEST(CsrTest, RefusesWhatIsTooLarge)
{
    const auto refused = Csr::from_der(Bytes(9000, 0x30));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::too_large);
}

}
}
