#include "sam/sessions.h"

#include <thread>

#include "sap/evidence.h"
#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

class SessionsTest : public SamTest {
protected:
    SessionsTest() : m_identity(identity(enrol(m_phone))) {}

    Phone m_phone;
    Identity m_identity;
};

TEST_F(SessionsTest, SignsWhatWasApprovedAndProvesIt)
{
    const auto input = open_session(m_identity, 3);
    const auto result = must(approve(input, m_phone));
    ASSERT_EQ(result.signatures_size(), 3);
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(m_identity.certificate.public_key().verify(input.signature_algorithm,
                                                               input.digests[static_cast<std::size_t>(i)],
                                                               as_bytes(result.signatures(i))));
    const auto facts = sap::check_evidence(as_bytes(result.evidence()), pki.root->der(), rp_id);
    ASSERT_TRUE(facts) << facts.error().detail;
    EXPECT_EQ(facts->evidence.input.session_id, input.session_id);
}

TEST_F(SessionsTest, SignsWithRsaFromThePool)
{
    const auto pack = PackId::generate(random);
    Result<proto::sam::MakeKeyReply> made = fail(ErrorCode::unavailable, "");
    while (!made && made.error().code == ErrorCode::unavailable)
        made = make_key(m_identity.signer_id, pack, "RSA-3072");
    const auto key = must(KeyId::from_bytes(as_bytes(made->key_id())));
    auto certificate = must(pki.issue(pki::ProfileId::natural_person_esign, subject(), as_bytes(made->spki()),
                                      pki.issuing_key, &*pki.issuing));
    ASSERT_TRUE(link(key, certificate));
    const Identity rsa{m_identity.signer_id, pack, key, std::move(certificate)};
    for (const auto* algorithm : {"RSA-PKCS1-SHA256", "RSA-PSS-SHA256"}) {
        const auto input = open_session(rsa, 2, algorithm);
        const auto result = must(approve(input, m_phone));
        ASSERT_EQ(result.signatures_size(), 2);
        EXPECT_TRUE(rsa.certificate.public_key().verify(input.signature_algorithm, input.digests[1],
                                                        as_bytes(result.signatures(1))));
    }
}

TEST_F(SessionsTest, GivesTheSameResultEachTimeAndNeverSignsAgain)
{
    const auto input = open_session(m_identity);
    const auto first = must(approve(input, m_phone));
    const auto again = must(approve(input, m_phone));
    EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
    reopen();
    EXPECT_EQ(first.SerializeAsString(), must(stored_result(input.session_id)).SerializeAsString());
}

TEST_F(SessionsTest, OneOfManyParallelActivationsSigns)
{
    const auto input = open_session(m_identity);
    std::vector<proto::sam::Assertion> assertions;
    for (int i = 0; i < 8; ++i)
        assertions.push_back(m_phone.sign(input.challenge()));
    std::vector<Result<proto::sam::SessionResult>> results(8, fail(ErrorCode::internal, ""));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 8; ++i)
        threads.emplace_back([&, i] { results[i] = activate(input.session_id, &assertions[i]); });
    for (auto& thread : threads)
        thread.join();
    std::string evidence;
    for (const auto& result : results) {
        if (!result) {
            EXPECT_EQ(result.error().code, ErrorCode::conflict) << result.error().detail;
            continue;
        }
        if (evidence.empty())
            evidence = result->evidence();
        EXPECT_EQ(result->evidence(), evidence);
    }
    EXPECT_FALSE(evidence.empty());
}

TEST_F(SessionsTest, RefusesAnApprovalOfAnythingElse)
{
    const auto input = open_session(m_identity, 2);
    auto other = input;
    std::swap(other.digests[0], other.digests[1]);
    EXPECT_CODE(approve(other, m_phone), verification_failed);
    other = input;
    other.digests.pop_back();
    EXPECT_CODE(approve(other, m_phone), verification_failed);
    other = input;
    other.display_hash = crypto::sha256(as_bytes("shown something else"));
    EXPECT_CODE(approve(other, m_phone), verification_failed);
    EXPECT_TRUE(approve(input, m_phone)) << "the session stays open";
}

TEST_F(SessionsTest, RefusesAnApprovalOfAnotherSession)
{
    const auto one = open_session(m_identity);
    const auto two = open_session(m_identity);
    const auto assertion = m_phone.sign(one.challenge());
    EXPECT_CODE(activate(two.session_id, &assertion), verification_failed);
    EXPECT_TRUE(activate(one.session_id, &assertion));
    EXPECT_CODE(activate(two.session_id, &assertion), verification_failed);
}

