#include "pki/crl.h"

#include <gtest/gtest.h>

#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;
using std::chrono::hours;

class CrlTest : public ::testing::Test {
protected:
    Result<Crl> make_crl(std::vector<RevokedEntry> revoked, std::uint64_t number = 7)
    {
        TRY_ASSIGN(tbs, encode_tbs_crl(m_chain.issuing, {number, now, now + hours(24), std::move(revoked)}));
        return sign_crl(tbs, m_chain.issuing_key);
    }
    Chain m_chain;
};

TEST_F(CrlTest, FindsTheRevokedAndNoOthers)
{
    const auto crl =
        make_crl({{m_chain.signer.serial(), {now - hours(1), 1}}, {{0x01, 0x02}, {now - hours(2), 0}}});
    ASSERT_TRUE(crl) << crl.error().detail;
    EXPECT_EQ(crl->number(), 7U);
    EXPECT_EQ(crl->this_update(), now);
    EXPECT_TRUE(crl->check_signed_by(m_chain.issuing));
    const auto found = crl->find(m_chain.signer.serial());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->reason, 1);
    EXPECT_EQ(found->revoked_at, now - hours(1));
    EXPECT_EQ(crl->find(Bytes{0x01, 0x02})->reason, 0);
    EXPECT_FALSE(crl->find(Bytes{0x01, 0x03}));
    EXPECT_FALSE(make_crl({})->find(m_chain.signer.serial()));
}

TEST_F(CrlTest, IsNobodyElses)
{
    const auto crl = make_crl({});
    ASSERT_TRUE(crl);
    EXPECT_FALSE(crl->check_signed_by(m_chain.root));
    EXPECT_FALSE(crl->check_signed_by(m_chain.signer));
    // The same name with another key.
    const auto key = new_key();
    const auto impostor =
        make(ProfileId::issuing_ca,
             contents(ProfileId::issuing_ca, key.public_key(), &m_chain.root, provider("TEST Issuing CA")),
             m_chain.root_key);
    EXPECT_FALSE(crl->check_signed_by(*impostor));
}

TEST_F(CrlTest, OneBitAndItDoesNotHold)
{
    const auto crl = make_crl({{m_chain.signer.serial(), {now, 0}}});
    auto der = crl->der();
    der[der.size() - 1] ^= 1;
    const auto altered = Crl::from_der(der);
    ASSERT_TRUE(altered);
    EXPECT_FALSE(altered->check_signed_by(m_chain.issuing));
    der.push_back(0);
    EXPECT_FALSE(Crl::from_der(der));
}

TEST_F(CrlTest, ReasonsAreFinal)
{
    for (const std::uint32_t reason : {0U, 1U, 3U, 4U, 5U, 9U})
        EXPECT_TRUE(check_revocation_reason(reason)) << reason;
    for (const std::uint32_t reason : {2U, 6U, 7U, 8U, 10U, 11U, 256U})
        EXPECT_FALSE(check_revocation_reason(reason)) << reason;
    EXPECT_FALSE(make_crl({{{0x01}, {now, 6}}})); // certificateHold
}

}
}
