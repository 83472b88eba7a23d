#include "service/responder_upkeep.h"

#include <gtest/gtest.h>

#include "unit/service/fake_pki.h"
#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

using std::chrono::days;

class ResponderUpkeepTest : public SigningBed {
protected:
    FakePki m_pki{m_clock};
    CaClient m_ca{m_pki};
    OcspClient m_ocsp{m_pki};
    Publication m_publication{{*m_store, m_ca, m_ocsp, m_clock}};
    ResponderUpkeep m_upkeep{m_ca, m_ocsp, m_publication, m_clock};
};

TEST_F(ResponderUpkeepTest, NewListsAreShownEveryFewMinutesWhoeverAsks)
{
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.shown.size(), 2U);
    m_pki.new_lists();
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.shown.size(), 2U);
    m_clock.advance(ResponderUpkeep::every);
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.shown.size(), 4U);
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
    ASSERT_EQ(m_pki.completed.authorities_size(), 1);
    EXPECT_EQ(to_bytes(m_pki.completed.authorities(0).issuer_certificate()), m_pki.m_chain.root.der());
    m_clock.advance(days(1));
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.renewals, 1);
}

TEST_F(ResponderUpkeepTest, AResponderThatCannotAnswerIsRenewedOnceAnHourAtMost)
{
    m_pki.try_later = true;
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
    m_pki.away = true;
    EXPECT_FALSE(m_upkeep.run());
    m_pki.away = false;
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.shown.size(), 0U);
    m_clock.advance(ResponderUpkeep::again_after_failure);
    EXPECT_TRUE(m_upkeep.run());
    EXPECT_EQ(m_pki.shown.size(), 2U);
}

}
}
