#include "ca/service.h"

#include "base/limits.h"
#include "pki/csr.h"
#include "unit/ca/test_ca.h"

namespace qss::ca {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using enum ErrorCode;

class ServiceTest : public CaTest {
protected:
    ServiceTest() { initialise(); }

    Result<pki::Crl> revoke(const Bytes& serial, std::uint32_t reason)
    {
        proto::ca::RevokeRequest request;
        request.set_serial(view(serial));
        request.set_reason(reason);
        TRY_ASSIGN(reply, m_service->revoke(request));
        return pki::Crl::from_der(as_bytes(reply.crl()));
    }
    pki::Crl issuing_crl()
    {
        const auto reply = m_service->current_crls({});
        EXPECT_TRUE(reply);
        return std::move(*pki::Crl::from_der(as_bytes(reply->crls(0))));
    }
    Result<pki::Certificate> issue_access(proto::ca::AccessKind kind, const Bytes& csr,
                                          const std::string& name)
    {
        proto::ca::IssueAccessRequest request;
        request.set_kind(kind);
        request.set_csr(view(csr));
        request.set_common_name(name);
        TRY_ASSIGN(reply, m_service->issue_access(request));
        return pki::Certificate::from_der(as_bytes(reply.certificate()));
    }
    // What somebody does to the record's file while the CA is stopped: each alone.
    void expect_each_suspends(const std::vector<std::string_view>& changes)
    {
        close();
        const auto untouched = m_directory + "/untouched.db";
        std::filesystem::copy_file(record_path(), untouched);
        for (const auto sql : changes)
            expect_suspended(untouched, sql);
    }
    void expect_suspended(const std::string& untouched, std::string_view sql)
    {
        std::filesystem::copy_file(untouched, record_path(),
                                   std::filesystem::copy_options::overwrite_existing);
        {
            auto database = sqlite::Database::open(record_path(), sqlite::Access::exclusive);
            ASSERT_TRUE(database);
            ASSERT_TRUE(database->execute(sql)) << sql;
        }
        open();
        EXPECT_EQ(m_service->state(), role::State::SUSPENDED) << sql;
        close();
    }
};

TEST_F(ServiceTest, IssuesOnceForEachAttestation)
{
    const auto who = statement(new_signer());
    const auto asked = request(attestation(who, new_spki()), who);
    const auto first = issue(asked);
    ASSERT_TRUE(first) << first.error().detail;
    m_clock.advance(1h);
    reopen(); // the record remembers
    const auto again = issue(asked);
    ASSERT_TRUE(again);
    EXPECT_EQ(first->der(), again->der());
    EXPECT_EQ(first->subject_attribute(pki::oids::common_name), "TEST Anna Bērziņa");
    EXPECT_EQ(first->not_after(), start + 365 * 24h - 1s);
}

TEST_F(ServiceTest, AnAttestationServesItsOwnStatementAlone)
{
    const auto who = statement(new_signer());
    const auto attested = attestation(who, new_spki());
    ASSERT_TRUE(issue(request(attested, who)));
    auto other = who;
    other.surname = "Cita"; // by the same officer, with the same number
    EXPECT_EQ(refusal(issue(request(attested, other))), verification_failed);
    EXPECT_EQ(refusal(issue(request(attested, statement(new_signer())))), verification_failed);
}

TEST_F(ServiceTest, TheStatementMustNameTheAttestedSigner)
{
    const auto who = statement(new_signer());
    auto attested = attestation(who, new_spki());
    attested.signer_id = new_signer();
    EXPECT_EQ(refusal(issue(request(attested, who))), verification_failed);
}

TEST_F(ServiceTest, OnlyPinnedKeysAreBelieved)
{
    const auto stranger = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    const auto who = statement(new_signer());
    const auto attested = attestation(who, new_spki());
    EXPECT_EQ(refusal(issue(request(attested.encode(), m_evidence, who.encode(), stranger))),
              verification_failed);
    EXPECT_EQ(refusal(issue(request(attested.encode(), stranger, who.encode(), m_officer))),
              verification_failed);
    // The officer's key makes no attestations, the SAM's no statements.
    EXPECT_EQ(refusal(issue(request(attested.encode(), m_officer, who.encode(), m_officer))),
              verification_failed);
    EXPECT_EQ(refusal(issue(request(attested.encode(), m_evidence, who.encode(), m_evidence))),
              verification_failed);
    EXPECT_TRUE(issue(request(attested.encode(), m_evidence, who.encode(), m_second_officer)));
}

TEST_F(ServiceTest, AStolenKeyIdWithAForgedSignatureIsRefused)
{
    const auto who = statement(new_signer());
    auto asked = request(attestation(who, new_spki()), who);
    auto forged = *statements::sign_statement(who.encode(), m_evidence);
    forged.signer_key_id = crypto::sha256(m_officer.public_key().spki());
    asked.set_registration_statement(view(forged.encode()));
    EXPECT_EQ(refusal(issue(asked)), verification_failed);
}

TEST_F(ServiceTest, ANonceIsOursFreshAndUsedOnce)
{
    const auto who = statement(new_signer());
    auto foreign = attestation(who, new_spki());
    foreign.ca_nonce = Bytes(32, 7);
    EXPECT_EQ(refusal(issue(request(foreign, who))), verification_failed);

    const auto first = attestation(who, new_spki());
    ASSERT_TRUE(issue(request(first, who)));
    auto second = attestation(who, new_spki());
    second.ca_nonce = first.ca_nonce;
    EXPECT_EQ(refusal(issue(request(second, who))), verification_failed);

    const auto late = attestation(who, new_spki());
    m_clock.advance(Milliseconds(limits::ca_nonce_life_ms));
    EXPECT_EQ(refusal(issue(request(late, who))), verification_failed);
}

TEST_F(ServiceTest, ARefusedRequestSpendsNoNonce)
{
    const auto who = statement(new_signer());
    const auto attested = attestation(who, new_spki(crypto::KeyType::rsa2048));
    m_clock.set(crypto::issuance_sunset(crypto::KeyType::rsa2048));
    EXPECT_FALSE(issue(request(attested, who)));
    m_clock.set(start);
    EXPECT_TRUE(issue(request(attested, who)));
}

TEST_F(ServiceTest, AKeyIsOneSignersForEver)
{
    const auto spki = new_spki();
    const auto who = statement(new_signer());
    ASSERT_TRUE(issue(request(attestation(who, spki), who)));
    const auto other = statement(new_signer());
    EXPECT_EQ(refusal(issue(request(attestation(other, spki), other))), forbidden);
    EXPECT_TRUE(issue(request(attestation(who, spki), who))); // renewal
}

TEST_F(ServiceTest, EarlierStatementsAreSuperseded)
{
    const auto signer = new_signer();
    const auto second = statement(signer, 2);
    ASSERT_TRUE(issue(request(attestation(second, new_spki()), second)));
    const auto first = statement(signer, 1);
    EXPECT_EQ(refusal(issue(request(attestation(first, new_spki()), first))), forbidden);
    const auto twin = statement(signer, 2); // another statement with the same number
    EXPECT_EQ(refusal(issue(request(attestation(twin, new_spki()), twin))), forbidden);
    const auto third = statement(signer, 3);
    EXPECT_TRUE(issue(request(attestation(third, new_spki()), third)));
}

TEST_F(ServiceTest, SandboxAndProductionDoNotMix)
{
    const auto who = statement(new_signer());
    auto attested = attestation(who, new_spki());
    attested.sandbox = false;
    EXPECT_EQ(refusal(issue(request(attested, who))), forbidden);
}

TEST_F(ServiceTest, Rsa2048EndsWithTheYearAndBeforeItsOwnEnd)
{
    const auto who = statement(new_signer());
    auto asked = request(attestation(who, new_spki(crypto::KeyType::rsa2048)), who);
    asked.set_lifetime_days(1095);
    const auto last = issue(asked);
    ASSERT_TRUE(last) << last.error().detail;
    EXPECT_LT(last->not_after(), crypto::use_sunset(crypto::KeyType::rsa2048));
    m_clock.set(crypto::issuance_sunset(crypto::KeyType::rsa2048));
    EXPECT_EQ(refusal(issue(request(attestation(who, new_spki(crypto::KeyType::rsa2048)), who))),
              unsupported);
    EXPECT_TRUE(issue_new());
}

// TS 119 312 V2.1.1 8.4: the others are renewed with their key.
TEST_F(ServiceTest, AnRsa2048KeyIsCertifiedOnce)
{
    const auto who = statement(new_signer());
    const auto old = new_spki(crypto::KeyType::rsa2048);
    ASSERT_TRUE(issue(request(attestation(who, old), who)));
    EXPECT_EQ(refusal(issue(request(attestation(who, old), who))), unsupported);
    const auto lasting = new_spki(crypto::KeyType::p256);
    ASSERT_TRUE(issue(request(attestation(who, lasting), who)));
    EXPECT_TRUE(issue(request(attestation(who, lasting), who)));
}

TEST_F(ServiceTest, WithoutAnIdentityNumberTheNumberIsOursAndStays)
{
    const auto signer = new_signer();
    auto who = statement(signer);
    who.identity_number.clear();
    const auto one = issue(request(attestation(who, new_spki()), who));
    const auto two = issue(request(attestation(who, new_spki()), who));
    ASSERT_TRUE(one && two);
    const auto number = one->subject_attribute(pki::oids::serial_number);
    EXPECT_EQ(number.size(), 20U);
    EXPECT_EQ(number, two->subject_attribute(pki::oids::serial_number));
}

TEST_F(ServiceTest, LifetimesAreBounded)
{
    const auto who = statement(new_signer());
    auto asked = request(attestation(who, new_spki()), who);
    asked.set_lifetime_days(1096);
    EXPECT_EQ(refusal(issue(asked)), invalid_argument);
    asked.set_lifetime_days(1095);
    EXPECT_TRUE(issue(asked));
}

TEST_F(ServiceTest, GarbageIsRefused)
{
    proto::ca::IssueIdentityRequest asked;
    EXPECT_FALSE(issue(asked));
    asked.set_key_attestation(std::string(100, 'x'));
    EXPECT_FALSE(issue(asked));
}

TEST_F(ServiceTest, AnIntentWithoutItsSignatureIsCompletedWithTheSameBytes)
{
    const auto who = statement(new_signer());
    const auto asked = request(attestation(who, new_spki()), who);
    const auto first = issue(asked);
    ASSERT_TRUE(first);
    // As after a crash between intent and certificate.
    ASSERT_TRUE(m_writer->write([&](sqlite::Database& database) -> Status {
        TRY(database.prepare("UPDATE certificate SET certificate = NULL WHERE serial = ?")
                .bind(first->serial())
                .run());
        return {};
    }));
    m_clock.advance(1h);
    const auto again = issue(asked);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->serial(), first->serial());
    EXPECT_EQ(again->not_before(), first->not_before());
}

