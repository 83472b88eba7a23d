#include "sam/ceremony.h"

#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

class CeremonyTest : public SamTest {
protected:
    CeremonyTest()
    {
        sam.reset();
        std::filesystem::remove(record_path());
        open();
    }
    proto::sam::CompleteRequest complete_request(ByteView spki)
    {
        proto::sam::CompleteRequest request;
        request.set_evidence_certificate(
            to_string(must(pki.issue(pki::ProfileId::sam_evidence, {{pki::oids::common_name, "SAM"}}, spki,
                                     pki.root_key, &*pki.root))
                          .der()));
        request.set_issuing_ca_certificate(to_string(pki.issuing->der()));
        request.set_root_certificate(to_string(pki.root->der()));
        request.add_officer_certificates(to_string(pki.officer->der()));
        request.add_officer_certificates(to_string(pki.second_officer->der()));
        return request;
    }
    template <class Change>
    Result<proto::sam::InitialiseReply> initialise_with(Change change)
    {
        auto request = initialise_request();
        change(request);
        return sam->initialise(request);
    }
};

TEST_F(CeremonyTest, GoesThroughItsStatesOnce)
{
    EXPECT_EQ(sam->state(), role::State::UNINITIALISED);
    EXPECT_CODE(sam->complete({}), conflict);
    const auto spki = to_bytes(must(sam->initialise(initialise_request())).evidence_spki());
    EXPECT_EQ(sam->state(), role::State::AWAITING_CERTIFICATE);
    EXPECT_CODE(sam->initialise(initialise_request()), conflict);
    reopen();
    EXPECT_EQ(sam->state(), role::State::AWAITING_CERTIFICATE);
    ASSERT_TRUE(sam->complete(complete_request(spki)));
    EXPECT_CODE(sam->complete(complete_request(spki)), conflict);
    reopen();
    EXPECT_EQ(sam->state(), role::State::READY);
    EXPECT_TRUE(must(sam->status({})).sandbox());
}

