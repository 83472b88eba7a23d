#include "ca/officer_orders.h"

#include <fstream>

#include "role/orders.h"
#include "unit/ca/test_ca.h"

namespace qss::ca {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using enum ErrorCode;
using statements::NamedValues;

class OfficerOrdersTest : public CaTest {
protected:
    OfficerOrdersTest() { initialise(); }

    statements::Order order(std::string action, const NamedValues& parameters)
    {
        return {OrderId::generate(m_random),
                installation(),
                "ca",
                std::move(action),
                parameters.encode(),
                "",
                m_clock.now(),
                m_clock.now() + 24h};
    }
    Bytes installation()
    {
        if (m_installation.empty())
            m_installation = certificate(m_service->chain({})->root_certificate()).sha256();
        return m_installation;
    }
    static proto::CarryOutRequest signed_by(const statements::Order& order,
                                            std::initializer_list<const crypto::PrivateKey*> officers)
    {
        proto::CarryOutRequest request;
        for (const auto* officer : officers)
            request.add_signatures(view(statements::sign_statement(order.encode(), *officer)->encode()));
        return request;
    }
    Result<NamedValues> carry_out(const proto::CarryOutRequest& request)
    {
        TRY_ASSIGN(reply, m_service->carry_out(request));
        return NamedValues::decode(as_bytes(reply.outcome()));
    }
    Result<NamedValues> carry_out(std::string action, const NamedValues& parameters)
    {
        return carry_out(signed_by(order(std::move(action), parameters), {&m_officer, &m_second_officer}));
    }
    static pki::Certificate certificate(std::string_view der)
    {
        return std::move(*pki::Certificate::from_der(as_bytes(der)));
    }
    static pki::Certificate made(const Result<NamedValues>& outcome, std::string_view name)
    {
        EXPECT_TRUE(outcome) << outcome.error().detail;
        return std::move(*pki::Certificate::from_der(outcome->all().find(name)->second));
    }
    pki::Certificate current(std::string_view name)
    {
        const auto chain = m_service->chain({});
        for (const auto& entry : chain->authorities())
            if (entry.name() == name)
                return certificate(entry.certificate());
        ADD_FAILURE() << name;
        return certificate("");
    }

    Bytes export_root_key()
    {
        const auto outcome = carry_out("export-root-key", NamedValues());
        EXPECT_TRUE(outcome);
        return outcome ? outcome->all().at("root-key") : Bytes();
    }

