#include "service/signing.h"

#include <algorithm>
#include <array>

#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

using store::SessionStatus;
using SigningTest = SigningBed;

TEST_F(SigningTest, ASessionGoesFromRequestToAnswer)
{
    const auto id = begin(request("a", 2));
    EXPECT_EQ(session(id).status, SessionStatus::pending);
    const auto answer = wait(id);
    Result<std::vector<PendingSession>> shown = fail(ErrorCode::internal, "");
    m_signing->pending(m_phone, Milliseconds(0), {}, [&](auto sessions) { shown = std::move(sessions); });
    ASSERT_TRUE(shown);
    ASSERT_EQ(shown->size(), 1U);
    EXPECT_EQ(answer->count, 0);

    ASSERT_TRUE(approve(id));
    EXPECT_EQ(session(id).status, SessionStatus::signed_);
    ASSERT_EQ(answer->count, 1);
    ASSERT_TRUE(answer->outcome);
    EXPECT_EQ(answer->outcome->signatures,
              (std::vector<Bytes>{to_bytes("signature 0"), to_bytes("signature 1")}));
    EXPECT_EQ(used(), 2);
    EXPECT_EQ(m_sam.unacknowledged(), 0U);
    EXPECT_EQ(*m_signing->evidence(m_application, id), to_bytes("evidence"));
    EXPECT_EQ(*m_signing->evidence(m_phone, id), to_bytes("evidence"));
}

TEST_F(SigningTest, TheIntentIsDurableBeforeTheSamIsTold)
{
    const auto id = begin(request("a"));
    m_sam.before_call([&](std::uint16_t type) {
        if (type != proto::sam::ACTIVATE)
            return;
        const auto now = session(id);
        EXPECT_EQ(now.status, SessionStatus::approved);
        EXPECT_TRUE(now.assertion);
        EXPECT_EQ(used(), 1);
        EXPECT_EQ(audited(id), "session.opened session.activation_intended ");
    });
    ASSERT_TRUE(approve(id));
    EXPECT_EQ(m_sam.calls(proto::sam::ACTIVATE), 1);
}

TEST_F(SigningTest, AnApprovalCountsOnce)
{
    const auto id = begin(request("a"));
    const auto assertion = assertion_for(session(id));
    ASSERT_TRUE(m_signing->approve(m_phone, id, assertion));
    const auto again = m_signing->approve(m_phone, id, assertion);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
    EXPECT_EQ(m_sam.signings(), 1);
    EXPECT_EQ(used(), 1);
}

TEST_F(SigningTest, AnAssertionForAnythingElseIsRefusedAndCounted)
{
    const auto id = begin(request("a", 2));
    auto other = session(id);
    std::swap(other.digests[0], other.digests[1]);
    m_sam.refuse_by_word(Error{ErrorCode::verification_failed, "wrong"});
    for (const auto& wrong : {assertion_for(other), assertion_for(session(id), webauthn::flag_user_present),
                              assertion_for(session(id), webauthn::flag_user_verified)}) {
        const auto refused = m_signing->approve(m_phone, id, wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::verification_failed);
    }
    EXPECT_EQ(session(id).status, SessionStatus::pending);
    EXPECT_EQ(m_sam.calls(proto::sam::ACTIVATE), 3);
    EXPECT_EQ(used(), 0);
    m_sam.refuse_by_word(Error{ErrorCode::locked, "locked"});
    EXPECT_EQ(m_signing->approve(m_phone, id, assertion_for(other)).error().code, ErrorCode::locked);
    m_sam.refuse_by_word(std::nullopt);
    EXPECT_TRUE(approve(id));
}

TEST_F(SigningTest, AnUnknownAuthenticatorIsNotShownToTheSam)
{
    const auto id = begin(request("a"));
    auto assertion = assertion_for(session(id));
    assertion.credential_id = to_bytes("another");
    EXPECT_EQ(m_signing->approve(m_phone, id, assertion).error().code, ErrorCode::verification_failed);
    EXPECT_EQ(m_sam.calls(proto::sam::ACTIVATE), 0);
}

