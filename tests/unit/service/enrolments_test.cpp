#include "service/enrolments.h"

#include "store/outbox.h"
#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

class EnrolmentsTest : public SigningBed {
protected:
    EnrolmentsTest()
    {
        EXPECT_TRUE(m_store->write([this](sqlite::Database& db) {
            return store::UserTable(db).set_registration_token(
                m_user.id, registration_token_mac(m_code_key, "welcome"), start + std::chrono::hours(24));
        }));
    }

    Result<EnrolmentBegun> begin_one()
    {
        return m_enrolments.begin("welcome", "phone", m_key.public_key().spki());
    }
    std::string code(store::MessageKind kind)
    {
        const auto messages = *m_store->read(
            [this](sqlite::Database& db) { return store::Outbox(db).due(m_clock.now(), 100); });
        std::string found;
        for (const auto& message : messages)
            if (message.kind == kind)
                found = message.body.substr(message.body.find("code: ") + 6);
        return found;
    }

    const Secret m_code_key = Secret(Bytes(32, 3));
    int m_notified = 0;
    Enrolments m_enrolments{{*m_store, m_client, m_code_key, [this] { ++m_notified; }, m_clock, m_random}};
};

TEST_F(EnrolmentsTest, BothCodesAndTheAttestationMakeADevice)
{
    const auto begun = begin_one();
    ASSERT_TRUE(begun);
    EXPECT_EQ(m_notified, 1);
    const auto email = code(store::MessageKind::email);
    ASSERT_EQ(email.size(), 8U);
    EXPECT_EQ(m_enrolments.complete(begun->id, {}, {}, {}).error().code, ErrorCode::conflict);
    const auto outcome = m_enrolments.enter_codes(begun->id, email, code(store::MessageKind::sms));
    ASSERT_TRUE(outcome);
    ASSERT_TRUE(outcome->challenge);
    EXPECT_EQ(outcome->challenge->exclude_credentials, std::vector<Bytes>{to_bytes("credential")});
    const auto done = m_enrolments.complete(begun->id, {}, {}, {});
    ASSERT_TRUE(done);
    EXPECT_EQ(
        m_store->read([&](sqlite::Database& db) { return store::Phones(db).devices(m_user.id); })->size(),
        2U);
    EXPECT_EQ(m_enrolments.complete(begun->id, {}, {}, {}).error().code, ErrorCode::gone);
    EXPECT_EQ(m_sam.calls(proto::sam::BIND), 1);
}

TEST_F(EnrolmentsTest, OneRightCodeIsNoneAndFiveTriesAreAll)
{
    const auto begun = begin_one();
    const auto email = code(store::MessageKind::email);
    const auto sms = code(store::MessageKind::sms);
    EXPECT_EQ(m_enrolments.enter_codes(begun->id, email, "x")->tries_left, 4);
    EXPECT_FALSE(m_enrolments.enter_codes(begun->id, "x", sms)->challenge);
    EXPECT_FALSE(m_enrolments.enter_codes(begun->id, sms, email)->challenge || email == sms);
    EXPECT_FALSE(m_enrolments.enter_codes(begun->id, "", "")->challenge);
    EXPECT_EQ(m_enrolments.enter_codes(begun->id, email + "0", sms)->tries_left, 0);
    EXPECT_EQ(m_enrolments.enter_codes(begun->id, email, sms).error().code, ErrorCode::gone);
    EXPECT_EQ(m_sam.calls(proto::sam::BEGIN_BINDING), 0);
}

