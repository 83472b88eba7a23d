// An issuer with several lists, each with its own scope.
#include "ocsp/service.h"

#include "unit/ocsp/test_ocsp.h"

namespace qss::ocsp {
namespace {

// The issuing CA divides its certificates among lists.
class OcspShardsTest : public OcspServiceTest {
protected:
    OcspShardsTest() { make_ready(); }

    static std::string url(int shard) { return "http://pki.example/crl/" + std::to_string(shard) + ".crl"; }
    Status update_shard(const std::string& at, std::uint64_t number, TimePoint time,
                        std::vector<pki::RevokedEntry> revoked = {})
    {
        TRY_ASSIGN(tbs,
                   pki::encode_tbs_crl(m_chain.issuing, {number, time, time + 24h, std::move(revoked), at}));
        TRY_ASSIGN(crl, pki::sign_crl(tbs, m_chain.issuing_key));
        return update(crl.der());
    }
    pki::Certificate naming(const std::string& crl_url)
    {
        auto contents =
            pki::testing::contents(pki::ProfileId::natural_person_esign, m_chain.person_key.public_key(),
                                   &m_chain.issuing, pki::testing::person());
        contents.crl_url = crl_url;
        return std::move(
            *pki::testing::make(pki::ProfileId::natural_person_esign, contents, m_chain.issuing_key));
    }
    int said_of_serial(const pki::Certificate& certificate)
    {
        proto::ocsp::RespondRequest request;
        request.add_singles()->set_cert_id(view(cert_id(m_chain.issuing, certificate.serial())));
        return said(request);
    }
};

TEST_F(OcspShardsTest, EachCertificateByTheListThatItNames)
{
    const auto here = naming(url(0));
    const auto there = naming(url(1));
    const auto revoked = naming(url(1));
    ASSERT_TRUE(update_shard(url(0), 1, now));
    EXPECT_EQ(said(here), said_good);
    EXPECT_EQ(said(there), said_try_later);
    EXPECT_EQ(said(revoked), said_try_later); // the list that was seen does not have it, nor would it
    ASSERT_TRUE(update_shard(url(1), 1, now, {{revoked.serial(), {now, 1}}}));
    EXPECT_EQ(said(there), said_good);
    EXPECT_EQ(said(revoked), said_revoked);
    reopen();
    EXPECT_EQ(said(here), said_good);
    EXPECT_EQ(said(revoked), said_revoked);
    EXPECT_EQ(said(naming(url(2))), said_try_later);
}

TEST_F(OcspShardsTest, EachListGrowsOldByItself)
{
    ASSERT_TRUE(update_shard(url(0), 1, now));
    m_clock.advance(59min);
    ASSERT_TRUE(update_shard(url(1), 1, now + 59min));
    m_clock.advance(1min);
    EXPECT_EQ(said(naming(url(0))), said_try_later);
    EXPECT_EQ(said(naming(url(1))), said_good);
}

TEST_F(OcspShardsTest, EachListHasItsOwnNumbers)
{
    ASSERT_TRUE(update_shard(url(0), 5, now));
    ASSERT_TRUE(update_shard(url(1), 1, now));
    reopen();
    EXPECT_EQ(refusal_of(update_shard(url(0), 4, now)), conflict);
    EXPECT_TRUE(update_shard(url(1), 2, now));
}

TEST_F(OcspShardsTest, AListForAllCoversEach)
{
    ASSERT_TRUE(update(1, now));
    EXPECT_EQ(said(naming(url(0))), said_good);
    EXPECT_EQ(said(m_chain.signer), said_good);
}

TEST_F(OcspShardsTest, AnAnswerHoldsAsLongAsTheOldestList)
{
    ASSERT_TRUE(update_shard(url(0), 1, now));
    m_clock.advance(10min);
    ASSERT_TRUE(update_shard(url(1), 1, now + 10min));
    proto::ocsp::RespondRequest request;
    request.add_singles()->set_certificate(view(naming(url(1)).der()));
    EXPECT_EQ(m_service->respond(request)->holds_until_unix_ms(), to_unix_ms(now + 70min));
    request.add_singles()->set_certificate(view(naming(url(0)).der()));
    EXPECT_EQ(m_service->respond(request)->holds_until_unix_ms(), to_unix_ms(now + 60min));
    request.add_singles()->set_certificate(view(naming(url(1)).der()));
    EXPECT_EQ(m_service->respond(request)->holds_until_unix_ms(), to_unix_ms(now + 60min));
}

// Only the certificate says which list covers it.
TEST_F(OcspShardsTest, ASerialNumberAloneIsLookedUpInAll)
{
    const auto alive = naming(url(0));
    const auto revoked = naming(url(1));
    EXPECT_EQ(said_of_serial(alive), said_try_later);
    ASSERT_TRUE(update_shard(url(0), 1, now));
    ASSERT_TRUE(update_shard(url(1), 1, now, {{revoked.serial(), {now, 1}}}));
    EXPECT_EQ(said_of_serial(alive), V_OCSP_CERTSTATUS_UNKNOWN);
    EXPECT_EQ(said_of_serial(revoked), said_revoked);
    m_clock.advance(59min);
    ASSERT_TRUE(update_shard(url(0), 2, now + 59min));
    m_clock.advance(1min);
    EXPECT_EQ(said_of_serial(revoked), said_try_later);
}

TEST_F(OcspShardsTest, ACertificateThatNamesNoListIsNotGood)
{
    ASSERT_TRUE(update_shard(url(0), 1, now));
    const auto own = responder(m_chain.issuing, m_chain.issuing_key, m_spki); // the profile has no place
    EXPECT_EQ(said(own), V_OCSP_CERTSTATUS_UNKNOWN);
    ASSERT_TRUE(update_shard(url(0), 2, now, {{own.serial(), {now, 5}}}));
    EXPECT_EQ(said(own), said_revoked);
}

TEST_F(OcspShardsTest, RenewalKeepsTheLists)
{
    const auto revoked = naming(url(1));
    ASSERT_TRUE(update_shard(url(0), 1, now));
    ASSERT_TRUE(update_shard(url(1), 2, now, {{revoked.serial(), {now, 1}}}));
    ASSERT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, m_spki),
                         responder(m_chain.root, m_chain.root_key, m_spki)));
    EXPECT_EQ(said(naming(url(0))), said_good);
    EXPECT_EQ(said(revoked), said_revoked);
    proto::ocsp::CompleteRequest for_root; // the issuing CA is not asked
    auto* authority = for_root.add_authorities();
    authority->set_issuer_certificate(view(m_chain.root.der()));
    authority->set_responder_certificate(view(responder(m_chain.root, m_chain.root_key, m_spki).der()));
    ASSERT_TRUE(m_service->complete(for_root));
    EXPECT_EQ(said(revoked), said_revoked);
    EXPECT_EQ(refusal_of(update_shard(url(1), 1, now)), conflict);
}

TEST_F(OcspShardsTest, ListsAreBounded)
{
    for (int shard = 0; shard < 64; ++shard)
        ASSERT_TRUE(update_shard(url(shard), 1, now));
    EXPECT_EQ(refusal_of(update_shard(url(64), 1, now)), invalid_argument);
    EXPECT_TRUE(update_shard(url(63), 2, now));
}

TEST_F(OcspShardsTest, AListInAnothersPlaceSuspends)
{
    ASSERT_TRUE(update_shard(url(0), 1, now));
    ASSERT_TRUE(m_writer->write([&](sqlite::Database& database) {
        return database.execute("UPDATE crl SET url = 'http://pki.example/crl/1.crl'");
    }));
    reopen();
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

TEST_F(OcspShardsTest, TheLastListIsBelievedForEver)
{
    const auto tbs = pki::encode_tbs_crl(m_chain.issuing, {1, now, pki::no_next_update, {}, url(0)});
    ASSERT_TRUE(update(pki::sign_crl(*tbs, m_chain.issuing_key)->der()));
    m_clock.advance(80 * 24h);
    EXPECT_EQ(said(naming(url(0))), said_good);
}

}
}