TEST_F(SessionsTest, RefusesAnotherSignersAuthenticator)
{
    Phone theirs;
    enrol(theirs);
    const auto input = open_session(m_identity);
    EXPECT_CODE(approve(input, theirs), verification_failed);
    Phone unknown;
    EXPECT_CODE(approve(input, unknown), verification_failed);
    // The other signer's key behind our credential id.
    theirs.credential_id = m_phone.credential_id;
    EXPECT_CODE(approve(input, theirs), verification_failed);
}

TEST_F(SessionsTest, RefusesARemovedAuthenticator)
{
    Phone second;
    ASSERT_TRUE(bind(m_identity.signer_id, second, &m_phone));
    const auto input = open_session(m_identity);
    ASSERT_TRUE(remove(m_identity.signer_id, bound[0].id));
    EXPECT_CODE(approve(input, m_phone), verification_failed);
    EXPECT_TRUE(approve(input, second));
}

TEST_F(SessionsTest, LocksAnAuthenticatorAfterWrongAssertionsAndNoOther)
{
    Phone second;
    ASSERT_TRUE(bind(m_identity.signer_id, second, &m_phone));
    const auto input = open_session(m_identity);
    auto wrong = input;
    wrong.nonce = Bytes(32);
    for (int i = 1; i < limits::assertion_failures_before_lock; ++i)
        EXPECT_CODE(approve(wrong, m_phone), verification_failed);
    EXPECT_CODE(approve(wrong, m_phone), locked);
    reopen();
    EXPECT_CODE(approve(input, m_phone), locked);
    EXPECT_TRUE(approve(input, second));
}

TEST_F(SessionsTest, ASuccessResetsTheCountOfFailures)
{
    for (int round = 0; round < 2; ++round) {
        const auto input = open_session(m_identity);
        auto wrong = input;
        wrong.nonce = Bytes(32);
        for (int i = 1; i < limits::assertion_failures_before_lock; ++i)
            EXPECT_CODE(approve(wrong, m_phone), verification_failed);
        EXPECT_TRUE(approve(input, m_phone));
    }
}

TEST_F(SessionsTest, AnExpiredSessionNeverSigns)
{
    const auto input = open_session(m_identity);
    clock.set(input.expires_at);
    EXPECT_CODE(approve(input, m_phone), expired);
    ASSERT_TRUE(sam->sessions().archive_expired());
    EXPECT_CODE(approve(input, m_phone), expired);
    const auto lasts = open_session(m_identity);
    clock.set(lasts.expires_at - Milliseconds(1));
    ASSERT_TRUE(sam->sessions().archive_expired());
    EXPECT_TRUE(approve(lasts, m_phone));
}

TEST_F(SessionsTest, ACancelledSessionNeverSigns)
{
    const auto input = open_session(m_identity);
    proto::sam::CancelSessionRequest request;
    request.set_session_id(to_string(input.session_id.bytes()));
    EXPECT_FALSE(must(sam->sessions().cancel(request)).has_result());
    EXPECT_FALSE(must(sam->sessions().cancel(request)).has_result()) << "again";
    EXPECT_CODE(approve(input, m_phone), gone);
}

TEST_F(SessionsTest, CancellingTooLateGivesTheResult)
{
    const auto input = open_session(m_identity);
    const auto result = must(approve(input, m_phone));
    proto::sam::CancelSessionRequest request;
    request.set_session_id(to_string(input.session_id.bytes()));
    EXPECT_EQ(must(sam->sessions().cancel(request)).result().evidence(), result.evidence());
}

TEST_F(SessionsTest, AKeyRevokedBeforeApprovalIsADurableRefusal)
{
    const auto input = open_session(m_identity);
    ASSERT_TRUE(revoke(m_identity.key_id));
    auto result = must(approve(input, m_phone));
    EXPECT_EQ(result.signatures_size(), 0);
    EXPECT_EQ(result.refusal_code(), static_cast<std::uint32_t>(ErrorCode::gone));
    reopen();
    EXPECT_EQ(must(stored_result(input.session_id)).refusal_code(),
              static_cast<std::uint32_t>(ErrorCode::gone));
}

// The key store loads the signer's key after the session was marked used: a revocation at that moment.
TEST_F(SessionsTest, AKeyRevokedWhileSigningGivesNoSignature)
{
    const auto input = open_session(m_identity);
    bool revoked = false;
    hooks.before_load = [&] {
        if (!std::exchange(revoked, true)) {
            EXPECT_TRUE(revoke(m_identity.key_id));
        }
    };
    const auto result = must(approve(input, m_phone));
    hooks.before_load = nullptr;
    ASSERT_TRUE(revoked);
    EXPECT_EQ(result.signatures_size(), 0);
    EXPECT_TRUE(result.evidence().empty());
    EXPECT_EQ(result.refusal_code(), static_cast<std::uint32_t>(ErrorCode::gone));
}

