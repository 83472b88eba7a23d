#include "statements/order.h"
#include "statements/revocation_order.h"
#include "unit/ca/test_ca.h"

namespace qss::ca {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using enum ErrorCode;
using statements::Order;

class RevocationByOrderTest : public CaTest {
protected:
    RevocationByOrderTest()
    {
        auto request = initialise_request();
        request.set_revocations_per_hour(2);
        auto reply = m_service->initialise(request);
        EXPECT_TRUE(reply);
        m_ceremony = std::move(*reply);
    }

    static pki::Certificate parse(const std::string& der)
    {
        return std::move(*pki::Certificate::from_der(as_bytes(der)));
    }
    Order order(const pki::Certificate& certificate, const std::string& reason = "superseded")
    {
        return {OrderId::generate(m_random),
                parse(m_ceremony.root_certificate()).sha256(),
                "ca",
                std::string(statements::revoke_action),
                statements::RevocationOrder{certificate.der(), reason}.encode(),
                "",
                m_clock.now(),
                m_clock.now() + 1h};
    }
    Result<pki::Crl> carry_out(const Order& order, const crypto::PrivateKey& officer)
    {
        proto::CarryOutRequest request;
        request.add_signatures(view(statements::sign_statement(order.encode(), officer)->encode()));
        TRY_ASSIGN(reply, m_service->carry_out(request));
        return pki::Crl::from_der(as_bytes(reply.outcome()));
    }
    Result<pki::Crl> carry_out(const Order& one) { return carry_out(one, m_officer); }
    Result<pki::Crl> ask(const pki::Certificate& certificate)
    {
        proto::ca::RevokeRequest request;
        request.set_serial(view(certificate.serial()));
        request.set_reason(5);
        TRY_ASSIGN(reply, m_service->revoke(request));
        return pki::Crl::from_der(as_bytes(reply.crl()));
    }
    std::string count_of(const std::string& sql)
    {
        close();
        auto database = sqlite::Database::open(record_path(), sqlite::Access::exclusive);
        auto query = database->prepare(sql);
        EXPECT_TRUE(query.step());
        return std::to_string(query.integer(0));
    }