TEST_F(CeremonyTest, TakesOnlyRequestsThatObeyTheRules)
{
    EXPECT_CODE(initialise_with([](auto& r) { r.clear_rp_id(); }), invalid_argument);
    EXPECT_CODE(initialise_with([](auto& r) { r.clear_origins(); }), invalid_argument);
    EXPECT_CODE(initialise_with([](auto& r) { r.clear_officers(); }), invalid_argument);
    EXPECT_CODE(initialise_with([](auto& r) { r.mutable_officers(0)->set_spki("no key"); }), malformed);
    EXPECT_CODE(initialise_with([](auto& r) { r.set_rsa_3072_pool(10'000); }), invalid_argument);
    EXPECT_CODE(initialise_with([](auto& r) { r.add_attestation_roots("no certificate"); }), malformed);
    EXPECT_EQ(sam->state(), role::State::UNINITIALISED);
}

// From any other origin, evidence could never be verified.
TEST_F(CeremonyTest, OriginsAreOfTheRelyingParty)
{
    for (const auto* wrong :
         {"http://example.com", "http://localhost.evil.org", "http://localhost", "https://evil.org",
          "https://evilexample.com", "https://example.com.evil.org", "https://example.com/",
          "https://anna@example.com", "https://example.com:port", "https://EXAMPLE.com", "https://", ""})
        EXPECT_CODE(initialise_with([wrong](auto& r) { r.add_origins(wrong); }), invalid_argument);
    EXPECT_TRUE(initialise_with([](auto& r) { r.add_origins("https://example.com:8445"); }));
}

TEST_F(CeremonyTest, LocalhostWithoutTlsIsForASandboxAlone)
{
    const auto local = [](auto& r) {
        r.set_rp_id("localhost");
        r.set_origins(0, "http://localhost:5173");
    };
    context.isolation = role::Isolation::own;
    EXPECT_CODE(initialise_with([&](auto& r) {
                    local(r);
                    r.set_sandbox(false);
                    r.add_attestation_roots(to_string(pki.root->der()));
                }),
                invalid_argument);
    EXPECT_TRUE(initialise_with(local));
}

TEST_F(CeremonyTest, AProductionSamNeedsItsOwnUserAndRoots)
{
    EXPECT_CODE(initialise_with([](auto& r) { r.set_sandbox(false); }), forbidden);
    context.isolation = role::Isolation::own;
    EXPECT_CODE(initialise_with([](auto& r) { r.set_sandbox(false); }), invalid_argument);
    EXPECT_TRUE(initialise_with([this](auto& r) {
        r.set_sandbox(false);
        r.add_attestation_roots(to_string(pki.root->der()));
    }));
    context.isolation = role::Isolation::shared;
    sam.reset();
    EXPECT_CODE(Sam::open(context, std::make_unique<TestKeyStore>(hooks)), forbidden);
}

TEST_F(CeremonyTest, AProductionSamTakesNoSoftwareAuthenticator)
{
    context.isolation = role::Isolation::own;
    const auto reply = must(initialise_with([this](auto& r) {
        r.set_sandbox(false);
        r.add_attestation_roots(to_string(pki.root->der()));
    }));
    ASSERT_TRUE(sam->complete(complete_request(as_bytes(reply.evidence_spki()))));
    const auto signer = SignerId::generate(random);
    must(submit(statement(signer)));
    EXPECT_CODE(bind(signer, Phone()), verification_failed);
}

TEST_F(CeremonyTest, FaultsAreForASandboxAlone)
{
    const FaultPlan plan{.crash = must(CrashPlan::parse("used_not_signed:2", crash_points))};
    sam.reset();
    context.isolation = role::Isolation::own;
    sam = must(Sam::open(context, std::make_unique<TestKeyStore>(hooks), plan));
    EXPECT_CODE(initialise_with([this](auto& r) {
                    r.set_sandbox(false);
                    r.add_attestation_roots(to_string(pki.root->der()));
                }),
                forbidden);
    EXPECT_TRUE(sam->initialise(initialise_request()));
}

TEST_F(CeremonyTest, CompletesOnlyUnderOneRoot)
{
    const auto spki = to_bytes(must(sam->initialise(initialise_request())).evidence_spki());
    TestPki impostor(clock.now());
    auto request = complete_request(spki);
    request.set_issuing_ca_certificate(to_string(impostor.issuing->der()));
    EXPECT_CODE(sam->complete(request), verification_failed);
    request = complete_request(spki);
    request.set_officer_certificates(0, to_string(impostor.officer->der()));
    EXPECT_CODE(sam->complete(request), verification_failed);
    request = complete_request(spki);
    request.clear_officer_certificates();
    EXPECT_CODE(sam->complete(request), verification_failed);
    EXPECT_CODE(sam->complete(complete_request(pki.officer_key.public_key().spki())), verification_failed);
    request = complete_request(spki);
    request.set_issuing_ca_certificate(to_string(pki.officer->der()));
    EXPECT_CODE(sam->complete(request), verification_failed);
    EXPECT_EQ(sam->state(), role::State::AWAITING_CERTIFICATE);
    EXPECT_TRUE(sam->complete(complete_request(spki)));
}

// All of these certificates are under one root: what may sign is in the purpose alone, and evidence whose
// certificates have another could never be verified.
TEST_F(CeremonyTest, CertificatesAreForTheirPurposeAlone)
{
    const auto spki = to_bytes(must(sam->initialise(initialise_request())).evidence_spki());
    const auto under_root = [this](pki::ProfileId id, ByteView key) {
        return to_string(
            must(pki.issue(id, {{pki::oids::common_name, "Other"}}, key, pki.root_key, &*pki.root)).der());
    };
    for (const auto id :
         {pki::ProfileId::officer, pki::ProfileId::natural_person_esign, pki::ProfileId::issuing_ca}) {
        auto request = complete_request(spki);
        request.set_evidence_certificate(under_root(id, spki));
        EXPECT_CODE(sam->complete(request), verification_failed);
    }
    for (const auto id :
         {pki::ProfileId::sam_evidence, pki::ProfileId::natural_person_esign, pki::ProfileId::issuing_ca}) {
        auto request = complete_request(spki);
        request.set_officer_certificates(0, under_root(id, pki.officer_key.public_key().spki()));
        EXPECT_CODE(sam->complete(request), verification_failed);
    }
    EXPECT_TRUE(sam->complete(complete_request(spki)));
}

// What a phone sends may be garbage; that ends the request, not the connection to qss-api.
TEST_F(CeremonyTest, GarbageInsideAWholeMessageIsOnlyRefused)
{
    must(sam->initialise(initialise_request()));
    ASSERT_TRUE(
        sam->complete(complete_request(must(sam->record().transact([](Transaction& t) -> Result<Config> {
                                           TRY_ASSIGN(row, t.find(Kind::config, Config::row_id()));
                                           return Config::from_row(std::move(*row));
                                       })).evidence_spki)));
    proto::sam::RegisterSignerRequest request;
    request.set_registration_statement("garbage");
    const auto body = request.SerializeAsString();
    EXPECT_CODE(sam->dispatcher().handle(proto::sam::REGISTER_SIGNER, as_bytes(body)), invalid_argument);
    EXPECT_CODE(sam->dispatcher().handle(proto::sam::REGISTER_SIGNER, as_bytes("\xFF\xFF")), malformed);
    EXPECT_EQ(sam->dispatcher().permit(proto::sam::REGISTER_SIGNER, 9'000), wire::Permit::violation);
    EXPECT_EQ(sam->dispatcher().permit(99, 0), wire::Permit::violation);
}

}
}