TEST_F(ServiceTest, RevocationIsFinal)
{
    const auto certificate = issue_new();
    ASSERT_TRUE(certificate);
    EXPECT_FALSE(issuing_crl().find(certificate->serial()));
    const auto crl = revoke(certificate->serial(), 1);
    ASSERT_TRUE(crl) << crl.error().detail;
    m_clock.advance(10min);
    // Again, with another reason: time and reason stay, the list is not made anew.
    const auto again = revoke(certificate->serial(), 4);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->find(certificate->serial())->reason, 1);
    EXPECT_EQ(again->find(certificate->serial())->revoked_at, start);
    EXPECT_EQ(again->number(), crl->number());
    reopen();
    m_clock.advance(400 * 24h); // listed after it expired as well
    EXPECT_TRUE(issuing_crl().find(certificate->serial()));
}

TEST_F(ServiceTest, RevokesOnlyWhatItIssuedToSigners)
{
    EXPECT_EQ(refusal(revoke(Bytes(17, 1), 0)), not_found);
    EXPECT_EQ(refusal(revoke({}, 0)), not_found);
    const auto chain = m_service->chain({});
    const auto issuing = pki::Certificate::from_der(as_bytes(chain->issuing_certificate()));
    EXPECT_EQ(refusal(revoke(issuing->serial(), 0)), forbidden);
    const auto certificate = issue_new();
    EXPECT_EQ(refusal(revoke(certificate->serial(), 6)), invalid_argument); // certificateHold
}

