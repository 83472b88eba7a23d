#include "sam/order_actions.h"

#include "sam/config.h"
#include "statements/key_attestation.h"
#include "statements/order.h"
#include "statements/revocation_order.h"
#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

using namespace std::chrono_literals;
using statements::Order;

class OrderActionsTest : public SamTest {
protected:
    OrderActionsTest() : m_signer(enrol(m_phone)), m_identity(identity(m_signer)) {}

    Order order(const pki::Certificate& certificate, const std::string& reason = "keyCompromise")
    {
        return {OrderId::generate(random),
                crypto::sha256(pki.root->der()),
                "sam",
                std::string(statements::revoke_action),
                statements::RevocationOrder{certificate.der(), reason}.encode(),
                "a phone call at night",
                clock.now(),
                clock.now() + 1h};
    }
    Result<Bytes> carry_out(const Order& order, const crypto::PrivateKey& officer)
    {
        proto::CarryOutRequest request;
        request.add_signatures(to_string(must(statements::sign_statement(order.encode(), officer)).encode()));
        TRY_ASSIGN(reply, sam->carry_out(request));
        return to_bytes(as_bytes(reply.outcome()));
    }
    Result<Bytes> carry_out(const Order& one) { return carry_out(one, pki.officer_key); }

    // As the SAM would be asked, had the CA's key certified one more.
    Status make_and_link()
    {
        const auto made = must(make_key(m_signer, PackId::generate(random), "P-256"));
        const auto certificate = must(pki.issue(pki::ProfileId::natural_person_esign, subject(),
                                                as_bytes(made.spki()), pki.issuing_key, &*pki.issuing));
        return link(must(KeyId::from_bytes(as_bytes(made.key_id()))), certificate);
    }

    Phone m_phone;
    SignerId m_signer;
    Identity m_identity;
};

TEST_F(OrderActionsTest, ASignersKeyIsDestroyedWithAReceiptThatNamesTheOrder)
{
    const auto wanted = order(m_identity.certificate);
    const auto transport = must(carry_out(wanted));
    const auto receipt = must(statements::SignedStatement::decode(transport));
    EXPECT_TRUE(receipt.verify(must(crypto::PublicKey::from_spki(evidence_spki))));
    const auto told = must(statements::RevocationReceipt::decode(receipt.encoding));
    EXPECT_EQ(told.key_id, m_identity.key_id);
    EXPECT_EQ(told.certificate_sha256, m_identity.certificate.sha256());
    EXPECT_EQ(told.reason, 1U);
    EXPECT_EQ(told.requested_by, "order:" + wanted.id.text());
    EXPECT_EQ(told.requested_at, wanted.issued_at);
    EXPECT_CODE(sam->sessions().open(open_request(m_identity)), gone);
    // qss-api asks later: nothing changes.
    EXPECT_EQ(must(revoke(m_identity.key_id)).receipt(), to_string(transport));
}

TEST_F(OrderActionsTest, EachOrderOnce)
{
    const auto wanted = order(m_identity.certificate);
    ASSERT_TRUE(carry_out(wanted));
    EXPECT_CODE(carry_out(wanted), already_exists);
    reopen();
    EXPECT_CODE(carry_out(wanted), already_exists);
}

TEST_F(OrderActionsTest, WhatFailsLeavesTheOrderUnused)
{
    const auto& stranger = *pki.root;
    auto wanted = order(stranger);
    EXPECT_CODE(carry_out(wanted), not_found);
    wanted.parameters = statements::RevocationOrder{m_identity.certificate.der(), "superseded"}.encode();
    EXPECT_TRUE(carry_out(wanted));
}

TEST_F(OrderActionsTest, OrdersOfAnotherInstallationRoleOrTimeAreRefused)
{
    auto other = order(m_identity.certificate);
    other.installation = Bytes(32);
    EXPECT_CODE(carry_out(other), forbidden);
    other = order(m_identity.certificate);
    other.role = "ca";
    EXPECT_CODE(carry_out(other), forbidden);
    other = order(m_identity.certificate);
    EXPECT_CODE(carry_out(other, m_phone.key), verification_failed);
    clock.advance(1h);
    EXPECT_CODE(carry_out(other), expired);
    EXPECT_CODE(carry_out(order(m_identity.certificate, "certificateHold")), invalid_argument);
    EXPECT_TRUE(sam->sessions().open(open_request(m_identity)));
}

TEST_F(OrderActionsTest, ARevokedCaEndsEveryKeyThatItCertified)
{
    const auto open = open_session(m_identity);
    const auto approved = m_phone.sign(open.challenge());
    ASSERT_TRUE(carry_out(order(*pki.issuing, "cACompromise")));
    const auto refused = must(activate(open.session_id, &approved));
    EXPECT_EQ(refused.refusal_code(), static_cast<std::uint32_t>(ErrorCode::gone));
    EXPECT_EQ(refused.signatures_size(), 0);
    EXPECT_CODE(sam->sessions().open(open_request(m_identity)), gone);
    reopen();
    EXPECT_CODE(sam->sessions().open(open_request(m_identity)), gone);
    EXPECT_CODE(make_and_link(), gone);
}

TEST_F(OrderActionsTest, ACaRevokedWhileTheSamSigns)
{
    const auto open = open_session(m_identity);
    bool revoked = false;
    hooks.before_load = [&] {
        if (!std::exchange(revoked, true)) {
            EXPECT_TRUE(carry_out(order(*pki.issuing, "cACompromise")));
        }
    };
    const auto result = must(approve(open, m_phone));
    ASSERT_TRUE(revoked);
    EXPECT_EQ(result.refusal_code(), static_cast<std::uint32_t>(ErrorCode::gone));
    EXPECT_EQ(result.signatures_size(), 0);
}

TEST_F(OrderActionsTest, ARevokedOfficerIsBelievedNoMore)
{
    const auto kept = order(m_identity.certificate);
    ASSERT_TRUE(carry_out(order(*pki.officer), pki.second_officer_key));
    EXPECT_CODE(submit(statement(SignerId::generate(random))), forbidden);
    EXPECT_CODE(carry_out(kept), verification_failed);
    // Evidence of those vouched for before still names the officer.
    const auto open = open_session(m_identity);
    EXPECT_EQ(must(approve(open, m_phone)).signatures_size(), 1);
    EXPECT_CODE(carry_out(order(*pki.second_officer), pki.second_officer_key), conflict); // the last one
    EXPECT_TRUE(carry_out(kept, pki.second_officer_key));
}

TEST_F(OrderActionsTest, OfficersAreNotHeldToTheRate)
{
    for (std::uint32_t i = 0; i < revocations_per_hour; ++i)
        ASSERT_TRUE(revoke(identity(m_signer).key_id));
    EXPECT_CODE(revoke(m_identity.key_id), rate_limited);
    EXPECT_TRUE(carry_out(order(m_identity.certificate)));
    clock.advance(1h);
    for (std::uint32_t i = 0; i < revocations_per_hour; ++i)
        ASSERT_TRUE(revoke(identity(m_signer).key_id)) << "and are not counted";
}

}
}
