#include "service/identities.h"

#include "proto/ca.pb.h"
#include "proto/sam.pb.h"
#include "unit/pki/test_pki.h"
#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

// All three roles in one: says yes, issues always the same certificate, and notes what was revoked.
class YesRoles final : public Transport {
public:
    Status call(std::uint16_t, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply, Milliseconds) override
    {
        if (auto* issued = dynamic_cast<proto::ca::IssueIdentityReply*>(&reply)) {
            if (m_refusal)
                return fail(*m_refusal);
            issued->set_certificate(qss::to_string(m_chain.signer.der()));
        }
        if (const auto* revoke = dynamic_cast<const proto::ca::RevokeRequest*>(&request))
            m_revoked.push_back(to_bytes(revoke->serial()));
        if (auto* revoked = dynamic_cast<proto::ca::RevokeReply*>(&reply))
            revoked->set_crl(qss::to_string(ByteView(list())));
        if (auto* revoked = dynamic_cast<proto::sam::RevokeKeyReply*>(&reply)) {
            if (m_rate)
                return fail(*m_rate);
            revoked->set_receipt("receipt");
        }
        return {};
    }

    [[nodiscard]] Bytes list() const
    {
        pki::CrlContents contents{.number = m_revoked.size(),
                                  .this_update = pki::testing::now,
                                  .next_update = pki::testing::now + std::chrono::hours(1),
                                  .revoked = {}};
        for (const auto& serial : m_revoked)
            contents.revoked.push_back({serial, {pki::testing::now, 1}});
        return pki::sign_crl(*pki::encode_tbs_crl(m_chain.issuing, contents), m_chain.issuing_key)->der();
    }

    pki::testing::Chain m_chain;
    std::vector<Bytes> m_revoked;
    std::optional<Error> m_rate;
    std::optional<Error> m_refusal;
};

class IdentitiesTest : public SigningBed {
protected:
    IdentitiesTest() // beside the live one: one that was attested, and then qss-api crashed
    {
        auto pack = m_application.pack;
        pack.id = PackId::generate(m_random);
        pack.name = "Other";
        EXPECT_TRUE(m_store->write([&](sqlite::Database& db) -> Status {
            TRY(store::Tenants(db).add(pack));
            return store::IdentityTable(db).add(store::Identity{.key_id = KeyId::generate(m_random),
                                                                .user_id = m_user.id,
                                                                .pack_id = pack.id,
                                                                .status = store::IdentityStatus::attested,
                                                                .spki = {2},
                                                                .key_attestation = {2},
                                                                .registration_statement = {2},
                                                                .certificate = {},
                                                                .certificate_sha256 = {},
                                                                .serial = {},
                                                                .not_after = {},
                                                                .created_at = start});
        }));
    }

    static store::RevocationRequest asked() { return {1, "credential:one", start}; }

    YesRoles m_roles;
    SamClient m_sam_client{m_roles};
    CaClient m_ca{m_roles};
    OcspClient m_ocsp{m_roles};
    Publication m_publication{{*m_store, m_ca, m_ocsp, m_clock}};
    Identities m_identities{{*m_store, m_sam_client, m_ca, m_publication, m_no_crash, m_clock}};
};

TEST_F(IdentitiesTest, ACertificateWhoseRowWasLostIsRevokedToo)
{
    ASSERT_TRUE(m_identities.revoke_all_of(m_user.id, asked()));
    ASSERT_EQ(m_roles.m_revoked.size(), 2U);
    const auto& revoked = m_roles.m_revoked;
    EXPECT_NE(std::find(revoked.begin(), revoked.end(), m_roles.m_chain.signer.serial()), revoked.end());
}

TEST_F(IdentitiesTest, WhatTheCaNeverIssuedNeedsNoRevocation)
{
    m_roles.m_refusal = Error{ErrorCode::verification_failed, "the nonce has expired"};
    ASSERT_TRUE(m_identities.revoke_all_of(m_user.id, asked()));
    EXPECT_EQ(m_roles.m_revoked.size(), 1U);
}

TEST_F(IdentitiesTest, WithoutTheCasWordItIsNotOver)
{
    m_roles.m_refusal = Error{ErrorCode::unavailable, "away"};
    EXPECT_FALSE(m_identities.revoke_all_of(m_user.id, asked()));
    m_roles.m_refusal.reset();
    ASSERT_TRUE(m_identities.finish_revocations());
    EXPECT_EQ(m_roles.m_revoked.size(), 2U);
}

TEST_F(IdentitiesTest, ReceiptsAndWhoAskedStayWithTheIdentity)
{
    ASSERT_TRUE(m_identities.revoke_all_of(m_user.id, asked()));
    const auto kept =
        m_store->read([&](sqlite::Database& db) { return store::IdentityTable(db).revocation(m_key_id); });
    ASSERT_TRUE(kept && *kept);
    EXPECT_EQ((*kept)->request.reason, 1U);
    EXPECT_EQ((*kept)->request.by, "credential:one");
    EXPECT_EQ((*kept)->request.at, start);
    EXPECT_EQ((*kept)->sam_receipt, to_bytes("receipt"));
    EXPECT_GT((*kept)->crl_number, 0);
    EXPECT_EQ((*kept)->crl_sha256.size(), 32U);
    // Final: a second request changes nothing.
    ASSERT_TRUE(m_identities.revoke_all_of(m_user.id, {5, "somebody else", start}));
    EXPECT_EQ(m_roles.m_revoked.size(), 2U);
}

TEST_F(IdentitiesTest, AboveTheRateItWaitsAndNothingIsLost)
{
    m_roles.m_rate = Error{ErrorCode::rate_limited, "too many"};
    const auto refused = m_identities.revoke({"anna", OperatorRole::operator_}, m_key_id, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << "503, not the caller's own rate";
    EXPECT_EQ(m_identities.list({"anna", OperatorRole::auditor}, store::IdentityStatus::revoking)->size(),
              1U);
    m_roles.m_rate.reset();
    ASSERT_TRUE(m_identities.finish_revocations());
    EXPECT_EQ(m_identities.list({"anna", OperatorRole::auditor}, store::IdentityStatus::revoked)->size(), 1U);
}

TEST_F(IdentitiesTest, OperatorsRevokeAndAuditorsOnlyLook)
{
    for (const auto role : {OperatorRole::auditor, OperatorRole::registration_officer})
        EXPECT_EQ(m_identities.revoke({"anna", role}, m_key_id, 1).error().code, ErrorCode::forbidden);
    EXPECT_EQ(m_identities.revocation({"anna", OperatorRole::registration_officer}, m_key_id).error().code,
              ErrorCode::forbidden);
    EXPECT_EQ(m_identities.revoke({"anna", OperatorRole::operator_}, m_key_id, 2).error().code,
              ErrorCode::invalid_argument);
    EXPECT_EQ(
        m_identities.revoke({"anna", OperatorRole::operator_}, KeyId::generate(m_random), 1).error().code,
        ErrorCode::not_found);
    EXPECT_TRUE(m_identities.revoke({"anna", OperatorRole::security_officer}, m_key_id, 1));
}

}
}
