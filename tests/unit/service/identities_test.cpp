#include "service/identities.h"

#include "proto/ca.pb.h"
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
        return {};
    }

    pki::testing::Chain m_chain;
    std::vector<Bytes> m_revoked;
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

    YesRoles m_roles;
    SamClient m_sam_client{m_roles};
    CaClient m_ca{m_roles};
    OcspClient m_ocsp{m_roles};
    Publication m_publication{{*m_store, m_ca, m_ocsp, m_clock}};
    Identities m_identities{{*m_store, m_sam_client, m_ca, m_publication, m_clock}};
};

TEST_F(IdentitiesTest, ACertificateWhoseRowWasLostIsRevokedToo)
{
    ASSERT_TRUE(m_identities.revoke_all_of(m_user.id));
    ASSERT_EQ(m_roles.m_revoked.size(), 2U);
    const auto& revoked = m_roles.m_revoked;
    EXPECT_NE(std::find(revoked.begin(), revoked.end(), m_roles.m_chain.signer.serial()), revoked.end());
}

TEST_F(IdentitiesTest, WhatTheCaNeverIssuedNeedsNoRevocation)
{
    m_roles.m_refusal = Error{ErrorCode::verification_failed, "the nonce has expired"};
    ASSERT_TRUE(m_identities.revoke_all_of(m_user.id));
    EXPECT_EQ(m_roles.m_revoked.size(), 1U);
}

TEST_F(IdentitiesTest, WithoutTheCasWordItIsNotOver)
{
    m_roles.m_refusal = Error{ErrorCode::unavailable, "away"};
    EXPECT_FALSE(m_identities.revoke_all_of(m_user.id));
    m_roles.m_refusal.reset();
    ASSERT_TRUE(m_identities.finish_revocations());
    EXPECT_EQ(m_roles.m_revoked.size(), 2U);
}

}
}
