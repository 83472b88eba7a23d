#include "service/responder_upkeep.h"

#include <gtest/gtest.h>

#include "pki/ocsp.h"
#include "proto/ca.pb.h"
#include "proto/ocsp.pb.h"
#include "unit/pki/test_pki.h"

namespace qss::service {
namespace {

namespace ca = proto::ca;
namespace ocsp = proto::ocsp;
using pki::testing::Chain;
using std::chrono::days;

// CA and responder in one: what they are asked, and certificates of the responder that are real.
class FakePki final : public Transport {
public:
    explicit FakePki(const Clock& clock) : m_clock(clock) { renew(); }

    Status call(std::uint16_t, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply, Milliseconds) override
    {
        if (m_away)
            return fail(ErrorCode::unavailable, "away");
        if (auto* lists = dynamic_cast<ca::CurrentCrlsReply*>(&reply)) {
            lists->add_crls("issuing's");
            lists->add_crls("root's");
        } else if (auto* chain = dynamic_cast<ca::ChainReply*>(&reply)) {
            chain->set_issuing_certificate(to_string(m_chain.issuing.der()));
            chain->set_root_certificate(to_string(m_chain.root.der()));
        } else if (auto* renewed = dynamic_cast<ca::RenewOcspReply*>(&reply)) {
            ++renewals;
            renew();
            renewed->set_ocsp_issuing_certificate("for issuing");
            renewed->set_ocsp_root_certificate(to_string(m_responder->der()));
        } else if (dynamic_cast<ocsp::UpdateCrlReply*>(&reply) != nullptr) {
            ++lists_shown;
        } else if (auto* response = dynamic_cast<ocsp::RespondReply*>(&reply)) {
            response->set_response(to_string(respond()));
        } else if (dynamic_cast<ocsp::CompleteReply*>(&reply) != nullptr) {
            completed.ParseFromString(request.SerializeAsString());
        }
        return {};
    }

    Bytes respond() const
    {
        if (m_try_later)
            return pki::encode_ocsp_error(pki::OcspError::try_later);
        const auto authority = *pki::OcspAuthority::make(m_chain.root, *m_responder);
        const auto serial = m_chain.issuing.serial();
        const auto now = m_clock.now();
        return *pki::sign_ocsp_response({authority, serial, pki::OcspStatus::good(), now, now, now, {}},
                                        m_key);
    }

    void renew() // 90 days
    {
        auto contents = pki::testing::contents(pki::ProfileId::ocsp_responder, m_key.public_key(),
                                               &m_chain.root, pki::testing::provider("TEST OCSP"));
        contents.not_before = m_clock.now();
        contents.not_after = m_clock.now() + days(90);
        m_responder = *pki::testing::make(pki::ProfileId::ocsp_responder, contents, m_chain.root_key);
    }

    const Clock& m_clock;
    Chain m_chain;
    crypto::PrivateKey m_key = pki::testing::new_key();
    std::optional<pki::Certificate> m_responder;
    ocsp::CompleteRequest completed;
    int renewals = 0;
    int lists_shown = 0;
    bool m_away = false;
    bool m_try_later = false;
};

class ResponderUpkeepTest : public testing::Test {
protected:
    FakeClock m_clock{pki::testing::now};
    FakePki m_pki{m_clock};
    CaClient m_ca{m_pki};
    OcspClient m_ocsp{m_pki};
    ResponderUpkeep m_upkeep{m_ca, m_ocsp, m_clock};
};

TEST_F(ResponderUpkeepTest, ListsAreShownEveryFewMinutesWhoeverAsks)
{
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.lists_shown, 2);
    m_clock.advance(ResponderUpkeep::every);
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.lists_shown, 4);
    EXPECT_LE(ResponderUpkeep::every, std::chrono::minutes(30));
}

TEST_F(ResponderUpkeepTest, CertificatesAreRenewedInTheLastThirdOfTheirLife)
{
    m_clock.advance(days(60));
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.renewals, 0);
    m_clock.advance(days(1));
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.renewals, 1);
    ASSERT_EQ(m_pki.completed.authorities_size(), 2);
    EXPECT_EQ(as_bytes(m_pki.completed.authorities(0).issuer_certificate()).size(),
              m_pki.m_chain.issuing.der().size());
    EXPECT_EQ(m_pki.completed.authorities(0).responder_certificate(), "for issuing");
    EXPECT_EQ(to_bytes(m_pki.completed.authorities(1).issuer_certificate()), m_pki.m_chain.root.der());
    m_clock.advance(days(1));
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.renewals, 1);
}

TEST_F(ResponderUpkeepTest, AResponderThatCannotAnswerIsRenewedOnceAnHourAtMost)
{
    m_pki.m_try_later = true;
    EXPECT_TRUE(m_upkeep.run());
    m_clock.advance(ResponderUpkeep::every);
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.renewals, 1);
    m_clock.advance(std::chrono::hours(1));
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.renewals, 2);
}

TEST_F(ResponderUpkeepTest, ARoleThatWasAwayIsAskedAgainSoon)
{
    m_pki.m_away = true;
    EXPECT_FALSE(m_upkeep.run());
    m_pki.m_away = false;
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.lists_shown, 0);
    m_clock.advance(ResponderUpkeep::again_after_failure);
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.lists_shown, 2);
}

}
}
