// What may change between the verification of an approval and its use: each is looked at again, in the
// transaction that marks the session used. Through the whole SAM these are races; here they are not.
#include "sam/approval.h"

#include "base/limits.h"
#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

class ApprovalTest : public testing::Test {
protected:
    ApprovalTest()
    {
        char pattern[] = "/tmp/qss-approval-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        m_record = must(Record::open(m_directory, m_key_store, m_clock));
        const auto stored = m_record->transact([this](Transaction& transaction) -> Status {
            TRY(transaction.insert(session().to_row()));
            TRY(transaction.insert(key().to_row()));
            return transaction.insert(authenticator().to_row());
        });
        EXPECT_TRUE(stored);
    }
    ~ApprovalTest() override
    {
        m_record.reset();
        std::filesystem::remove_all(m_directory);
    }

    [[nodiscard]] SessionRecord session() const
    {
        const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes("one"));
        return {.input = {m_session_id,
                          Bytes(32, 1),
                          m_clock.now() + Milliseconds(120'000),
                          m_signer_id,
                          m_key_id,
                          Bytes(32, 7),
                          crypto::SignatureAlgorithm::ecdsa_sha256,
                          {digest},
                          Bytes(32, 2),
                          std::string(rp_id)}};
    }
    [[nodiscard]] KeyRecord key() const
    {
        return {.id = m_key_id,
                .signer_id = m_signer_id,
                .pack_id = m_pack_id,
                .spki = m_phone.key.public_key().spki(),
                .blob = {1},
                .certificate = {1},
                .certificate_sha256 = Bytes(32, 7),
                .certificate_validity = {m_clock.now(), m_clock.now() + std::chrono::hours(1)},
                .state = KeyRecord::linked};
    }
    [[nodiscard]] AuthenticatorRecord authenticator() const
    {
        return {.id = m_authenticator_id,
                .signer_id = m_signer_id,
                .credential_id = m_phone.credential_id,
                .public_key_spki = m_phone.key.public_key().spki()};
    }

    template <class RecordType>
    RecordType read(Kind kind, ByteView id)
    {
        return must(RecordType::from_row(
            *must(m_record->transact([&](Transaction& transaction) { return transaction.find(kind, id); }))));
    }
    void change(const AuthenticatorRecord& changed)
    {
        ASSERT_TRUE(m_record->transact([&](Transaction& t) { return t.update(changed.to_row()); }));
    }
    AuthenticatorRecord stored_authenticator()
    {
        return read<AuthenticatorRecord>(Kind::authenticator, m_authenticator_id.bytes());
    }

    Result<Approval> verify(const KeyRecord& key, const AuthenticatorRecord& by)
    {
        auto stored = read<SessionRecord>(Kind::session, m_session_id.bytes());
        const auto made = must(webauthn::make_assertion(m_phone.credential(), stored.input.challenge(), 1));
        return verify_approval(std::move(stored), key, by, made, {std::string(rp_id), {std::string(origin)}});
    }
    Approval approval()
    {
        return must(verify(read<KeyRecord>(Kind::key, m_key_id.bytes()), stored_authenticator()));
    }

    SystemRandom m_random;
    KeyStoreHooks m_hooks;
    TestKeyStore m_key_store{m_hooks};
    FakeClock m_clock{from_unix_ms(1'795'000'000'000)};
    Phone m_phone;
    const SessionId m_session_id = SessionId::generate(m_random);
    const SignerId m_signer_id = SignerId::generate(m_random);
    const KeyId m_key_id = KeyId::generate(m_random);
    const PackId m_pack_id = PackId::generate(m_random);
    const AuthenticatorId m_authenticator_id = AuthenticatorId::generate(m_random);
    std::string m_directory;
    std::unique_ptr<Record> m_record;
};

TEST_F(ApprovalTest, OfTwoThatWereVerifiedOneIsUsed)
{
    auto first = approval();
    auto second = approval();
    EXPECT_TRUE(use_approval(*m_record, std::move(first)));
    EXPECT_CODE(use_approval(*m_record, std::move(second)), conflict);
}

TEST_F(ApprovalTest, TimeThatRunsOutMeanwhileCounts)
{
    auto verified = approval();
    m_clock.advance(Milliseconds(120'000));
    EXPECT_CODE(use_approval(*m_record, std::move(verified)), expired);
}

TEST_F(ApprovalTest, AnAuthenticatorRemovedMeanwhileApprovesNothing)
{
    auto verified = approval();
    auto removed = stored_authenticator();
    removed.state = AuthenticatorRecord::removed;
    change(removed);
    EXPECT_CODE(use_approval(*m_record, std::move(verified)), verification_failed);
}

TEST_F(ApprovalTest, AnAuthenticatorLockedMeanwhileApprovesNothing)
{
    auto verified = approval();
    auto locked = stored_authenticator();
    locked.failures = limits::assertion_failures_before_lock;
    change(locked);
    EXPECT_CODE(use_approval(*m_record, std::move(verified)), locked);
}

TEST_F(ApprovalTest, SessionKeyAndAuthenticatorAreOfOneSigner)
{
    auto another_key = key();
    another_key.id = KeyId::generate(m_random);
    EXPECT_CODE(verify(another_key, authenticator()), verification_failed);
    auto anothers_key = key();
    anothers_key.signer_id = SignerId::generate(m_random);
    EXPECT_CODE(verify(anothers_key, authenticator()), verification_failed);
    auto anothers_phone = authenticator();
    anothers_phone.signer_id = SignerId::generate(m_random);
    EXPECT_CODE(verify(key(), anothers_phone), verification_failed);
    auto other_credential = authenticator();
    other_credential.credential_id = Bytes(20, 9);
    EXPECT_CODE(verify(key(), other_credential), verification_failed);
    EXPECT_TRUE(verify(key(), authenticator()));
}

}
}
