#include "sam/authenticators.h"

#include <functional>

#include "statements/key_attestation.h"
#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

class AuthenticatorsTest : public SamTest {
protected:
    SignerId m_signer = SignerId::generate(random);
    Phone m_phone;
};

TEST_F(AuthenticatorsTest, TheLinkRecordSaysWhoseItIs)
{
    const auto one = statement(m_signer);
    must(submit(one));
    const auto linked = must(bind(m_signer, m_phone));
    const auto signed_link = must(statements::SignedStatement::decode(linked.link_record));
    const auto evidence_key = must(crypto::PublicKey::from_spki(evidence_spki));
    EXPECT_TRUE(signed_link.verify(evidence_key));
    const auto link = must(statements::LinkRecord::decode(signed_link.encoding));
    EXPECT_EQ(link.signer_id, m_signer);
    EXPECT_EQ(link.credential_id, m_phone.credential_id);
    EXPECT_EQ(link.public_key_spki, m_phone.key.public_key().spki());
    EXPECT_EQ(link.statement_hash, crypto::sha256(one.encode()));
}

TEST_F(AuthenticatorsTest, AChallengeIsTheSignersOwnAndServesOnce)
{
    must(submit(statement(m_signer)));
    const auto begun = must(begin(m_signer));
    EXPECT_FALSE(begun.approval_needed());
    const auto other = SignerId::generate(random);
    must(submit(statement(other)));
    EXPECT_CODE(sam->authenticators().bind(bind_request(other, begun.challenge(), m_phone)),
                verification_failed);
    // Used up by an attempt that fails: an attestation of another challenge.
    auto wrong = bind_request(m_signer, std::string(32, 'x'), m_phone);
    wrong.set_challenge(begun.challenge());
    EXPECT_CODE(sam->authenticators().bind(wrong), verification_failed);
    EXPECT_CODE(sam->authenticators().bind(bind_request(m_signer, begun.challenge(), m_phone)),
                verification_failed);
    // Replaced by the next one.
    const auto first = must(begin(m_signer));
    const auto second = must(begin(m_signer));
    EXPECT_CODE(sam->authenticators().bind(bind_request(m_signer, first.challenge(), m_phone)),
                verification_failed);
    EXPECT_TRUE(sam->authenticators().bind(bind_request(m_signer, second.challenge(), m_phone)));
}

// qss-api may have crashed before it knew; without the reply nobody would know the authenticator.
TEST_F(AuthenticatorsTest, TheSameBindAgainGivesTheSameReply)
{
    must(submit(statement(m_signer)));
    const auto begun = must(begin(m_signer));
    const auto request = bind_request(m_signer, begun.challenge(), m_phone);
    const auto first = must(sam->authenticators().bind(request));
    clock.advance(std::chrono::hours(1));
    EXPECT_EQ(must(sam->authenticators().bind(request)).SerializeAsString(), first.SerializeAsString());

    // Nothing else is the same: another signer, challenge or attestation; one that was removed since.
    const auto other = SignerId::generate(random);
    must(submit(statement(other)));
    auto changed = request;
    changed.set_signer_id(to_string(other.bytes()));
    EXPECT_CODE(sam->authenticators().bind(changed), verification_failed);
    changed = request;
    changed.set_challenge(std::string(32, 'x'));
    EXPECT_CODE(sam->authenticators().bind(changed), verification_failed);
    EXPECT_CODE(sam->authenticators().bind(bind_request(m_signer, std::string(32, 'x'), m_phone)),
                verification_failed);
    must(remove(m_signer, must(AuthenticatorId::from_bytes(as_bytes(first.authenticator_id())))));
    EXPECT_CODE(sam->authenticators().bind(request), verification_failed);
}