    proto::ca::InitialiseReply m_ceremony;
};

TEST_F(RevocationByOrderTest, AboveTheRateItTakesOfficers)
{
    ASSERT_TRUE(ask(*issue_new()));
    ASSERT_TRUE(ask(*issue_new()));
    const auto third = *issue_new();
    EXPECT_EQ(refusal(ask(third)), rate_limited);
    reopen();
    EXPECT_EQ(refusal(ask(third)), rate_limited) << "a restart forgets nothing";
    const auto crl = carry_out(order(third, "keyCompromise"));
    ASSERT_TRUE(crl);
    EXPECT_EQ(crl->find(third.serial())->reason, 1);
    EXPECT_TRUE(ask(third)) << "revoked already: nothing changes";
    m_clock.advance(59min);
    EXPECT_EQ(refusal(ask(*issue_new())), rate_limited);
    m_clock.advance(1min);
    EXPECT_TRUE(ask(*issue_new()));
    EXPECT_TRUE(ask(*issue_new())) << "officers' revocations are not counted";
}

TEST_F(RevocationByOrderTest, ExpiredCertificatesAreNoLoss)
{
    std::vector<pki::Certificate> expired;
    for (int i = 0; i < 3; ++i)
        expired.push_back(*issue_new());
    m_clock.advance(std::chrono::days(366));
    for (const auto& one : expired)
        EXPECT_TRUE(ask(one));
}

TEST_F(RevocationByOrderTest, EachOrderOnceAndOnlyThisCasOwn)
{
    const auto certificate = *issue_new();
    auto other = order(certificate);
    other.role = "sam";
    EXPECT_EQ(refusal(carry_out(other)), forbidden);
    other = order(certificate);
    other.installation = Bytes(32);
    EXPECT_EQ(refusal(carry_out(other)), forbidden);
    EXPECT_EQ(refusal(carry_out(order(certificate), m_evidence)), verification_failed);
    const auto wanted = order(certificate);
    ASSERT_TRUE(carry_out(wanted));
    EXPECT_EQ(refusal(carry_out(wanted)), already_exists);
    reopen();
    EXPECT_EQ(refusal(carry_out(wanted)), already_exists);
    EXPECT_EQ(count_of("SELECT count(*) FROM event WHERE kind = 'revoked'"), "1");
}

TEST_F(RevocationByOrderTest, WhatIsNotOursOrOnNoListIsRefused)
{
    EXPECT_EQ(refusal(carry_out(order(parse(m_ceremony.root_certificate())))), unsupported);
    EXPECT_EQ(refusal(carry_out(order(parse(m_ceremony.access_ca_certificate())))), unsupported);
    EXPECT_EQ(refusal(carry_out(order(*issue_new(), "cACompromise"))), invalid_argument);
    EXPECT_EQ(refusal(carry_out(order(*issue_new(), "certificateHold"))), invalid_argument);
    auto foreign = order(*issue_new());
    foreign.parameters = statements::RevocationOrder{to_bytes("no certificate"), "superseded"}.encode();
    EXPECT_FALSE(carry_out(foreign));
}

TEST_F(RevocationByOrderTest, TheIssuingCa)
{
    const auto issued = *issue_new();
    const auto issuing = parse(m_ceremony.issuing_certificate());
    const auto root = parse(m_ceremony.root_certificate());
    const auto arl = carry_out(order(issuing, "cACompromise"));
    ASSERT_TRUE(arl) << arl.error().detail;
    EXPECT_TRUE(arl->check_signed_by(root));
    EXPECT_EQ(arl->find(issuing.serial())->reason, 2);
    EXPECT_EQ(refusal(issue_new()), gone);
    EXPECT_FALSE(m_service->status({})->detail().empty());
    reopen();
    EXPECT_EQ(refusal(issue_new()), gone);
    EXPECT_TRUE(ask(issued)) << "the status of what it issued is still told";
}

TEST_F(RevocationByOrderTest, ADeadKeysWordCountsNoMore)
{
    const auto who = statement(new_signer());
    const auto ready = request(attestation(who, new_spki()), who);
    ASSERT_TRUE(carry_out(order(parse(m_ceremony.sam_evidence_certificate()), "keyCompromise")));
    EXPECT_EQ(refusal(issue(ready)), gone);

    EXPECT_TRUE(m_service->renew_ocsp({}));
    ASSERT_TRUE(carry_out(order(parse(m_ceremony.ocsp_root_certificate()))));
    EXPECT_EQ(refusal(m_service->renew_ocsp({})), gone);
}

TEST_F(RevocationByOrderTest, ARevokedOfficer)
{
    const auto first = parse(m_ceremony.officer_certificates(0));
    const auto second = parse(m_ceremony.officer_certificates(1));
    const auto kept = order(*issue_new());
    ASSERT_TRUE(carry_out(order(first), m_second_officer));
    EXPECT_EQ(refusal(carry_out(kept, m_officer)), verification_failed);
    EXPECT_EQ(refusal(issue_new()), gone) << "by a statement of that officer";
    EXPECT_EQ(refusal(carry_out(order(second), m_second_officer)), conflict) << "the last one";
    EXPECT_TRUE(carry_out(kept, m_second_officer));
}

TEST_F(RevocationByOrderTest, TheRecordSaysWhoAsked)
{
    const auto certificate = *issue_new();
    proto::ca::RevokeRequest request;
    request.set_serial(view(certificate.serial()));
    request.set_requested_by("order:1");
    EXPECT_EQ(refusal(m_service->revoke(request)), invalid_argument);
    request.set_requested_by("credential:one");
    ASSERT_TRUE(m_service->revoke(request));
    EXPECT_EQ(count_of("SELECT count(*) FROM event WHERE kind = 'revocation_requested'"
                       " AND instr(subject, CAST('credential:one' AS BLOB)) > 0"),
              "1");
}

}
}