TEST_F(SessionsTest, AnExpiredCertificateSignsNothing)
{
    clock.set(m_identity.certificate.not_after() - Milliseconds(500));
    const auto input = open_session(m_identity);
    clock.advance(Milliseconds(2'000));
    EXPECT_EQ(must(approve(input, m_phone)).refusal_code(), static_cast<std::uint32_t>(ErrorCode::expired));
    EXPECT_CODE(sam->sessions().open(open_request(m_identity)), expired);
}

TEST_F(SessionsTest, ResultsStayUntilAcknowledged)
{
    const auto input = open_session(m_identity);
    const auto open = open_session(m_identity);
    const auto result = must(approve(input, m_phone));
    reopen();
    const auto listed = must(sam->sessions().list_unacknowledged({}));
    ASSERT_EQ(listed.session_ids_size(), 1);
    EXPECT_EQ(listed.session_ids(0), to_string(input.session_id.bytes()));

    proto::sam::AcknowledgeRequest request;
    request.add_session_ids(listed.session_ids(0));
    request.add_session_ids(to_string(open.session_id.bytes()));
    EXPECT_CODE(sam->sessions().acknowledge(request), conflict);
    EXPECT_EQ(must(sam->sessions().list_unacknowledged({})).session_ids_size(), 1) << "all or none";
    request.mutable_session_ids()->RemoveLast();
    EXPECT_TRUE(sam->sessions().acknowledge(request));
    EXPECT_TRUE(sam->sessions().acknowledge(request)) << "again";
    EXPECT_EQ(must(sam->sessions().list_unacknowledged({})).session_ids_size(), 0);
    EXPECT_EQ(must(stored_result(input.session_id)).evidence(), result.evidence());
}

TEST_F(SessionsTest, OpensOnlyWhatObeysTheRules)
{
    const auto good = open_request(m_identity);
    const auto refused = [this, &good](const auto& change) {
        auto request = good;
        change(request);
        return sam->sessions().open(request);
    };
    EXPECT_CODE(refused([](auto& r) { r.clear_digests(); }), invalid_argument);
    EXPECT_CODE(refused([](auto& r) {
                    for (int i = 0; i < 100; ++i)
                        r.add_digests(std::string(32, 'd'));
                }),
                invalid_argument);
    EXPECT_CODE(refused([](auto& r) { r.set_digests(0, std::string(31, 'd')); }), invalid_argument);
    EXPECT_CODE(refused([](auto& r) { r.set_signature_algorithm("RSA-PKCS1-SHA256"); }), invalid_argument);
    EXPECT_CODE(refused([](auto& r) { r.set_signature_algorithm("none"); }), unsupported);
    EXPECT_CODE(refused([](auto& r) { r.set_certificate_sha256(std::string(32, 'c')); }), conflict);
    EXPECT_CODE(refused([](auto& r) { r.set_display_record("what"); }), invalid_argument);
    EXPECT_CODE(refused([this](auto& r) {
                    auto two_labels = display();
                    two_labels.labels = {"a", "b"};
                    r.set_display_record(to_string(two_labels.encode()));
                }),
                invalid_argument);
    EXPECT_CODE(refused([](auto& r) { r.set_lifetime_ms(30 * 60'000 + 1); }), invalid_argument);
    EXPECT_CODE(refused([](auto& r) { r.set_key_id(std::string(16, 'k')); }), not_found);
    EXPECT_CODE(refused([](auto& r) { r.set_key_id("short"); }), invalid_argument);
    Phone theirs;
    const auto other = enrol(theirs);
    EXPECT_CODE(refused([&other](auto& r) { r.set_signer_id(to_string(other.bytes())); }), not_found);
    EXPECT_TRUE(sam->sessions().open(good));
}

TEST_F(SessionsTest, LifetimesAreTheSamsOwn)
{
    auto request = open_request(m_identity);
    const auto by_default = must(sam->sessions().open(request));
    EXPECT_EQ(by_default.expires_at_unix_ms(), to_unix_ms(clock.now()) + limits::session_default_ms);
    request.set_lifetime_ms(30 * 60'000);
    EXPECT_EQ(must(sam->sessions().open(request)).expires_at_unix_ms(),
              to_unix_ms(clock.now()) + limits::session_max_ms);
    for (const std::uint32_t too_long : {30U * 60'000U + 1U, 0xFFFFFFFFU}) {
        request.set_lifetime_ms(too_long);
        EXPECT_CODE(sam->sessions().open(request), invalid_argument);
    }
}

TEST_F(SessionsTest, OpenSessionsOfASignerAreBounded)
{
    for (std::int64_t i = 0; i < open_sessions_per_signer; ++i)
        ASSERT_TRUE(sam->sessions().open(open_request(m_identity)));
    EXPECT_CODE(sam->sessions().open(open_request(m_identity)), quota_reached);
    clock.advance(Milliseconds(limits::session_default_ms));
    ASSERT_TRUE(sam->sessions().archive_expired());
    EXPECT_TRUE(sam->sessions().open(open_request(m_identity)));
}

TEST_F(SessionsTest, AnUnlinkedKeyOpensNothing)
{
    const auto made = must(make_key(m_identity.signer_id, PackId::generate(random), "P-256"));
    auto request = open_request(m_identity);
    request.set_key_id(made.key_id());
    EXPECT_CODE(sam->sessions().open(request), conflict);
}

// As a crash between use and result, or a full disk then, leaves it.
Status mark_used(Record& record, const SessionId& id)
{
    return record.transact([&id](Transaction& transaction) -> Status {
        TRY_ASSIGN(row, transaction.find(Kind::session, id.bytes()));
        TRY_ASSIGN(session, SessionRecord::from_row(std::move(*row)));
        session.state = SessionRecord::used;
        return transaction.update(session.to_row());
    });
}

TEST_F(SessionsTest, ASessionUsedWithoutAResultIsRefusedAtStart)
{
    const auto input = open_session(m_identity);
    ASSERT_TRUE(mark_used(sam->record(), input.session_id));
    reopen();
    ASSERT_EQ(sam->state(), role::State::READY);
    EXPECT_EQ(must(sam->sessions().list_unacknowledged({})).session_ids_size(), 1);
    const auto result = must(approve(input, m_phone));
    EXPECT_EQ(result.signatures_size(), 0);
    EXPECT_EQ(result.refusal_code(), static_cast<std::uint32_t>(ErrorCode::conflict));
}

TEST_F(SessionsTest, ASessionWhoseResultWasLostIsRefusedForGood)
{
    const auto activated = open_session(m_identity);
    const auto cancelled = open_session(m_identity);
    ASSERT_TRUE(mark_used(sam->record(), activated.session_id));
    ASSERT_TRUE(mark_used(sam->record(), cancelled.session_id));
    EXPECT_EQ(must(approve(activated, m_phone)).signatures_size(), 0);
    proto::sam::CancelSessionRequest request;
    request.set_session_id(to_string(cancelled.session_id.bytes()));
    EXPECT_EQ(must(sam->sessions().cancel(request)).result().refusal_code(),
              static_cast<std::uint32_t>(ErrorCode::conflict));
    EXPECT_EQ(must(sam->sessions().list_unacknowledged({})).session_ids_size(), 2);
}

TEST_F(SessionsTest, ASessionWithoutEvidenceIsRefusedForGood)
{
    const auto input = open_session(m_identity);
    hooks.broken_spki = evidence_spki;
    const auto result = must(approve(input, m_phone));
    hooks.broken_spki.clear();
    EXPECT_EQ(result.signatures_size(), 0);
    EXPECT_EQ(result.refusal_code(), static_cast<std::uint32_t>(ErrorCode::io));
    EXPECT_EQ(must(stored_result(input.session_id)).signatures_size(), 0);
}

// One faulty RSA signature made with CRT gives the key away: each is checked, and one a session for ECDSA.
TEST_F(SessionsTest, AFaultySignatureDoesNotLeave)
{
    const auto refused = [this](const sap::ChallengeInput& input, std::size_t faulty) {
        hooks.faulty = faulty;
        const auto result = must(approve(input, m_phone));
        EXPECT_FALSE(hooks.faulty);
        EXPECT_EQ(result.signatures_size(), 0);
        EXPECT_TRUE(result.evidence().empty());
        EXPECT_EQ(result.refusal_code(), static_cast<std::uint32_t>(ErrorCode::verification_failed));
    };
    refused(open_session(m_identity, 3), 0);
    const auto rsa = identity(m_identity.signer_id, "RSA-3072");
    refused(open_session(rsa, 3, "RSA-PKCS1-SHA256"), 0);
    refused(open_session(rsa, 3, "RSA-PKCS1-SHA256"), 2);
}

// While one thread signs, another's activation or cancellation neither signs nor refuses.
TEST_F(SessionsTest, ASessionBeingSignedIsLeftAlone)
{
    const auto input = open_session(m_identity);
    proto::sam::CancelSessionRequest cancel;
    cancel.set_session_id(to_string(input.session_id.bytes()));
    int calls = 0;
    hooks.before_load = [&] {
        if (calls++ != 0)
            return;
        EXPECT_CODE(approve(input, m_phone), conflict);
        EXPECT_CODE(sam->sessions().cancel(cancel), conflict);
    };
    EXPECT_EQ(must(approve(input, m_phone)).signatures_size(), 1);
    EXPECT_GT(calls, 0);
    hooks.before_load = nullptr;
}

TEST_F(SessionsTest, AskingForAResultActivatesNothing)
{
    const auto input = open_session(m_identity);
    EXPECT_CODE(stored_result(input.session_id), conflict);
    EXPECT_CODE(stored_result(SessionId::generate(random)), not_found);
}

}
}
