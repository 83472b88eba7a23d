// Which authorities the responder speaks for, and with which key.
#include "ocsp/service.h"

#include "unit/ocsp/test_ocsp.h"

namespace qss::ocsp {
namespace {

TEST_F(OcspServiceTest, RespondersAreTheAuthoritysAndOurs)
{
    const auto reply = m_service->initialise({});
    ASSERT_TRUE(reply);
    m_spki = to_bytes(as_bytes(reply->spki()));
    const auto good = responder(m_chain.issuing, m_chain.issuing_key, m_spki);
    const auto for_root = responder(m_chain.root, m_chain.root_key, m_spki);
    const auto stranger = pki::testing::new_key();
    EXPECT_EQ(refusal(complete(responder(m_chain.issuing, m_chain.issuing_key, stranger.public_key().spki()),
                               for_root)),
              invalid_argument);
    EXPECT_EQ(refusal(complete(responder(m_chain.issuing, stranger, m_spki), for_root)), verification_failed);
    EXPECT_EQ(refusal(complete(
                  responder(m_chain.issuing, m_chain.issuing_key, m_spki, pki::ProfileId::client), for_root)),
              invalid_argument);
    EXPECT_EQ(m_service->state(), role::State::AWAITING_CERTIFICATE);
    EXPECT_TRUE(complete(good, for_root));
}

TEST_F(OcspServiceTest, RenewalKeepsAuthoritiesAndCrls)
{
    make_ready();
    ASSERT_TRUE(update(4, now));
    ASSERT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, m_spki),
                         responder(m_chain.root, m_chain.root_key, m_spki)));
    EXPECT_EQ(said(m_chain.signer), said_good);
    EXPECT_FALSE(update(3, now));
    // Another authority cannot slip in.
    const pki::testing::Chain other;
    proto::ocsp::CompleteRequest request;
    for (int i = 0; i < 2; ++i) {
        auto* authority = request.add_authorities();
        authority->set_issuer_certificate(view(other.issuing.der()));
        authority->set_responder_certificate(view(responder(other.issuing, other.issuing_key, m_spki).der()));
    }
    EXPECT_EQ(refusal(m_service->complete(request)), forbidden);
    EXPECT_EQ(said(other.signer), said_unauthorized);
}

TEST_F(OcspServiceTest, AnAuthorityThatOneOfItsOwnCertifiedJoins)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    const auto key = pki::testing::new_key();
    const auto issue = [&](const crypto::PrivateKey& subject, const std::string& name) {
        const auto contents = pki::testing::contents(pki::ProfileId::issuing_ca, subject.public_key(),
                                                     &m_chain.root, pki::testing::provider(name));
        return std::move(*pki::testing::make(pki::ProfileId::issuing_ca, contents, m_chain.root_key));
    };
    const auto next = issue(key, "TEST Issuing CA G2");
    const auto join = [&](const pki::Certificate& issuer, const crypto::PrivateKey& issuer_key) {
        proto::ocsp::CompleteRequest request;
        auto* authority = request.add_authorities();
        authority->set_issuer_certificate(view(issuer.der()));
        authority->set_responder_certificate(view(responder(issuer, issuer_key, m_spki).der()));
        return m_service->complete(request);
    };
    ASSERT_TRUE(join(next, key));
    const auto contents = pki::testing::contents(pki::ProfileId::natural_person_esign,
                                                 m_chain.signer.public_key(), &next, pki::testing::person());
    const auto person = std::move(*pki::testing::make(pki::ProfileId::natural_person_esign, contents, key));
    EXPECT_EQ(said(person), said_try_later); // no list of it yet
    const auto tbs = pki::encode_tbs_crl(next, {1, now, now + 24h, {}});
    ASSERT_TRUE(tbs);
    ASSERT_TRUE(update(pki::sign_crl(*tbs, key)->der()));
    reopen();
    EXPECT_EQ(said(person), said_good);
    EXPECT_EQ(said(m_chain.signer), said_good);

    // A renewed certificate, of the same key, is the same authority: its list stays.
    const auto renewed = issue(key, "TEST Issuing CA G2");
    ASSERT_TRUE(join(renewed, key));
    EXPECT_EQ(said(person), said_good);
    reopen();
    EXPECT_EQ(said(person), said_good);
}

TEST_F(OcspServiceTest, ANewRootJoinsByItsCrossCertificate)
{
    make_ready();
    const auto key = pki::testing::new_key();
    const auto other_key = pki::testing::new_key();
    const auto name = pki::testing::provider("TEST Root CA G2");
    const auto root = std::move(*pki::testing::make(
        pki::ProfileId::root, pki::testing::contents(pki::ProfileId::root, key.public_key(), nullptr, name),
        key));
    const auto cross_of = [&](const crypto::PrivateKey& subject, const crypto::PrivateKey& signer) {
        return std::move(*pki::testing::make(
            pki::ProfileId::root_cross,
            pki::testing::contents(pki::ProfileId::root_cross, subject.public_key(), &m_chain.root, name),
            signer));
    };
    const auto join = [&](const std::string& cross) {
        proto::ocsp::CompleteRequest request;
        auto* authority = request.add_authorities();
        authority->set_issuer_certificate(view(root.der()));
        authority->set_responder_certificate(view(responder(root, key, m_spki).der()));
        authority->set_cross_certificate(cross);
        return m_service->complete(request);
    };
    EXPECT_EQ(refusal(join("")), forbidden);
    EXPECT_EQ(refusal(join(view(m_chain.issuing.der()))), forbidden); // certified, and another's
    EXPECT_EQ(refusal(join(view(cross_of(other_key, m_chain.root_key).der()))), forbidden);
    EXPECT_EQ(refusal(join(view(cross_of(key, other_key).der()))), forbidden);
    EXPECT_TRUE(join(view(cross_of(key, m_chain.root_key).der())));
    reopen();
    EXPECT_TRUE(join(view(root.der()))); // it is known now
}

TEST_F(OcspServiceTest, TheNextKeyIsUsedOnceEveryAuthorityCertifiedIt)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    const auto old = m_spki;
    const auto spki = to_bytes(as_bytes(m_service->next_key({})->spki()));
    reopen();
    EXPECT_EQ(to_bytes(as_bytes(m_service->next_key({})->spki())), spki);
    EXPECT_NE(spki, old);
    proto::ocsp::CompleteRequest half;
    auto* authority = half.add_authorities();
    authority->set_issuer_certificate(view(m_chain.issuing.der()));
    authority->set_responder_certificate(view(responder(m_chain.issuing, m_chain.issuing_key, spki).der()));
    EXPECT_EQ(refusal(m_service->complete(half)), conflict);
    EXPECT_EQ(refusal(complete(responder(m_chain.issuing, m_chain.issuing_key, spki),
                               responder(m_chain.root, m_chain.root_key, old))),
              invalid_argument);
    EXPECT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, old),
                         responder(m_chain.root, m_chain.root_key, old)));
    ASSERT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, spki),
                         responder(m_chain.root, m_chain.root_key, spki)));
    EXPECT_EQ(said(m_chain.signer), said_good);
    reopen();
    EXPECT_EQ(said(m_chain.signer), said_good);
    EXPECT_EQ(refusal(complete(responder(m_chain.issuing, m_chain.issuing_key, old),
                               responder(m_chain.root, m_chain.root_key, old))),
              invalid_argument);
    EXPECT_NE(to_bytes(as_bytes(m_service->next_key({})->spki())), spki); // a key waits once
}

}
}