TEST_F(EnrolmentsTest, CodesLiveTenMinutes)
{
    const auto begun = begin_one();
    const auto email = code(store::MessageKind::email);
    const auto sms = code(store::MessageKind::sms);
    m_clock.advance(Milliseconds(600'000));
    EXPECT_EQ(m_enrolments.enter_codes(begun->id, email, sms).error().code, ErrorCode::gone);
}

TEST_F(EnrolmentsTest, ABindingWhoseReplyWasLostIsFetchedHoweverLate)
{
    const auto begun = begin_one();
    ASSERT_TRUE(
        m_enrolments.enter_codes(begun->id, code(store::MessageKind::email), code(store::MessageKind::sms)));
    m_sam.set_fault(FakeSam::Fault::reply_lost, proto::sam::BIND);
    EXPECT_TRUE(is_outcome_unknown(m_enrolments.complete(begun->id, {}, {}, {}).error().code));
    m_sam.set_fault(FakeSam::Fault::none);
    m_clock.advance(std::chrono::hours(1));
    EXPECT_TRUE(m_enrolments.complete(begun->id, {}, {}, {}));
}

TEST_F(EnrolmentsTest, WhatWasNotBoundInTimeHasExpired)
{
    const auto begun = begin_one();
    ASSERT_TRUE(
        m_enrolments.enter_codes(begun->id, code(store::MessageKind::email), code(store::MessageKind::sms)));
    m_sam.refuse_by_word(Error{ErrorCode::verification_failed, "no such challenge"});
    EXPECT_EQ(m_enrolments.complete(begun->id, {}, {}, {}).error().code, ErrorCode::verification_failed);
    m_clock.advance(std::chrono::hours(1));
    EXPECT_EQ(m_enrolments.complete(begun->id, {}, {}, {}).error().code, ErrorCode::gone);
}

TEST_F(EnrolmentsTest, AUserWhoIsRemovedMeanwhileGetsNoDevice)
{
    const auto begun = begin_one();
    ASSERT_TRUE(
        m_enrolments.enter_codes(begun->id, code(store::MessageKind::email), code(store::MessageKind::sms)));
    const auto devices = [this] {
        return m_store->read([this](sqlite::Database& db) { return store::Phones(db).devices(m_user.id); })
            ->size();
    };
    m_sam.before_call([this](std::uint16_t type) {
        if (type != proto::sam::BIND)
            return;
        EXPECT_TRUE(m_store->write([this](sqlite::Database& db) -> Status {
            TRY(store::UserTable(db).move(m_user.id, store::UserStatus::approved,
                                          store::UserStatus::deleting));
            return store::Phones(db).remove_all_of(m_user.id);
        }));
    });
    EXPECT_EQ(m_enrolments.complete(begun->id, {}, {}, {}).error().code, ErrorCode::gone);
    EXPECT_EQ(devices(), 0U);
}

TEST_F(EnrolmentsTest, ALifeOfCodesMayBeShorter)
{
    Enrolments hasty{{*m_store, m_client, m_code_key, [] {}, m_clock, m_random, Milliseconds(30'000)}};
    EXPECT_EQ(hasty.begin("welcome", "phone", m_key.public_key().spki())->expires_at,
              m_clock.now() + Milliseconds(30'000));
}

TEST_F(EnrolmentsTest, CodesAreNotKeptInTheClear)
{
    const auto begun = begin_one();
    const auto email = code(store::MessageKind::email);
    const auto row =
        *m_store->read([&](sqlite::Database& db) { return store::Phones(db).enrolment(begun->id); });
    EXPECT_EQ(row->email_code_mac.size(), 32U);
    EXPECT_NE(row->email_code_mac, crypto::sha256(as_bytes(email)));
}

TEST_F(EnrolmentsTest, OnlyATokenBeginsAndOnlyFiveTimesAnHour)
{
    EXPECT_EQ(m_enrolments.begin("wrong", "phone", m_key.public_key().spki()).error().code,
              ErrorCode::not_found);
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(begin_one());
    EXPECT_EQ(begin_one().error().code, ErrorCode::rate_limited);
    m_clock.advance(Milliseconds(3'600'000));
    EXPECT_TRUE(begin_one());
    m_clock.advance(std::chrono::hours(24));
    EXPECT_EQ(begin_one().error().code, ErrorCode::not_found);
}

}
}
