#include "service/tokens.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/digest.h"

namespace qss::service {
namespace {

class TokensTest : public testing::Test {
protected:
    FakeClock m_clock{TimePoint(Milliseconds(1'800'000'000'000))};
    SystemRandom m_random;
    const Bytes m_key = Bytes(32, 9);
    Tokens m_tokens{Secret(Bytes(m_key)), {}, m_clock, m_random};
    const CredentialId m_credential = CredentialId::generate(m_random);
    const Bytes m_certificate = Bytes(32, 1);

    std::string forged(const std::string& header, const std::string& payload, ByteView key) const
    {
        const auto text = base64url_encode(as_bytes(header)) + "." + payload;
        return text + "." + base64url_encode(crypto::hmac_sha256(key, as_bytes(text)));
    }
    static std::string part(const std::string& token, std::size_t number)
    {
        std::size_t from = 0;
        for (; number > 0; --number)
            from = token.find('.', from) + 1;
        return token.substr(from, token.find('.', from) - from);
    }
};

TEST_F(TokensTest, VerifiesItsOwnForItsCertificateAlone)
{
    const auto issued = m_tokens.issue_application(m_credential, m_certificate);
    EXPECT_EQ(issued.expires_in_seconds, 1800);
    EXPECT_EQ(*m_tokens.verify_application(issued.token, m_certificate), m_credential);
    EXPECT_FALSE(m_tokens.verify_application(issued.token, Bytes(32, 2)));
}

TEST_F(TokensTest, TwoLoginsDiffer)
{
    EXPECT_NE(m_tokens.issue_application(m_credential, m_certificate).token,
              m_tokens.issue_application(m_credential, m_certificate).token);
}

TEST_F(TokensTest, LivesAreConfigured)
{
    Tokens tokens{Secret(Bytes(m_key)), {60, 30}, m_clock, m_random};
    EXPECT_EQ(tokens.issue_application(m_credential, m_certificate).expires_in_seconds, 60);
    const auto device = tokens.issue_device(DeviceId::generate(m_random));
    EXPECT_EQ(device.expires_in_seconds, 30);
    m_clock.advance(Milliseconds(30'000));
    EXPECT_FALSE(tokens.verify_device(device.token));
}

TEST_F(TokensTest, EndsAfterItsLife)
{
    const auto issued = m_tokens.issue_application(m_credential, m_certificate);
    m_clock.advance(Milliseconds(1'799'999));
    EXPECT_TRUE(m_tokens.verify_application(issued.token, m_certificate));
    m_clock.advance(Milliseconds(1));
    const auto late = m_tokens.verify_application(issued.token, m_certificate);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::unauthenticated);
}

TEST_F(TokensTest, EveryAlteredCharacterIsRefused)
{
    const auto token = m_tokens.issue_application(m_credential, m_certificate).token;
    for (std::size_t i = 0; i < token.size(); ++i) {
        auto altered = token;
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(m_tokens.verify_application(altered, m_certificate)) << i;
    }
    EXPECT_FALSE(m_tokens.verify_application("", m_certificate));
    EXPECT_FALSE(m_tokens.verify_application("..", m_certificate));
    EXPECT_FALSE(m_tokens.verify_application(std::string(100'000, '.'), m_certificate));
}

TEST_F(TokensTest, OtherHeadersAreRefusedEvenWithTheRightMac)
{
    const auto payload = part(m_tokens.issue_application(m_credential, m_certificate).token, 1);
    EXPECT_TRUE(m_tokens.verify_application(forged(R"({"alg":"HS256","typ":"at+jwt"})", payload, m_key),
                                            m_certificate));
    EXPECT_FALSE(m_tokens.verify_application(forged(R"({"alg":"none"})", payload, m_key), m_certificate));
    EXPECT_FALSE(m_tokens.verify_application(forged(R"({"alg":"ES256","typ":"at+jwt"})", payload, m_key),
                                             m_certificate)); // as long as ours
    EXPECT_FALSE(m_tokens.verify_application(
        forged(R"({"alg":"HS256","typ":"at+jwt"})", payload, Bytes(32, 8)), m_certificate));
}

TEST_F(TokensTest, OneKindIsNotTheOther)
{
    const auto device = DeviceId::generate(m_random);
    const auto device_token = m_tokens.issue_device(device).token;
    EXPECT_EQ(*m_tokens.verify_device(device_token), device);
    EXPECT_FALSE(m_tokens.verify_application(device_token, m_certificate));
    EXPECT_FALSE(m_tokens.verify_device(m_tokens.issue_application(m_credential, m_certificate).token));
    m_clock.advance(Milliseconds(600'000));
    EXPECT_FALSE(m_tokens.verify_device(device_token));
}

}
}
