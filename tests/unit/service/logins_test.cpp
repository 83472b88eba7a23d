#include "service/logins.h"

#include "crypto/digest.h"
#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

class LoginsTest : public SigningBed {
protected:
    LoginsTest()
    {
        const auto written = m_store->write([this](sqlite::Database& db) -> Status {
            store::Tenants tenants(db);
            auto credential = m_application.credential;
            credential.id = m_id;
            credential.api_key = "0123456789abcdef";
            credential.secret_salt = Bytes(16, 4);
            credential.secret_mac = api_secret_mac(m_secret_key, credential.secret_salt, m_secret);
            TRY(tenants.add(credential));
            return tenants.add(store::ClientCertificate{crypto::sha256(m_certificate),
                                                        m_id,
                                                        {start, start + std::chrono::hours(1)},
                                                        store::Standing::active});
        });
        EXPECT_TRUE(written);
    }

    const CredentialId m_id = CredentialId::generate(m_random);
    const std::string m_secret = std::string(40, 'a');
    const Bytes m_certificate = to_bytes("the client's certificate, DER");
    const Secret m_secret_key = Secret(Bytes(32, 5));
    Tokens m_tokens{Secret(Bytes(32, 6)), {}, m_clock, m_random};
    Logins m_logins{*m_store, m_tokens, m_secret_key, m_clock};
};

TEST_F(LoginsTest, KeySecretAndCertificateTogetherLogIn)
{
    const auto issued = m_logins.login("0123456789ABCDEF", std::string(40, 'A'), m_certificate);
    ASSERT_TRUE(issued) << issued.error().detail;
    const auto application = m_logins.authenticate(issued->token, m_certificate);
    ASSERT_TRUE(application);
    EXPECT_EQ(application->credential.id, m_id);
    EXPECT_EQ(application->enterprise.id, m_application.enterprise.id);
}

TEST_F(LoginsTest, AnyOneWrongIsRefusedAndUnknownKeyAndWrongSecretSayTheSame)
{
    const auto wrong_secret = m_logins.login("0123456789abcdef", std::string(40, 'b'), m_certificate);
    const auto unknown_key = m_logins.login("ffffffffffffffff", m_secret, m_certificate);
    ASSERT_FALSE(wrong_secret);
    ASSERT_FALSE(unknown_key);
    EXPECT_EQ(wrong_secret.error().code, ErrorCode::unauthenticated);
    EXPECT_EQ(wrong_secret.error().detail, unknown_key.error().detail);
    const auto other = m_logins.login("0123456789abcdef", m_secret, to_bytes("another certificate"));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::unauthenticated);
}

TEST_F(LoginsTest, EachRequestIsHeldAgainstTheCertificateAsItIsNow)
{
    const auto token = m_logins.login("0123456789abcdef", m_secret, m_certificate)->token;
    EXPECT_FALSE(m_logins.authenticate(token, to_bytes("another certificate")));
    ASSERT_TRUE(m_store->write([this](sqlite::Database& db) -> Status {
        TRY(store::Tenants(db).set_standing(m_id, store::Standing::suspended));
        return {};
    }));
    EXPECT_EQ(m_logins.authenticate(token, m_certificate).error().code, ErrorCode::unauthenticated);
    ASSERT_TRUE(m_store->write([this](sqlite::Database& db) -> Status {
        TRY(store::Tenants(db).set_standing(m_id, store::Standing::active));
        return {};
    }));
    EXPECT_TRUE(m_logins.authenticate(token, m_certificate));
    m_clock.advance(Milliseconds(1'799'000));
    const auto fresh = m_logins.login("0123456789abcdef", m_secret, m_certificate);
    m_clock.advance(Milliseconds(1'799'000));
    EXPECT_TRUE(m_logins.authenticate(fresh->token, m_certificate));
}

TEST_F(LoginsTest, AnExpiredCertificateIsRefused)
{
    m_clock.advance(Milliseconds(3'600'999)); // the last second is valid to its end
    EXPECT_TRUE(m_logins.login("0123456789abcdef", m_secret, m_certificate));
    m_clock.advance(Milliseconds(1));
    EXPECT_EQ(m_logins.login("0123456789abcdef", m_secret, m_certificate).error().code,
              ErrorCode::unauthenticated);
}

TEST_F(LoginsTest, AForeignCertificateLearnsNoPacksRate)
{
    const auto guess = [this](std::string_view key) {
        int answers = 0;
        while (answers < 100 && m_logins.login(key, m_secret, to_bytes("a guesser's")).error().code ==
                                    ErrorCode::unauthenticated)
            ++answers;
        return answers;
    };
    ASSERT_TRUE(m_store->write(
        [](sqlite::Database& db) { return db.execute("UPDATE pack SET logins_per_minute = 5"); }));
    EXPECT_EQ(guess("0123456789abcdef"), guess("ffffffffffffffff"));
}

TEST_F(LoginsTest, GuessingIsLimitedByCertificateAndLocksNobodyElse)
{
    for (int i = 0; i < 60; ++i)
        EXPECT_FALSE(m_logins.login("0123456789abcdef", std::string(40, 'b'), to_bytes("a guesser's")));
    EXPECT_EQ(m_logins.login("0123456789abcdef", m_secret, to_bytes("a guesser's")).error().code,
              ErrorCode::rate_limited);
    EXPECT_TRUE(m_logins.login("0123456789abcdef", m_secret, m_certificate));
}

}
}