TEST_F(SigningTest, ALostReplyLeavesTheSessionApprovedAndRecoverySignsItOnce)
{
    const auto id = begin(request("a"));
    const auto answer = wait(id);
    m_sam.set_fault(FakeSam::Fault::reply_lost, proto::sam::ACTIVATE);
    EXPECT_EQ(approve(id).error().code, ErrorCode::unavailable);
    EXPECT_EQ(session(id).status, SessionStatus::approved);
    EXPECT_FALSE(m_signing->drive_approved());
    sweep_after(Milliseconds(60'001)); // a time-out is no end
    EXPECT_EQ(session(id).status, SessionStatus::approved);
    EXPECT_EQ(answer->count, 0);

    m_sam.set_fault(FakeSam::Fault::none);
    EXPECT_TRUE(m_signing->drive_approved());
    EXPECT_EQ(session(id).status, SessionStatus::signed_);
    EXPECT_EQ(m_sam.signings(), 1);
    EXPECT_EQ(used(), 1);
    EXPECT_EQ(m_sam.unacknowledged(), 0U);
    ASSERT_EQ(answer->count, 1);
    EXPECT_TRUE(answer->outcome);
}

TEST_F(SigningTest, ACrashBeforeTheSamIsToldIsMadeUpForAfterRestart)
{
    const auto id = begin(request("a"));
    m_sam.set_fault(FakeSam::Fault::away);
    EXPECT_FALSE(approve(id));
    restart();
    m_sam.set_fault(FakeSam::Fault::none);
    EXPECT_TRUE(m_signing->adopt_pending());
    EXPECT_TRUE(m_signing->drive_approved());
    EXPECT_EQ(session(id).status, SessionStatus::signed_);
    // The client comes back with the same request and gets the stored answer.
    const auto ticket = m_signing->begin(m_application, request("a"));
    ASSERT_TRUE(ticket);
    EXPECT_EQ(ticket->session_id, id);
    EXPECT_TRUE(wait(id)->outcome);
    EXPECT_EQ(m_sam.signings(), 1);
    EXPECT_EQ(used(), 1);
}

TEST_F(SigningTest, AResultThatTheSamKeepsIsDrained)
{
    const auto id = begin(request("a"));
    m_sam.set_fault(FakeSam::Fault::reply_lost, proto::sam::ACTIVATE);
    EXPECT_FALSE(approve(id));
    m_sam.set_fault(FakeSam::Fault::none);
    EXPECT_EQ(m_sam.unacknowledged(), 1U);
    EXPECT_TRUE(m_signing->drain_unacknowledged());
    EXPECT_EQ(session(id).status, SessionStatus::signed_);
    EXPECT_EQ(m_sam.unacknowledged(), 0U);
}

TEST_F(SigningTest, AResultThatCannotBeReadKeepsNoOtherWaiting)
{
    const std::array ids{begin(request("a")), begin(request("b"))};
    m_sam.set_fault(FakeSam::Fault::reply_lost, proto::sam::ACTIVATE);
    for (const auto& id : ids)
        EXPECT_FALSE(approve(id));
    m_sam.set_fault(FakeSam::Fault::none);
    const auto& [first, last] = std::minmax(ids[0], ids[1]); // the order in which they are listed
    m_sam.corrupt(first);
    EXPECT_EQ(m_signing->drain_unacknowledged().error().code, ErrorCode::tampered);
    EXPECT_EQ(session(first).status, SessionStatus::approved);
    EXPECT_EQ(session(last).status, SessionStatus::signed_);
    EXPECT_EQ(m_sam.unacknowledged(), 1U);
}

TEST_F(SigningTest, ALostAcknowledgementIsMadeUpFor)
{
    const auto id = begin(request("a"));
    m_sam.before_call([&](std::uint16_t type) {
        if (type == proto::sam::ACKNOWLEDGE) { // record before release
            EXPECT_EQ(session(id).status, SessionStatus::signed_);
        }
    });
    m_sam.set_fault(FakeSam::Fault::reply_lost, proto::sam::ACKNOWLEDGE);
    EXPECT_TRUE(approve(id));
    m_sam.set_fault(FakeSam::Fault::none);
    EXPECT_TRUE(m_signing->drain_unacknowledged());
    EXPECT_EQ(m_sam.unacknowledged(), 0U);
}

TEST_F(SigningTest, ADurableRefusalFailsAndGivesTheUnitsBack)
{
    const auto id = begin(request("a", 3));
    const auto answer = wait(id);
    m_sam.refuse_for_good(Error{ErrorCode::gone, "the key was revoked"});
    EXPECT_EQ(approve(id).error().code, ErrorCode::gone);
    EXPECT_EQ(session(id).status, SessionStatus::failed);
    EXPECT_EQ(used(), 0);
    EXPECT_EQ(answer->count, 1);
    EXPECT_EQ(answer->outcome.error().code, ErrorCode::gone);
    EXPECT_EQ(m_sam.unacknowledged(), 0U);
}

TEST_F(SigningTest, ARefusalByWordIsMadeToLastFirst)
{
    const auto id = begin(request("a"));
    m_sam.refuse_by_word(Error{ErrorCode::locked, "locked"});
    EXPECT_EQ(approve(id).error().code, ErrorCode::locked);
    EXPECT_EQ(session(id).status, SessionStatus::failed);
    EXPECT_EQ(m_sam.open_sessions(), 0U);
    EXPECT_EQ(used(), 0);
}

TEST_F(SigningTest, ARejectedSessionCannotBeApproved)
{
    const auto id = begin(request("a"));
    const auto answer = wait(id);
    ASSERT_TRUE(m_signing->reject(m_phone, id, "not mine"));
    EXPECT_EQ(answer->outcome.error().code, ErrorCode::rejected);
    EXPECT_EQ(approve(id).error().code, ErrorCode::gone);
    EXPECT_EQ(m_signing->reject(m_phone, id, "").error().code, ErrorCode::gone);
    EXPECT_EQ(m_sam.open_sessions(), 0U);
    EXPECT_EQ(m_sam.signings(), 0);
}

TEST_F(SigningTest, OfRejectionAndApprovalInParallelOneWins)
{
    const auto id = begin(request("a"));
    bool rejected = false;
    m_sam.before_call([&](std::uint16_t type) {
        if (type == proto::sam::ACTIVATE) // approved is durable: too late
            rejected = m_store
                           ->write([&](sqlite::Database& db) {
                               return store::Sessions(db).end_pending(
                                   id, SessionStatus::rejected, {ErrorCode::rejected, ""}, m_clock.now());
                           })
                           .value();
    });
    EXPECT_TRUE(approve(id));
    EXPECT_FALSE(rejected);
    EXPECT_EQ(session(id).status, SessionStatus::signed_);
}

TEST_F(SigningTest, NobodyApprovesAfterTheExpiry)
{
    const auto id = begin(request("a"));
    const auto answer = wait(id);
    const auto assertion = assertion_for(session(id));
    m_clock.advance(Milliseconds(60'000));
    EXPECT_EQ(m_signing->approve(m_phone, id, assertion).error().code, ErrorCode::gone);
    sweep_after(Milliseconds(1));
    EXPECT_EQ(session(id).status, SessionStatus::expired);
    EXPECT_EQ(answer->count, 1);
    EXPECT_EQ(answer->outcome.error().code, ErrorCode::expired);
    EXPECT_EQ(m_sam.open_sessions(), 0U);
}

TEST_F(SigningTest, AClientThatHasGoneMayComeBackWithinTheGrace)
{
    const auto id = begin(request("a"));
    bool gone = false;
    const auto first = wait(id, [&gone] { return gone; });
    sweep_after(Milliseconds(20'000)); // it waits: no grace runs
    EXPECT_EQ(session(id).status, SessionStatus::pending);
    gone = true;
    sweep_after(Milliseconds(100));
    EXPECT_EQ(first->count, 1);
    sweep_after(Milliseconds(9'000));
    EXPECT_EQ(begin(request("a")), id);
    const auto second = wait(id);
    sweep_after(Milliseconds(20'000));
    EXPECT_EQ(session(id).status, SessionStatus::pending);
    EXPECT_TRUE(approve(id));
    EXPECT_TRUE(second->outcome);
}

TEST_F(SigningTest, ADesertedSessionIsWithdrawn)
{
    const auto id = begin(request("a"));
    sweep_after(Milliseconds(10'001));
    EXPECT_EQ(session(id).status, SessionStatus::cancelled);
    EXPECT_EQ(m_sam.open_sessions(), 0U);
    EXPECT_EQ(wait(id)->outcome.error().code, ErrorCode::gone);
}

TEST_F(SigningTest, TheSameRequestAttachesUntilItsAnswerIsDelivered)
{
    const auto id = begin(request("a"));
    EXPECT_EQ(begin(request("a")), id);
    EXPECT_NE(begin(request("b")), id);
    ASSERT_TRUE(approve(id));
    EXPECT_EQ(begin(request("a")), id);
    m_signing->delivered(id);
    ASSERT_TRUE(m_store->write([](sqlite::Database&) -> Status { return {}; })); // after it
    EXPECT_NE(begin(request("a")), id);
}

TEST_F(SigningTest, AnUndeliveredAnswerIsKeptForAMinute)
{
    const auto id = begin(request("a"));
    ASSERT_TRUE(approve(id));
    m_clock.advance(Milliseconds(60'000));
    EXPECT_NE(begin(request("a")), id);
}

TEST_F(SigningTest, AnUndeliveredAnswerIsKeptAsLongAsIsConfigured)
{
    m_result_grace = Milliseconds(500);
    restart();
    const auto id = begin(request("a"));
    ASSERT_TRUE(approve(id));
    m_clock.advance(Milliseconds(499));
    EXPECT_EQ(begin(request("a")), id);
    m_clock.advance(Milliseconds(1));
    EXPECT_NE(begin(request("a")), id);
}

TEST_F(SigningTest, ASessionThatHasNotEndedHasNoAnswerToDeliver)
{
    const auto id = begin(request("a"));
    m_signing->delivered(id);
    ASSERT_TRUE(m_store->write([](sqlite::Database&) -> Status { return {}; })); // after it
    ASSERT_TRUE(approve(id));
    EXPECT_EQ(begin(request("a")), id);
}

TEST_F(SigningTest, AnIdempotencyKeyNeverSignsTwice)
{
    auto keyed = request("a");
    keyed.idempotency_key = "k1";
    const auto id = begin(keyed);
    ASSERT_TRUE(approve(id));
    m_signing->delivered(id);
    m_clock.advance(std::chrono::hours(1));
    EXPECT_EQ(begin(keyed), id);
    EXPECT_TRUE(wait(id)->outcome);
    auto other = request("b");
    other.idempotency_key = "k1";
    EXPECT_EQ(m_signing->begin(m_application, other).error().code, ErrorCode::invalid_argument);
    EXPECT_NE(begin(request("a")), id); // without the key it is another request
}

TEST_F(SigningTest, TheSameRequestTwiceAtOnceOpensOneSession)
{
    const auto first = begin(request("a"));
    // The race: the second has looked before the first was written. The unique index decides.
    auto copy = session(first);
    copy.id = SessionId::generate(m_random);
    const auto added = m_store->write([&](sqlite::Database& db) { return store::Sessions(db).add(copy); });
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::already_exists);
}

// What the application may ask again later must not look like its pack's quota, which it would have to buy.
TEST_F(SigningTest, TooManyOpenSessionsOfTheSignerAreNoQuota)
{
    m_sam.refuse_to_open(Error{ErrorCode::quota_reached, "the signer has too many open sessions"});
    EXPECT_EQ(m_signing->begin(m_application, request("a")).error().code, ErrorCode::rate_limited);
    m_sam.refuse_to_open(std::nullopt);
    EXPECT_TRUE(m_signing->begin(m_application, request("a")));
}

TEST_F(SigningTest, TheQuotaHoldsAtTheRequestAndAtTheApproval)
{
    EXPECT_EQ(m_signing->begin(m_application, request("a", 6)).error().code, ErrorCode::quota_reached);
    const auto first = begin(request("a", 3));
    const auto second = begin(request("b", 3));
    const auto answer = wait(second);
    EXPECT_TRUE(approve(first));
    EXPECT_FALSE(approve(second));
    EXPECT_EQ(session(second).status, SessionStatus::cancelled);
    EXPECT_EQ(answer->outcome.error().code, ErrorCode::quota_reached);
    EXPECT_EQ(used(), 3);
    EXPECT_EQ(m_sam.signings(), 1);
}

TEST_F(SigningTest, TenantsAreWalls)
{
    const auto id = begin(request("a"));
    ASSERT_TRUE(approve(id));
    const auto stranger = make_application();
    EXPECT_EQ(m_signing->begin(stranger, request("a")).error().code, ErrorCode::not_found);
    EXPECT_EQ(m_signing->evidence(stranger, id).error().code, ErrorCode::not_found);
    const Phone strange_phone{DeviceId::generate(m_random), UserId::generate(m_random)};
    EXPECT_EQ(m_signing->evidence(strange_phone, id).error().code, ErrorCode::not_found);
    EXPECT_EQ(m_signing->approve(strange_phone, id, assertion_for(session(id))).error().code,
              ErrorCode::not_found);
    EXPECT_EQ(m_signing->reject(strange_phone, id, "").error().code, ErrorCode::not_found);
}

TEST_F(SigningTest, ARemovedPhoneApprovesNothing)
{
    const auto id = begin(request("a"));
    const auto assertion = assertion_for(session(id));
    ASSERT_TRUE(m_store->write([&](sqlite::Database& db) {
        return store::Phones(db).move(m_phone.device_id, store::DeviceStatus::active,
                                      store::DeviceStatus::removing);
    }));
    EXPECT_FALSE(m_signing->approve(m_phone, id, assertion));
    EXPECT_EQ(session(id).status, SessionStatus::pending);
    EXPECT_EQ(m_sam.signings(), 0);
}

TEST_F(SigningTest, ARevokedIdentityOpensNothingAndApprovesNothing)
{
    const auto id = begin(request("a"));
    ASSERT_TRUE(m_store->write(
        [&](sqlite::Database& db) { return store::IdentityTable(db).begin_revocation(m_key_id, {}); }));
    EXPECT_EQ(m_signing->begin(m_application, request("b")).error().code, ErrorCode::conflict);
    EXPECT_FALSE(approve(id));
    EXPECT_EQ(session(id).status, SessionStatus::cancelled);
    EXPECT_EQ(m_sam.signings(), 0);
}

TEST_F(SigningTest, LimitsAndDatesAreChecked)
{
    EXPECT_EQ(m_signing->begin(m_application, request("a", 0)).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(m_signing->begin(m_application, request("a", 101)).error().code, ErrorCode::too_large);
    auto lapsed = m_application;
    lapsed.pack.valid_until = start;
    EXPECT_EQ(m_signing->begin(lapsed, request("a")).error().code, ErrorCode::forbidden);
    m_clock.advance(std::chrono::hours(1000) + Milliseconds(999)); // the certificate's last second
    EXPECT_TRUE(m_signing->begin(m_application, request("a")));
    m_clock.advance(Milliseconds(1));
    EXPECT_EQ(m_signing->begin(m_application, request("b")).error().code, ErrorCode::conflict);
}

TEST_F(SigningTest, APhoneWaitsForASessionWithoutAThread)
{
    int calls = 0;
    std::size_t shown = 0;
    m_signing->pending(m_phone, Milliseconds(30'000), {}, [&](auto sessions) {
        ++calls;
        shown = sessions->size();
    });
    EXPECT_EQ(calls, 0);
    begin(request("a"));
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(shown, 1U);
}

TEST_F(SigningTest, AStoppedServiceAnswersWhoWaits)
{
    const auto answer = wait(begin(request("a")));
    m_signing->stop();
    EXPECT_EQ(answer->count, 1);
    EXPECT_EQ(answer->outcome.error().code, ErrorCode::unavailable);
}

}
}
