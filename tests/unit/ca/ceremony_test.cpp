#include "ca/ceremony.h"

#include "unit/ca/test_ca.h"

namespace qss::ca {
namespace {

using namespace testing;
using enum ErrorCode;

class CeremonyTest : public CaTest {
protected:
    std::optional<ErrorCode> spoilt(const std::function<void(proto::ca::InitialiseRequest&)>& spoil,
                                    bool sandbox = true)
    {
        auto request = initialise_request(sandbox);
        spoil(request);
        const auto code = refusal(m_service->initialise(request));
        EXPECT_EQ(m_service->state(), role::State::UNINITIALISED);
        return code;
    }
};

TEST_F(CeremonyTest, HappensOnce)
{
    EXPECT_EQ(m_service->state(), role::State::UNINITIALISED);
    initialise();
    EXPECT_EQ(m_service->state(), role::State::READY);
    EXPECT_EQ(refusal(m_service->initialise(initialise_request())), conflict);
    reopen();
    EXPECT_EQ(m_service->state(), role::State::READY);
    EXPECT_EQ(refusal(m_service->initialise(initialise_request())), conflict);
}

TEST_F(CeremonyTest, TheTableKnowsTheState)
{
    role::Dispatch dispatch(dispatch_table(*m_service), [this] { return m_service->state(); });
    const auto permit = [&](int type, std::size_t size = 0) {
        return dispatch.permit(static_cast<std::uint16_t>(type), size);
    };
    const int later[] = {proto::ca::GET_NONCE,    proto::ca::ISSUE_IDENTITY, proto::ca::REVOKE,
                         proto::ca::ISSUE_ACCESS, proto::ca::CURRENT_CRLS,   proto::ca::CHAIN,
                         proto::ca::RENEW_OCSP};
    EXPECT_EQ(permit(proto::ca::INITIALISE), wire::Permit::allowed);
    EXPECT_EQ(permit(proto::ca::INITIALISE, 1 << 20), wire::Permit::violation);
    EXPECT_EQ(permit(999), wire::Permit::violation);
    for (const int type : later)
        EXPECT_EQ(permit(type), wire::Permit::refused_now) << type;
    initialise();
    EXPECT_EQ(permit(proto::ca::INITIALISE), wire::Permit::refused_now);
    for (const int type : later)
        EXPECT_EQ(permit(type), wire::Permit::allowed) << type;
}

TEST_F(CeremonyTest, RefusesWhatIsWrong)
{
    EXPECT_EQ(spoilt([](auto& r) { r.set_country("lv"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.clear_organisation(); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_organisation_identifier("40003000000"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_organisation_identifier("LEIXG-529900T8BM49AURSDO56"); }),
              invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_organisation(r.organisation_identifier()); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_public_url("http://pki.example.com"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_public_url("localhost"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_key_type("RSA-2048"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.clear_officers(); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_own_policy_oid("1.3.6.1.4.1.99999.1"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_own_policy_oid("1..2"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_root_key_type("RSA-2048"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_arl_days(366); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_root_name("Access CA"); }), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { *r.add_officers() = r.officers(0); }), invalid_argument);
    const auto lifetime = [](const char* profile, std::uint32_t days) {
        return [=](proto::ca::InitialiseRequest& r) {
            auto* entry = r.add_lifetimes();
            entry->set_profile(profile);
            entry->set_days(days);
        };
    };
    EXPECT_EQ(spoilt(lifetime("issuing_ca", 3651)), invalid_argument);
    EXPECT_EQ(spoilt(lifetime("issuing_ca", 0)), invalid_argument);
    EXPECT_EQ(spoilt(lifetime("issuing", 1)), invalid_argument);
    EXPECT_NE(spoilt([](auto& r) { r.set_ocsp_spki("x"); }), std::nullopt);
    EXPECT_NE(spoilt([](auto& r) { r.set_sam_evidence_spki(view(new_spki(crypto::KeyType::rsa2048))); }),
              std::nullopt);
}

// The settings take any host name; a certificate that points to one that no reader can reach is not made.
TEST_F(CeremonyTest, WhatTheLintFindsIsNotIssued)
{
    EXPECT_EQ(spoilt([](auto& r) { r.set_public_url("pki.test"); }), verification_failed);
}

TEST_F(CeremonyTest, ProductionAsksMore)
{
    EXPECT_EQ(spoilt([](auto&) {}, false), forbidden); // shares its uid
    m_may_be_production = true;
    EXPECT_EQ(spoilt([](auto& r) { r.mutable_officers()->RemoveLast(); }, false), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.clear_own_policy_oid(); }, false), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.set_own_policy_oid("1.3.6.1.4.1.32473.1"); }, false), invalid_argument);
    EXPECT_EQ(spoilt([](auto& r) { r.add_server_names("a.example.com"); }, false), invalid_argument);
    initialise(false);
    const auto chain = m_service->chain({});
    const auto root = pki::Certificate::from_der(as_bytes(chain->root_certificate()));
    EXPECT_EQ(root->subject_attribute(pki::oids::common_name), "Root CA");
}

TEST_F(CeremonyTest, SoftwareKeysGetNoQcSscdOutsideASandbox)
{
    m_may_be_production = true;
    initialise(false);
    const auto who = statement(new_signer());
    auto attested = attestation(who, new_spki());
    attested.sandbox = false;
    EXPECT_EQ(refusal(issue(request(attested, who))), forbidden);
    attested.key_store = "pkcs11";
    const auto certificate = issue(request(attested, who));
    ASSERT_TRUE(certificate) << certificate.error().detail;
    EXPECT_EQ(certificate->subject_attribute(pki::oids::common_name), "Anna Bērziņa");
    attested.sandbox = true;
    EXPECT_EQ(refusal(issue(request(attested, who))), forbidden);
}

TEST_F(CeremonyTest, AnAlteredRecordSuspends)
{
    initialise();
    const auto alter = [this](std::string_view sql) {
        ASSERT_TRUE(m_writer->write([&](sqlite::Database& database) { return database.execute(sql); }));
        reopen();
    };
    alter("UPDATE settings SET value = seal");
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

TEST_F(CeremonyTest, AuthoritiesCannotBeSwapped)
{
    initialise();
    // The issuing CA's key behind the root's certificate.
    ASSERT_TRUE(m_writer->write([](sqlite::Database& database) {
        return database.execute(
            "UPDATE authority SET key_blob = (SELECT key_blob FROM authority WHERE name = 'issuing'),"
            " spki = (SELECT spki FROM authority WHERE name = 'issuing') WHERE name = 'root'");
    }));
    reopen();
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

TEST_F(CeremonyTest, AfterItTheRootIssuesForTheResponderAlone)
{
    initialise();
    const auto chain = m_service->chain({});
    const auto root = pki::Certificate::from_der(as_bytes(chain->root_certificate()));
    const auto settings = Settings::from_request(initialise_request());
    const auto throw_away = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    constexpr AuthorityId root_id{Authority::root};
    auto contents = contents_under(root_id, &*root, *settings, start, std::chrono::days(1), m_random);
    contents.subject = provider_name(*settings, "Another issuing CA");
    contents.spki = new_spki();
    for (const auto id :
         {pki::ProfileId::issuing_ca, pki::ProfileId::officer, pki::ProfileId::sam_evidence}) {
        const auto refused = m_writer->write([&](sqlite::Database& database) -> Status {
            Transaction transaction(database);
            auto draft = Draft::make(root_id, pki::profile(id), contents, throw_away);
            EXPECT_TRUE(draft);
            EXPECT_EQ(refusal(transaction.store_intent(std::move(*draft), start)), forbidden);
            draft = Draft::make(root_id, pki::profile(id), contents, throw_away);
            EXPECT_EQ(refusal(transaction.ceremony_order(std::move(*draft), start)), conflict);
            return {};
        });
        EXPECT_TRUE(refused);
    }
}

}
}