// qss-api makes and checks both one-time codes: it must not be able to enrol in the signer's place.
TEST_F(AuthenticatorsTest, TheFirstOneNeedsTheEnrolmentKeysSignature)
{
    must(submit(statement(m_signer)));
    const auto other = SignerId::generate(random);
    must(submit(statement(other)));
    const auto& mine = enrolment_keys.at(m_signer);
    const auto spki = m_phone.key.public_key().spki();
    using Spoil = std::function<std::string(const std::string&)>; // of the challenge
    const std::pair<const char*, Spoil> attacks[] = {
        {"none", [](auto&) { return std::string(); }},
        {"garbage", [](auto&) { return std::string(70, 'x'); }},
        {"by the new authenticator itself",
         [&](auto& c) { return enrolment_signature(m_phone.key, m_signer, c, spki); }},
        {"by another signer's key",
         [&](auto& c) { return enrolment_signature(enrolment_keys.at(other), m_signer, c, spki); }},
        {"for another signer", [&](auto& c) { return enrolment_signature(mine, other, c, spki); }},
        {"for another challenge",
         [&](auto&) { return enrolment_signature(mine, m_signer, std::string(32, 'x'), spki); }},
        {"for another authenticator",
         [&](auto& c) { return enrolment_signature(mine, m_signer, c, Phone().key.public_key().spki()); }},
        {"for another relying party",
         [&](auto& c) { return enrolment_signature(mine, m_signer, c, spki, "example.org"); }},
        {"over the bare challenge", [&](auto& c) { return sign(mine, as_bytes(c)); }},
        {"cut off",
         [&](auto& c) {
             auto signature = enrolment_signature(mine, m_signer, c, spki);
             signature.pop_back();
             return signature;
         }},
    };
    for (const auto& [name, make] : attacks) {
        const auto begun = must(begin(m_signer));
        auto request = bind_request(m_signer, begun.challenge(), m_phone);
        request.set_enrolment_signature(make(begun.challenge()));
        const auto outcome = sam->authenticators().bind(request);
        ASSERT_FALSE(outcome) << name;
        EXPECT_EQ(outcome.error().code, ErrorCode::verification_failed) << name;
    }
    EXPECT_FALSE(must(begin(m_signer)).approval_needed()) << "nothing was bound";
    EXPECT_TRUE(bind(m_signer, m_phone)) << "the true one";
}

// An approval is no substitute while none is bound, nor the signature once one is.
TEST_F(AuthenticatorsTest, EnrolmentKeyAndApprovalDoNotReplaceEachOther)
{
    must(submit(statement(m_signer)));
    auto begun = must(begin(m_signer));
    auto request = bind_request(m_signer, begun.challenge(), m_phone);
    request.clear_enrolment_signature();
    const auto challenge = as_bytes(begun.challenge());
    *request.mutable_approval() =
        m_phone.sign(sap::addition_challenge(m_signer, challenge, m_phone.key.public_key().spki(), rp_id));
    EXPECT_CODE(sam->authenticators().bind(request), verification_failed);
    ASSERT_TRUE(bind(m_signer, m_phone));
    EXPECT_CODE(bind(m_signer, Phone()), verification_failed); // signed by the enrolment key alone
}

