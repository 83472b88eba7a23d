#include "ocsp/service.h"

#include "unit/ocsp/test_ocsp.h"

namespace qss::ocsp {
namespace {

TEST_F(OcspServiceTest, StatesFollowEachOther)
{
    EXPECT_EQ(m_service->state(), role::State::UNINITIALISED);
    role::Dispatch dispatch(dispatch_table(*m_service), [this] { return m_service->state(); });
    const auto permit = [&](int type) { return dispatch.permit(static_cast<std::uint16_t>(type), 0); };
    EXPECT_EQ(permit(proto::ocsp::COMPLETE), wire::Permit::refused_now);
    EXPECT_EQ(permit(proto::ocsp::RESPOND), wire::Permit::refused_now);
    make_ready();
    EXPECT_EQ(m_service->state(), role::State::READY);
    EXPECT_EQ(permit(proto::ocsp::INITIALISE), wire::Permit::refused_now);
    EXPECT_EQ(permit(proto::ocsp::RESPOND), wire::Permit::allowed);
    EXPECT_EQ(refusal(m_service->initialise({})), conflict);
    reopen();
    EXPECT_EQ(m_service->state(), role::State::READY);
}

TEST_F(OcspServiceTest, SaysGoodOnlyWithAFreshCrl)
{
    make_ready();
    EXPECT_EQ(said(m_chain.signer), said_try_later); // none seen
    ASSERT_TRUE(update(1, now));
    EXPECT_EQ(said(m_chain.signer), said_good);
    m_clock.advance(60min - 1ms);
    EXPECT_EQ(said(m_chain.signer), said_good);
    m_clock.advance(1ms);
    EXPECT_EQ(said(m_chain.signer), said_try_later);
    ASSERT_TRUE(update(2, now + 60min));
    EXPECT_EQ(said(m_chain.signer), said_good);
    EXPECT_EQ(said(m_chain.issuing), said_try_later); // the root's list was never shown
}

TEST_F(OcspServiceTest, ACrlOfTheFutureIsNotFresh)
{
    make_ready();
    ASSERT_TRUE(update(1, now + 1h));
    EXPECT_EQ(said(m_chain.signer), said_try_later);
}

TEST_F(OcspServiceTest, RevokedIsNeverGoodAgain)
{
    make_ready();
    ASSERT_TRUE(update(5, now));
    ASSERT_TRUE(update(6, now, {{m_chain.signer.serial(), {now, 1}}}));
    EXPECT_EQ(said(m_chain.signer), said_revoked);
    const auto lower = update(5, now + 1min);
    ASSERT_FALSE(lower);
    EXPECT_EQ(lower.error().code, conflict);
    EXPECT_EQ(said(m_chain.signer), said_revoked);
    reopen(); // the number is durable
    EXPECT_FALSE(update(5, now + 2min));
    EXPECT_EQ(said(m_chain.signer), said_revoked);
}

TEST_F(OcspServiceTest, TakesCrlsOfItsAuthoritiesAlone)
{
    make_ready();
    const pki::testing::Chain other; // the same names, other keys
    const auto tbs = pki::encode_tbs_crl(other.issuing, {9, now, now + 24h, {}});
    const auto forged = pki::sign_crl(*tbs, other.issuing_key);
    ASSERT_TRUE(forged);
    EXPECT_FALSE(update(forged->der()));
    EXPECT_FALSE(update(to_bytes("garbage")));
    EXPECT_EQ(said(m_chain.signer), said_try_later);
}

TEST_F(OcspServiceTest, WhatItsAuthoritiesDidNotSignIsNeverGood)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    const pki::testing::Chain other;
    EXPECT_EQ(said(other.signer), said_unauthorized);
    auto der = m_chain.signer.der(); // ours, with a bit of its signature altered
    der.back() ^= 1;
    EXPECT_EQ(said(*pki::Certificate::from_der(der)), said_unauthorized);
}

TEST_F(OcspServiceTest, ASerialNumberAloneIsUnknown)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    proto::ocsp::RespondRequest request;
    auto* single = request.add_singles();
    single->set_cert_id(view(cert_id(m_chain.issuing, m_chain.signer.serial())));
    EXPECT_EQ(said(request), said_unknown);
    single->set_certificate(view(m_chain.signer.der()));
    EXPECT_EQ(said(request), said_good);
    single->clear_certificate(); // that it was shown before proves nothing now
    EXPECT_EQ(said(request), said_unknown);
    ASSERT_TRUE(update(2, now, {{m_chain.signer.serial(), {now, 1}}}));
    EXPECT_EQ(said(request), said_revoked); // the list alone says so
}

TEST_F(OcspServiceTest, AnotherCertificateProvesNothing)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    ASSERT_TRUE(update_root(now, now + 24h));
    proto::ocsp::RespondRequest request;
    auto* single = request.add_singles();
    single->set_certificate(view(m_chain.signer.der()));
    single->set_cert_id(view(cert_id(m_chain.issuing, Bytes{1, 2, 3})));
    EXPECT_EQ(said(request), said_unknown);
    single->set_cert_id(view(cert_id(m_chain.root, m_chain.signer.serial()))); // of the other authority
    EXPECT_EQ(said(request), said_unknown);
    const pki::testing::Chain other;
    single->set_cert_id(view(cert_id(other.issuing, m_chain.signer.serial())));
    EXPECT_EQ(said(request), said_unauthorized);
}

TEST_F(OcspServiceTest, OneResponseSpeaksForOneIssuer)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    ASSERT_TRUE(update_root(now, now + 24h));
    proto::ocsp::RespondRequest request;
    EXPECT_EQ(said(request), said_malformed);
    for (int i = 0; i < 8; ++i)
        request.add_singles()->set_certificate(view(m_chain.signer.der()));
    EXPECT_EQ(said(request), said_good);
    request.mutable_singles(7)->set_certificate(view(m_chain.issuing.der()));
    EXPECT_EQ(said(request), said_unauthorized);
    request.mutable_singles(7)->set_certificate(view(m_chain.signer.der()));
    request.add_singles()->set_certificate(view(m_chain.signer.der()));
    EXPECT_EQ(said(request), said_malformed);
}

TEST_F(OcspServiceTest, AListOfAnOfflineIssuerHoldsAsLongAsItSays)
{
    make_ready();
    ASSERT_TRUE(update_root(now, now + 30 * 24h));
    m_clock.advance(29 * 24h);
    EXPECT_EQ(said(m_chain.issuing), said_good);
    m_clock.advance(24h);
    EXPECT_EQ(said(m_chain.issuing), said_try_later);
}

TEST_F(OcspServiceTest, NoncesAreBounded)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    EXPECT_EQ(said(m_chain.signer, Bytes(128, 1)), said_good);
    EXPECT_EQ(said(m_chain.signer, Bytes(129, 1)), said_malformed);
}

TEST_F(OcspServiceTest, AnExpiredResponderSaysNothing)
{
    make_ready();
    m_clock.advance(91 * 24h);
    ASSERT_TRUE(update(1, now + 91 * 24h));
    EXPECT_EQ(said(m_chain.signer), said_try_later);
}

TEST_F(OcspServiceTest, AnAlteredRecordSuspends)
{
    make_ready();
    ASSERT_TRUE(m_writer->write([](sqlite::Database& database) {
        return database.execute("UPDATE authority SET responder = issuer");
    }));
    reopen();
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

}
}