TEST_F(ServiceTest, CrlNumbersOnlyGrow)
{
    auto number = issuing_crl().number();
    EXPECT_EQ(issuing_crl().number(), number); // still fresh
    m_clock.advance(31min);
    const auto next = issuing_crl();
    EXPECT_GT(next.number(), number);
    EXPECT_EQ(next.this_update(), start + 31min);
    number = next.number();
    reopen();
    m_clock.advance(31min);
    EXPECT_GT(issuing_crl().number(), number);
}

TEST_F(ServiceTest, AccessCertificatesNeedTheKey)
{
    const auto key = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    auto csr = *pki::make_csr("CN of the request", key);
    const auto client = issue_access(proto::ca::CLIENT, csr, "application");
    ASSERT_TRUE(client) << client.error().detail;
    EXPECT_EQ(client->subject_attribute(pki::oids::common_name), "application");
    EXPECT_EQ(client->subject_attribute(pki::oids::organisation), "TEST SIA Uzticama");
    EXPECT_EQ(client->public_key().spki(), key.public_key().spki());
    const auto chain = m_service->chain({});
    EXPECT_TRUE(
        client->check_issued_by(*pki::Certificate::from_der(as_bytes(chain->access_ca_certificate()))));
    EXPECT_FALSE(
        client->check_issued_by(*pki::Certificate::from_der(as_bytes(chain->issuing_certificate()))));
    EXPECT_TRUE(issue_access(proto::ca::SERVER, csr, "server"));
    EXPECT_EQ(refusal(issue_access(proto::ca::CLIENT, csr, "")), invalid_argument);
    EXPECT_EQ(refusal(issue_access(proto::ca::CLIENT, csr, std::string(65, 'x'))), invalid_argument);
    csr.back() ^= 1;
    EXPECT_EQ(refusal(issue_access(proto::ca::CLIENT, csr, "application")), verification_failed);
    EXPECT_FALSE(issue_access(proto::ca::CLIENT, to_bytes("garbage"), "application"));
}