TEST_F(AuthenticatorsTest, AnEnrolmentKeyIsSpentByTheFirstOne)
{
    must(submit(statement(m_signer)));
    const auto begun = must(begin(m_signer));
    const auto request = bind_request(m_signer, begun.challenge(), m_phone);
    const auto reply = must(sam->authenticators().bind(request));
    must(remove(m_signer, must(AuthenticatorId::from_bytes(as_bytes(reply.authenticator_id())))));
    EXPECT_CODE(sam->authenticators().bind(request), verification_failed); // a replay
    EXPECT_CODE(begin(m_signer), forbidden);
    // After the loss the new statement's key binds, the old one does not.
    const auto old = must(crypto::PrivateKey::from_pkcs8(enrolment_keys.at(m_signer).to_pkcs8().reveal()));
    clock.advance(Milliseconds(1'000));
    must(submit(statement(m_signer, 2)));
    const auto again = must(begin(m_signer));
    Phone next;
    auto stale = bind_request(m_signer, again.challenge(), next);
    stale.set_enrolment_signature(
        enrolment_signature(old, m_signer, again.challenge(), next.key.public_key().spki()));
    EXPECT_CODE(sam->authenticators().bind(stale), verification_failed);
    EXPECT_TRUE(bind(m_signer, next));
}

TEST_F(AuthenticatorsTest, ASupersededStatementsEnrolmentKeyBindsNothing)
{
    must(submit(statement(m_signer)));
    const auto old = must(crypto::PrivateKey::from_pkcs8(enrolment_keys.at(m_signer).to_pkcs8().reveal()));
    must(submit(statement(m_signer, 2))); // a new mobile, before any phone
    const auto begun = must(begin(m_signer));
    auto request = bind_request(m_signer, begun.challenge(), m_phone);
    request.set_enrolment_signature(
        enrolment_signature(old, m_signer, begun.challenge(), m_phone.key.public_key().spki()));
    EXPECT_CODE(sam->authenticators().bind(request), verification_failed);
    EXPECT_TRUE(bind(m_signer, m_phone));
}

TEST_F(AuthenticatorsTest, AChallengeExpires)
{
    must(submit(statement(m_signer)));
    const auto begun = must(begin(m_signer));
    EXPECT_EQ(begun.expires_at_unix_ms(), to_unix_ms(clock.now()) + 600'000);
    clock.advance(Milliseconds(600'000));
    EXPECT_CODE(sam->authenticators().bind(bind_request(m_signer, begun.challenge(), m_phone)), expired);
}

TEST_F(AuthenticatorsTest, AnotherOneNeedsAnApproval)
{
    must(submit(statement(m_signer)));
    must(bind(m_signer, m_phone));
    EXPECT_TRUE(must(begin(m_signer)).approval_needed());
    Phone second;
    Phone stranger;
    EXPECT_CODE(bind(m_signer, second), verification_failed);
    EXPECT_CODE(bind(m_signer, second, &second), verification_failed);
    EXPECT_CODE(bind(m_signer, second, &stranger), verification_failed);
    stranger.credential_id = m_phone.credential_id;
    EXPECT_CODE(bind(m_signer, second, &stranger), verification_failed);
    EXPECT_TRUE(bind(m_signer, second, &m_phone));
}

TEST_F(AuthenticatorsTest, AnApprovalIsForOneNewKeyAlone)
{
    must(submit(statement(m_signer)));
    must(bind(m_signer, m_phone));
    const auto begun = must(begin(m_signer));
    Phone wanted;
    Phone attacker;
    auto request = bind_request(m_signer, begun.challenge(), attacker);
    *request.mutable_approval() = m_phone.sign(sap::addition_challenge(
        m_signer, as_bytes(begun.challenge()), wanted.key.public_key().spki(), rp_id));
    EXPECT_CODE(sam->authenticators().bind(request), verification_failed);
}

TEST_F(AuthenticatorsTest, WrongApprovalsLockTheApprover)
{
    must(submit(statement(m_signer)));
    must(bind(m_signer, m_phone));
    Phone second;
    Phone forger;
    forger.credential_id = m_phone.credential_id;
    for (int i = 1; i < limits::assertion_failures_before_lock; ++i)
        EXPECT_CODE(bind(m_signer, second, &forger), verification_failed);
    EXPECT_CODE(bind(m_signer, second, &forger), locked);
    EXPECT_CODE(bind(m_signer, second, &m_phone), locked);
}

TEST_F(AuthenticatorsTest, ACredentialIdServesOneSignerOnceForEver)
{
    must(submit(statement(m_signer)));
    const auto first = must(bind(m_signer, m_phone));
    const auto other = SignerId::generate(random);
    must(submit(statement(other)));
    Phone same_id;
    same_id.credential_id = m_phone.credential_id;
    EXPECT_CODE(bind(other, same_id), already_exists);
    ASSERT_TRUE(remove(m_signer, first.id));
    EXPECT_CODE(bind(other, same_id), already_exists);
    reopen();
    EXPECT_CODE(bind(other, same_id), already_exists);
    EXPECT_TRUE(bind(other, Phone()));
}

TEST_F(AuthenticatorsTest, ThereAreOnlySoMany)
{
    must(submit(statement(m_signer)));
    must(bind(m_signer, m_phone));
    for (std::size_t i = 1; i < limits::authenticators_per_signer; ++i)
        ASSERT_TRUE(bind(m_signer, Phone(), &m_phone));
    EXPECT_CODE(bind(m_signer, Phone(), &m_phone), quota_reached);
}

TEST_F(AuthenticatorsTest, RemovingTheLastOneDestroysTheKeys)
{
    const auto mine = identity(enrol(m_phone));
    Phone second;
    const auto added = must(bind(mine.signer_id, second, &m_phone));
    auto reply = must(remove(mine.signer_id, bound[0].id));
    EXPECT_EQ(reply.remaining(), 1U);
    EXPECT_EQ(reply.receipts_size(), 0);
    reply = must(remove(mine.signer_id, added.id));
    EXPECT_EQ(reply.remaining(), 0U);
    ASSERT_EQ(reply.receipts_size(), 1);
    EXPECT_EQ(reply.revoked_key_ids(0), to_string(mine.key_id.bytes()));
    EXPECT_EQ(must(remove(mine.signer_id, added.id)).receipts(0), reply.receipts(0)) << "again";
    EXPECT_CODE(sam->sessions().open(open_request(mine)), gone);
    EXPECT_CODE(make_key(mine.signer_id, mine.pack_id, "P-256"), conflict);
}

TEST_F(AuthenticatorsTest, NobodyRemovesAnothersAuthenticator)
{
    enrol(m_phone);
    const auto other = enrol(Phone());
    EXPECT_CODE(remove(other, bound[0].id), not_found);
}

// Who owns qss-api may remove devices; that must not let it bind one of its own (docs/invariants.md 1,
// SAD-10).
TEST_F(AuthenticatorsTest, EnrolmentAfterLossNeedsAStatementMadeAfterwards)
{
    const auto signer = enrol(m_phone);
    const auto held_back = statement(signer, 2);
    must(submit(statement(signer, 3))); // a new mobile, say, while the phone is bound
    clock.advance(Milliseconds(1'000));
    must(remove(signer, bound[0].id));
    EXPECT_CODE(begin(signer), forbidden);
    EXPECT_CODE(submit(held_back), conflict);
    auto early = statement(signer, 4);
    early.verified_at = clock.now() - Milliseconds(500);
    must(submit(early));
    EXPECT_CODE(begin(signer), forbidden);
    clock.advance(Milliseconds(1'000));
    must(submit(statement(signer, 5)));
    EXPECT_FALSE(must(begin(signer)).approval_needed());
    auto held_back_longer = statement(signer, 6); // it does not inherit what the fresh one opened
    held_back_longer.verified_at = early.verified_at;
    must(submit(held_back_longer));
    EXPECT_CODE(begin(signer), forbidden);
    must(submit(statement(signer, 7)));
    EXPECT_TRUE(bind(signer, Phone()));
}

// What permitted a binding is read again when it is recorded. The evidence key is loaded in between.
class BindingMeanwhileTest : public AuthenticatorsTest {
protected:
    void meanwhile(std::function<void()> change)
    {
        hooks.before_load = [this, change = std::move(change)] {
            auto once = std::exchange(hooks.before_load, nullptr); // the change loads it too
            change();
        };
    }
    Phone m_second;
};

TEST_F(BindingMeanwhileTest, AnotherFirstPhoneWasBound)
{
    must(submit(statement(m_signer)));
    meanwhile([this] { must(bind(m_signer, m_second)); });
    EXPECT_CODE(bind(m_signer, m_phone), conflict);
    EXPECT_TRUE(bind(m_signer, m_phone, &m_second));
}

TEST_F(BindingMeanwhileTest, TheFirstPhoneWasBoundAndRemoved)
{
    must(submit(statement(m_signer)));
    meanwhile([this] { must(remove(m_signer, must(bind(m_signer, m_second)).id)); });
    EXPECT_CODE(bind(m_signer, m_phone), conflict);
    EXPECT_CODE(begin(m_signer), forbidden);
}

TEST_F(BindingMeanwhileTest, TheStatementWasSuperseded)
{
    must(submit(statement(m_signer)));
    meanwhile([this] { must(submit(statement(m_signer, 2))); });
    EXPECT_CODE(bind(m_signer, m_phone), conflict);
    EXPECT_TRUE(bind(m_signer, m_phone));
}

TEST_F(BindingMeanwhileTest, TheApprovingPhoneWasRemoved)
{
    const auto signer = enrol(m_phone);
    Phone third;
    must(bind(signer, m_second, &m_phone));
    meanwhile([&] { must(remove(signer, bound[0].id)); });
    EXPECT_CODE(bind(signer, third, &m_phone), conflict);
    EXPECT_TRUE(bind(signer, third, &m_second));
}

TEST_F(BindingMeanwhileTest, TheApprovingPhoneWasLocked)
{
    const auto signer = enrol(m_phone);
    Phone forger; // says that it is the bound one
    forger.credential_id = m_phone.credential_id;
    meanwhile([&] {
        for (int i = 0; i < limits::assertion_failures_before_lock; ++i)
            EXPECT_FALSE(bind(signer, Phone(), &forger));
    });
    EXPECT_CODE(bind(signer, m_second, &m_phone), conflict);
}

TEST_F(AuthenticatorsTest, ANewStatementBindsNothingWhileOneIsBound)
{
    const auto signer = enrol(m_phone);
    auto moved = statement(signer, 2);
    moved.mobile = "+37129999999";
    must(submit(moved));
    EXPECT_TRUE(must(begin(signer)).approval_needed());
    EXPECT_CODE(bind(signer, Phone()), verification_failed);
}

TEST_F(AuthenticatorsTest, ACounterThatGoesBackIsRecorded)
{
    const auto mine = identity(enrol(m_phone));
    const auto first = open_session(mine);
    m_phone.count = 10;
    ASSERT_TRUE(approve(first, m_phone));
    const auto events = sam->record().head().next_event;
    const auto second = open_session(mine);
    m_phone.count = 5;
    EXPECT_TRUE(approve(second, m_phone));
    EXPECT_EQ(sam->record().head().next_event - events, 4U) << "opened, counter, used, signed";
}

}
}
