#include "service/publication.h"

#include <gtest/gtest.h>

#include "unit/service/fake_pki.h"
#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

using namespace std::chrono_literals;

class PublicationTest : public SigningBed {
protected:
    Bytes about_issuing() { return m_pki.question(m_pki.m_chain.issuing.serial()); }
    Bytes published(const std::string& path)
    {
        const auto file = m_publication.file(path);
        return file && *file ? (*file)->content : Bytes();
    }

    FakePki m_pki{m_clock};
    CaClient m_ca{m_pki};
    OcspClient m_ocsp{m_pki};
    Publication m_publication{{*m_store, m_ca, m_ocsp, m_clock}};
};

TEST_F(PublicationTest, FilesAreThoseOfTheCa)
{
    EXPECT_EQ(published("/crl/issuing.crl"), m_pki.m_lists[0].second);
    EXPECT_EQ(published("/crl/root.crl"), m_pki.m_lists[1].second);
    EXPECT_EQ(published("/ca/root.cer"), m_pki.m_chain.root.der());
    const auto unknown = m_publication.file("/crl/other.crl");
    ASSERT_TRUE(unknown);
    EXPECT_EQ(*unknown, nullptr);
}

TEST_F(PublicationTest, AnAnswerIsKeptUntilThereIsANewList)
{
    const auto request = about_issuing();
    ASSERT_TRUE(m_publication.refresh());
    EXPECT_EQ(m_publication.kept(request), nullptr);
    const auto first = m_publication.answer(request);
    ASSERT_TRUE(first->until);
    EXPECT_EQ(m_publication.kept(request), first);
    ASSERT_TRUE(m_publication.refresh()); // the same lists
    EXPECT_EQ(m_publication.kept(request), first);
    m_pki.new_lists();
    ASSERT_TRUE(m_publication.refresh());
    EXPECT_EQ(m_publication.kept(request), nullptr);
    EXPECT_EQ(m_pki.asked, 1);
}

TEST_F(PublicationTest, AnAnswerThatANewListOvertookIsNotKept)
{
    const auto request = about_issuing();
    ASSERT_TRUE(m_publication.refresh());
    m_pki.on_respond = [this] {
        m_pki.on_respond = nullptr;
        m_pki.new_lists();
        EXPECT_TRUE(m_publication.refresh());
    };
    ASSERT_TRUE(m_publication.answer(request));
    EXPECT_EQ(m_publication.kept(request), nullptr);
}

TEST_F(PublicationTest, NobodyKeepsTheAnswerOfAnOfflineIssuerAsLongAsItHolds)
{
    m_pki.holds = 365 * 24h;
    const auto answer = m_publication.answer(about_issuing());
    ASSERT_TRUE(answer->until);
    EXPECT_EQ(*answer->until, m_clock.now() + 1h);
}

TEST_F(PublicationTest, NoncesAndUnknownSerialsAreNotKept)
{
    ASSERT_TRUE(m_publication.refresh());
    const auto with_nonce = m_pki.question(m_pki.m_chain.issuing.serial(), Bytes(16, 7));
    EXPECT_FALSE(m_publication.answer(with_nonce)->until);
    EXPECT_EQ(m_publication.kept(with_nonce), nullptr);
    const auto nobodys = m_pki.question(Bytes{1, 2, 3});
    ASSERT_TRUE(m_publication.answer(nobodys));
    EXPECT_EQ(m_publication.kept(nobodys), nullptr);
}

TEST_F(PublicationTest, TheNewListIsShownBeforeItIsPublished)
{
    ASSERT_TRUE(m_publication.refresh());
    const auto old = published("/crl/issuing.crl");
    m_pki.new_lists();
    m_pki.away = true;
    EXPECT_FALSE(m_publication.refresh());
    EXPECT_EQ(published("/crl/issuing.crl"), old);
    m_pki.away = false;
    ASSERT_TRUE(m_publication.refresh());
    EXPECT_EQ(m_pki.shown.back(), m_pki.m_lists[1].second);
    EXPECT_EQ(published("/crl/issuing.crl"), m_pki.m_lists[0].second);
}

TEST_F(PublicationTest, AListOlderThanTheRespondersIsNotPublished)
{
    ASSERT_TRUE(m_publication.refresh());
    const auto old = published("/crl/issuing.crl");
    m_pki.new_lists();
    m_pki.refusal = Error{ErrorCode::conflict, "a later one was shown"};
    ASSERT_TRUE(m_publication.refresh());
    EXPECT_EQ(published("/crl/issuing.crl"), old);
}

TEST_F(PublicationTest, AResponderThatHasNotTakenTheListIsNotAsked)
{
    const auto request = about_issuing();
    ASSERT_TRUE(m_publication.refresh());
    ASSERT_TRUE(m_publication.answer(request));
    m_pki.new_lists();
    m_pki.refusal = Error{ErrorCode::unavailable, "away"};
    ASSERT_TRUE(m_publication.refresh());
    EXPECT_EQ(published("/crl/issuing.crl"), m_pki.m_lists[0].second); // the public hears of it all the same
    EXPECT_EQ(m_publication.kept(request), nullptr);
    EXPECT_EQ(m_publication.answer(request)->response, pki::encode_ocsp_error(pki::OcspError::try_later));
    EXPECT_FALSE(m_publication.status_of(m_pki.m_chain.issuing.der()));
    EXPECT_EQ(m_pki.asked, 1);
    m_pki.refusal.reset();
    EXPECT_TRUE(m_publication.answer(request)->until);
    EXPECT_EQ(m_pki.shown.back(), m_pki.m_lists[1].second);
}

TEST_F(PublicationTest, AResponderThatLostItsListsIsShownThemAgainButNotForEveryStranger)
{
    const auto request = about_issuing();
    ASSERT_TRUE(m_publication.refresh());
    ASSERT_EQ(m_pki.shown.size(), 2U);
    m_pki.try_later = true;
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(m_publication.answer(request)->response, pki::encode_ocsp_error(pki::OcspError::try_later));
    }
    EXPECT_EQ(m_pki.shown.size(), 4U);
    EXPECT_FALSE(m_publication.status_of(m_pki.m_chain.issuing.der()));
    m_clock.advance(1s);
    m_pki.try_later = false;
    EXPECT_TRUE(m_publication.status_of(m_pki.m_chain.issuing.der()));
}

TEST_F(PublicationTest, WhatIsNoRequestIsAnsweredSo)
{
    for (const auto& bytes : {Bytes{}, Bytes{0x30, 0x00}, Bytes(20'000, 0x30)}) {
        const auto answer = m_publication.answer(bytes);
        EXPECT_EQ(answer->response, pki::encode_ocsp_error(pki::OcspError::malformed_request));
        EXPECT_FALSE(answer->until);
        EXPECT_EQ(m_publication.kept(bytes), nullptr);
    }
}

TEST_F(PublicationTest, ASignersCertificateIsFoundByItsSerialNumber)
{
    const auto identity =
        m_store->read([&](sqlite::Database& db) { return store::IdentityTable(db).all_of(m_user.id); });
    ASSERT_TRUE(identity);
    ASSERT_FALSE(identity->front().serial.empty());
    const auto question = m_pki.question(identity->front().serial);
    EXPECT_TRUE(m_publication.answer(question)->until);
    EXPECT_NE(m_publication.kept(question), nullptr); // found, so kept
}

}
}