TEST_F(ServiceTest, EventsAreNumberedAndChained)
{
    ASSERT_TRUE(issue_new());
    auto hashes = m_writer->write_returning([](sqlite::Database& database) -> Result<std::vector<Bytes>> {
        std::vector<Bytes> all;
        auto query = database.prepare("SELECT number, hash FROM event ORDER BY number");
        for (;;) {
            TRY_ASSIGN(found, query.step());
            if (!found)
                return all;
            EXPECT_EQ(query.integer(0), static_cast<std::int64_t>(all.size()) + 1);
            all.push_back(query.blob(1));
        }
    });
    ASSERT_TRUE(hashes);
    EXPECT_GT(hashes->size(), 10U); // the ceremony's, then this one's intent and certificate
}

TEST_F(ServiceTest, EventsThatDoNotFollowSuspend)
{
    ASSERT_TRUE(revoke(issue_new()->serial(), 1));
    reopen();
    ASSERT_EQ(m_service->state(), role::State::READY);
    expect_each_suspends(
        {"DELETE FROM event WHERE number = 3", "DELETE FROM event WHERE number = 1",
         "UPDATE event SET subject = hash WHERE number = 4",
         "UPDATE event SET at_ms = at_ms + 1 WHERE number = 4",
         "UPDATE event SET kind = 'crl' WHERE kind = 'revoked'",
         "UPDATE event SET hash = subject WHERE number = (SELECT max(number) FROM event)",
         "INSERT INTO event SELECT max(number) + 1, max(at_ms), 'crl', x'00', hash FROM event"});
}

TEST_F(ServiceTest, ATriggerThatIsNotOursSuspends)
{
    expect_each_suspends({"CREATE TRIGGER undo AFTER UPDATE ON certificate BEGIN"
                          " UPDATE certificate SET revoked_ms = NULL WHERE serial = new.serial; END"});
}

TEST_F(ServiceTest, ARevocationThatItsEventDoesNotTellSuspends)
{
    ASSERT_TRUE(issue_new());
    ASSERT_TRUE(revoke(issue_new()->serial(), 1));
    reopen();
    ASSERT_EQ(m_service->state(), role::State::READY);
    expect_each_suspends({"UPDATE certificate SET revoked_ms = NULL, reason = NULL",
                          "UPDATE certificate SET revoked_ms = 1",
                          "UPDATE certificate SET revoked_ms = 1 WHERE revoked_ms IS NOT NULL",
                          "DELETE FROM identity; DELETE FROM certificate WHERE revoked_ms IS NOT NULL"});
}

}
}