    Bytes m_installation;
};

TEST_F(OfficerOrdersTest, IsCarriedOutOnce)
{
    const auto request = signed_by(order("renew-authority", NamedValues().set("authority", "issuing")),
                                   {&m_officer, &m_second_officer});
    ASSERT_TRUE(carry_out(request));
    EXPECT_EQ(refusal(carry_out(request)), already_exists);
    reopen();
    EXPECT_EQ(refusal(carry_out(request)), already_exists);
}

TEST_F(OfficerOrdersTest, WhatCameOfItIsToldAgain)
{
    const auto asked = order("renew-authority", NamedValues().set("authority", "issuing"));
    proto::OrderOutcomeRequest question;
    question.set_order_id(view(to_bytes(asked.id.bytes())));
    EXPECT_EQ(refusal(m_service->order_outcome(question)), not_found);
    const auto reply = m_service->carry_out(signed_by(asked, {&m_officer}));
    ASSERT_TRUE(reply);
    EXPECT_EQ(m_service->order_outcome(question)->outcome(), reply->outcome());
}

TEST_F(OfficerOrdersTest, OutsideASandboxItTakesTwo)
{
    close();
    std::filesystem::remove(record_path());
    m_may_be_production = true;
    m_installation.clear();
    open();
    initialise(false);
    const auto asked = order("renew-authority", NamedValues().set("authority", "issuing"));
    EXPECT_EQ(refusal(carry_out(signed_by(asked, {&m_officer}))), forbidden);
    EXPECT_EQ(refusal(carry_out(signed_by(asked, {&m_officer, &m_officer}))), verification_failed);
    EXPECT_EQ(refusal(carry_out(signed_by(asked, {&m_officer, &m_evidence}))), verification_failed);
    EXPECT_TRUE(carry_out(signed_by(asked, {&m_officer, &m_second_officer})));
}

TEST_F(OfficerOrdersTest, AnotherInstallationsIsRefused)
{
    auto asked = order("renew-authority", NamedValues().set("authority", "issuing"));
    asked.installation[0] ^= 1;
    EXPECT_EQ(refusal(carry_out(signed_by(asked, {&m_officer}))), forbidden);
}

TEST_F(OfficerOrdersTest, WhatNobodyAskedForIsRefusedAndNothingIsDone)
{
    const auto before = current("issuing").der();
    EXPECT_EQ(refusal(carry_out("renew-authority",
                                NamedValues().set("authority", "issuing").set("key-type", "P-256"))),
              invalid_argument);
    EXPECT_EQ(refusal(carry_out("renew-authority", NamedValues())), invalid_argument);
    EXPECT_EQ(refusal(carry_out("renew-authority", NamedValues().set("authority", "tsa"))), invalid_argument);
    EXPECT_EQ(current("issuing").der(), before);
}

TEST_F(OfficerOrdersTest, RenewalKeepsTheKey)
{
    const auto old = current("issuing");
    m_clock.advance(24h * 365);
    const auto renewed =
        made(carry_out("renew-authority", NamedValues().set("authority", "issuing")), "issuing");
    EXPECT_EQ(renewed.public_key().spki(), old.public_key().spki());
    EXPECT_EQ(renewed.subject_der(), old.subject_der());
    EXPECT_GT(renewed.not_after(), old.not_after());
    EXPECT_TRUE(renewed.check_issued_by(current("root")));
    reopen();
    EXPECT_EQ(current("issuing").der(), renewed.der());
    const auto person = issue_new();
    ASSERT_TRUE(person);
    EXPECT_TRUE(person->check_issued_by(renewed));
    EXPECT_TRUE(person->check_issued_by(old));
}

TEST_F(OfficerOrdersTest, RootAndAccessCaAreRenewedAsTheirOwnIssuers)
{
    for (const std::string name : {"root", "access"}) {
        const auto old = current(name);
        m_clock.advance(24h);
        const auto renewed = made(carry_out("renew-authority", NamedValues().set("authority", name)), name);
        EXPECT_TRUE(renewed.check_issued_by(renewed));
        EXPECT_EQ(renewed.public_key().spki(), old.public_key().spki());
        EXPECT_NE(renewed.der(), old.der());
    }
    EXPECT_TRUE(carry_out("renew-authority", NamedValues().set("authority", "issuing"))) << "installation";
}

TEST_F(OfficerOrdersTest, ARekeyedIssuingCaIssuesAndTheOldOneRevokes)
{
    const auto old = current("issuing");
    const auto before = issue_new();
    ASSERT_TRUE(before);
    const auto outcome =
        carry_out("rekey-authority", NamedValues().set("authority", "issuing").set("key-type", "P-384"));
    const auto next = made(outcome, "issuing-g2");
    EXPECT_EQ(next.public_key().type(), crypto::KeyType::p384);
    EXPECT_EQ(next.subject_attribute(pki::oids::common_name), "TEST Qualified Issuing CA G2");
    EXPECT_TRUE(made(outcome, "ocsp-issuing-g2").check_issued_by(next));
    reopen();
    const auto after = issue_new();
    ASSERT_TRUE(after) << after.error().detail;
    EXPECT_TRUE(after->check_issued_by(next));

    proto::ca::RevokeRequest request;
    request.set_serial(view(before->serial()));
    request.set_reason(1);
    const auto reply = m_service->revoke(request);
    ASSERT_TRUE(reply) << reply.error().detail;
    const auto crl = pki::Crl::from_der(as_bytes(reply->crl()));
    ASSERT_TRUE(crl);
    EXPECT_TRUE(crl->check_signed_by(old));
    EXPECT_TRUE(crl->find(before->serial()));
    const auto lists = m_service->current_crls({});
    ASSERT_TRUE(lists);
    EXPECT_EQ(std::vector<std::string>(lists->authorities().begin(), lists->authorities().end()),
              (std::vector<std::string>{"issuing-g2", "root", "issuing"}));
    EXPECT_TRUE(pki::Crl::from_der(as_bytes(lists->crls(0)))->check_signed_by(next));
    EXPECT_EQ(lists->crls(2), reply->crl());
    EXPECT_EQ(m_service->renew_ocsp({})->responders_size(), 3);
}

TEST_F(OfficerOrdersTest, AnIntentFromBeforeTheRekeyIsSignedByItsOwnCa)
{
    const auto who = statement(new_signer());
    const auto asked = request(attestation(who, new_spki()), who);
    ASSERT_TRUE(issue(asked));
    // As a crash between intent and signature leaves it.
    ASSERT_TRUE(m_writer->write([](sqlite::Database& database) {
        return database.execute("UPDATE certificate SET certificate = NULL WHERE serial ="
                                " (SELECT serial FROM identity)");
    }));
    const auto old = current("issuing");
    ASSERT_TRUE(
        carry_out("rekey-authority", NamedValues().set("authority", "issuing").set("key-type", "P-256")));
    const auto certificate = issue(asked);
    ASSERT_TRUE(certificate) << certificate.error().detail;
    EXPECT_TRUE(certificate->check_issued_by(old));
}

TEST_F(OfficerOrdersTest, ARekeyedRootIsCrossedOver)
{
    const auto old = current("root");
    const auto outcome =
        carry_out("rekey-authority", NamedValues().set("authority", "root").set("key-type", "P-384"));
    const auto next = made(outcome, "root-g2");
    EXPECT_TRUE(next.check_issued_by(next));
    EXPECT_TRUE(made(outcome, "new-with-old").check_issued_by(old));
    EXPECT_TRUE(made(outcome, "old-with-new").check_issued_by(next));
    EXPECT_EQ(made(outcome, "new-with-old").public_key().spki(), next.public_key().spki());
    EXPECT_EQ(m_service->chain({})->cross_certificates_size(), 2);
    // Who trusts the new root alone gets to what the old one issued, and the other way round.
    const auto issuing = current("issuing");
    const auto old_with_new = made(outcome, "old-with-new");
    EXPECT_TRUE(pki::check_path(issuing, std::span(&old_with_new, 1), next, start));
    const auto renewed =
        made(carry_out("renew-authority", NamedValues().set("authority", "issuing")), "issuing");
    const auto new_with_old = made(outcome, "new-with-old");
    EXPECT_TRUE(pki::check_path(renewed, std::span(&new_with_old, 1), old, start));
    EXPECT_FALSE(pki::check_path(renewed, {}, old, start));
}

TEST_F(OfficerOrdersTest, AnAuthorityIsNotRekeyedToAWeakKey)
{
    EXPECT_EQ(refusal(carry_out("rekey-authority",
                                NamedValues().set("authority", "issuing").set("key-type", "RSA-2048"))),
              invalid_argument);
}

TEST_F(OfficerOrdersTest, AnotherEvidenceKeyIsBelievedAloneFromThenOn)
{
    const auto next = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    const auto certificate =
        made(carry_out("certify-sam-evidence", NamedValues().set("spki", next.public_key().spki())),
             "sam-evidence");
    EXPECT_TRUE(certificate.is_only_for(pki::oids::purpose_sam_evidence));
    const auto who = statement(new_signer());
    const auto attested = attestation(who, new_spki());
    EXPECT_EQ(refusal(issue(request(attested, who))), verification_failed);
    EXPECT_TRUE(issue(request(attested.encode(), next, who.encode(), m_officer)));
}

TEST_F(OfficerOrdersTest, TheRespondersNextKeyIsCertifiedByEveryAuthority)
{
    const auto spki = new_spki();
    ASSERT_TRUE(
        carry_out("rekey-authority", NamedValues().set("authority", "issuing").set("key-type", "P-256")));
    const auto outcome = carry_out("certify-ocsp", NamedValues().set("spki", spki));
    for (const std::string name : {"root", "issuing", "issuing-g2"}) {
        const auto certificate = made(outcome, "ocsp-" + name);
        EXPECT_EQ(certificate.public_key().spki(), spki);
        EXPECT_TRUE(certificate.check_issued_by(current(name)));
    }
    EXPECT_EQ(
        refusal(carry_out("certify-ocsp", NamedValues().set("spki", new_spki(crypto::KeyType::rsa2048)))),
        invalid_argument);
}

TEST_F(OfficerOrdersTest, TheTimeStampingUnitsNextKeyIsCertifiedByTheCurrentIssuingCa)
{
    ASSERT_TRUE(
        carry_out("rekey-authority", NamedValues().set("authority", "issuing").set("key-type", "P-256")));
    const auto spki = new_spki(crypto::KeyType::rsa3072);
    const auto certificate = made(carry_out("certify-tsu", NamedValues().set("spki", spki)), "tsu");
    EXPECT_EQ(certificate.public_key().spki(), spki);
    EXPECT_TRUE(certificate.check_issued_by(current("issuing-g2")));
    EXPECT_TRUE(certificate.is_only_for(pki::oids::time_stamping));
    const auto other = made(carry_out("certify-tsu", NamedValues().set("spki", new_spki())), "tsu");
    EXPECT_NE(certificate.subject(), other.subject()); // a name for each key
    EXPECT_EQ(refusal(carry_out("certify-tsu", NamedValues().set("spki", Bytes(10, 1)))), malformed);
}

TEST_F(OfficerOrdersTest, OfficersComeAndGo)
{
    const auto third = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    const auto parameters = NamedValues().set("name", "Third").set("spki", third.public_key().spki());
    const auto renewal = [&] { return order("renew-authority", NamedValues().set("authority", "issuing")); };
    EXPECT_EQ(refusal(carry_out(signed_by(renewal(), {&third}))), verification_failed);
    EXPECT_EQ(made(carry_out("add-officer", parameters), "officer").subject_attribute(pki::oids::common_name),
              "TEST Third");
    EXPECT_TRUE(carry_out(signed_by(renewal(), {&third})));
    ASSERT_TRUE(carry_out("remove-officer", NamedValues().set("spki", m_officer.public_key().spki())));
    EXPECT_EQ(refusal(carry_out(signed_by(renewal(), {&m_officer}))), verification_failed);
    EXPECT_EQ(refusal(carry_out(signed_by(renewal(), {&third, &m_officer}))), verification_failed);
}

TEST_F(OfficerOrdersTest, AFormerOfficersStatementCountsWhereItWasAccepted)
{
    const auto known = statement(new_signer());
    ASSERT_TRUE(issue(request(attestation(known, new_spki()), known)));
    const auto removal =
        signed_by(order("remove-officer", NamedValues().set("spki", m_officer.public_key().spki())),
                  {&m_second_officer});
    ASSERT_TRUE(carry_out(removal));
    EXPECT_TRUE(issue(request(attestation(known, new_spki()), known))) << "a renewal";
    const auto later = statement(known.signer_id, 2);
    EXPECT_EQ(refusal(issue(request(attestation(later, new_spki()), later))), forbidden);
    EXPECT_EQ(refusal(issue_new()), forbidden);
}

TEST_F(OfficerOrdersTest, SomebodyIsLeftToOrder)
{
    ASSERT_TRUE(
        carry_out(signed_by(order("remove-officer", NamedValues().set("spki", m_officer.public_key().spki())),
                            {&m_second_officer})));
    EXPECT_EQ(refusal(carry_out(signed_by(
                  order("remove-officer", NamedValues().set("spki", m_second_officer.public_key().spki())),
                  {&m_second_officer}))),
              conflict);
}

TEST_F(OfficerOrdersTest, TheRootsKeyGoesOfflineAndComesBack)
{
    const auto key = export_root_key();
    const auto held = NamedValues().set("sha256", crypto::sha256(key));
    EXPECT_EQ(refusal(carry_out("detach-root", NamedValues().set("sha256", Bytes(32)))), verification_failed);
    const auto outcome = carry_out("detach-root", held);
    ASSERT_TRUE(outcome) << outcome.error().detail;
    const auto list = pki::Crl::from_der(outcome->all().at("root-crl"));
    ASSERT_TRUE(list);
    EXPECT_EQ(list->next_update(), start + 365 * 24h);
    m_clock.advance(24h * 30);
    reopen();
    const auto renewal = NamedValues().set("authority", "issuing");
    EXPECT_EQ(refusal(carry_out("renew-authority", renewal)), unavailable);
    EXPECT_EQ(refusal(carry_out("detach-root", held)), unavailable);
    EXPECT_EQ(refusal(carry_out("export-root-key", NamedValues())), unavailable);
    const auto lists = m_service->current_crls({});
    ASSERT_TRUE(lists) << lists.error().detail;
    EXPECT_EQ(to_bytes(as_bytes(lists->crls(1))), list->der());
    EXPECT_TRUE(issue_new());
    EXPECT_EQ(m_service->renew_ocsp({})->responders_size(), 1);
    EXPECT_FALSE(carry_out("attach-root", NamedValues().set("key", Bytes(100))));
    auto spoilt = key;
    spoilt.back() ^= 1;
    EXPECT_FALSE(carry_out("attach-root", NamedValues().set("key", spoilt)));
    ASSERT_TRUE(carry_out("attach-root", NamedValues().set("key", key)));
    EXPECT_EQ(refusal(carry_out("attach-root", NamedValues().set("key", key))), conflict);
    EXPECT_TRUE(carry_out("renew-authority", renewal));
}

TEST_F(OfficerOrdersTest, AnOfflineKeyIsInNoFileOfTheRecord)
{
    const auto key = export_root_key();
    ASSERT_TRUE(carry_out("detach-root", NamedValues().set("sha256", crypto::sha256(key))));
    close(); // and the log of writes is in the database
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(m_directory)) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(in), {}};
        EXPECT_EQ(content.find(to_string(ByteView(key))), std::string::npos) << entry.path();
        ++files;
    }
    EXPECT_GE(files, 2U);
}

}
}
