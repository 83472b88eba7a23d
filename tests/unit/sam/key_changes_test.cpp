#include "sam/key_changes.h"

#include "base/limits.h"
#include "sap/evidence.h"
#include "statements/named_values.h"
#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

using statements::NamedValues;
using namespace std::chrono_literals;

class KeyChangesTest : public SamTest {
protected:
    Result<NamedValues> order(std::string action, const NamedValues& parameters)
    {
        return order(std::move(action), parameters, pki.officer_key);
    }
    Result<NamedValues> order(std::string action, const NamedValues& parameters,
                              const crypto::PrivateKey& officer)
    {
        const auto now = clock.now();
        const statements::Order one{OrderId::generate(random),
                                    pki.root->sha256(),
                                    "sam",
                                    std::move(action),
                                    parameters.encode(),
                                    "",
                                    now,
                                    now + 1h};
        return send(must(statements::sign_statement(one.encode(), officer)).encode());
    }
    Result<NamedValues> send(ByteView signature)
    {
        proto::CarryOutRequest request;
        request.add_signatures(to_string(signature));
        TRY_ASSIGN(reply, sam->carry_out(request));
        return NamedValues::decode(as_bytes(reply.outcome()));
    }
    NamedValues certificate_of(pki::ProfileId profile, ByteView spki)
    {
        const auto certificate =
            must(pki.issue(profile, {{pki::oids::common_name, "Next"}}, spki, pki.root_key, &*pki.root));
        return NamedValues().set("certificate", certificate.der());
    }
    Bytes next_evidence_key() { return must(order("make-evidence-key", NamedValues())).all().at("spki"); }
    Result<proto::sam::SessionResult> sign(const Identity& identity, Phone& phone)
    {
        const auto input = open_session(identity);
        return approve(input, phone);
    }
    void expect_evidence(const Result<proto::sam::SessionResult>& result)
    {
        ASSERT_TRUE(result) << result.error().detail;
        const auto facts = sap::check_evidence(as_bytes(result->evidence()), pki.root->der(), rp_id);
        EXPECT_TRUE(facts) << facts.error().detail;
    }
};

TEST_F(KeyChangesTest, AnotherEvidenceKeyTakesOverAndTheOldEvidenceStands)
{
    Phone phone;
    const auto mine = identity(enrol(phone));
    const auto before = sign(mine, phone);
    proto::sam::ExchangeCheckpointRequest checkpoint;
    checkpoint.set_checkpoint(must(sam->exchange_checkpoint({})).checkpoint());

    const auto spki = next_evidence_key();
    expect_evidence(sign(mine, phone)); // it waits for its certificate
    reopen();
    ASSERT_TRUE(order("adopt-evidence", certificate_of(pki::ProfileId::sam_evidence, spki)));
    reopen();
    const auto after = sign(mine, phone); // the phone was bound under the old key
    expect_evidence(after);
    expect_evidence(before);
    const auto signed_after =
        must(statements::SignedStatement::decode(as_bytes(after->evidence()), limits::evidence_size));
    EXPECT_EQ(signed_after.signer_key_id, crypto::sha256(spki));
    EXPECT_TRUE(sam->exchange_checkpoint(checkpoint)); // qss-api's, from before
}

TEST_F(KeyChangesTest, TheEvidenceCertificateIsRenewedForTheSameKey)
{
    Phone phone;
    const auto mine = identity(enrol(phone));
    ASSERT_TRUE(order("adopt-evidence", certificate_of(pki::ProfileId::sam_evidence, evidence_spki)));
    expect_evidence(sign(mine, phone));
}

TEST_F(KeyChangesTest, ACertificateMustBeForTheKeyAndItsPurpose)
{
    const auto spki = next_evidence_key();
    const auto other = must(crypto::PrivateKey::generate(crypto::KeyType::p256)).public_key().spki();
    EXPECT_CODE(order("adopt-evidence", certificate_of(pki::ProfileId::sam_evidence, other)),
                verification_failed);
    EXPECT_CODE(order("adopt-evidence", certificate_of(pki::ProfileId::officer, spki)), verification_failed);
    EXPECT_CODE(order("add-officer", certificate_of(pki::ProfileId::sam_evidence, other).set("name", "X")),
                verification_failed);
    EXPECT_CODE(order("adopt-issuing-ca", certificate_of(pki::ProfileId::officer, other)),
                verification_failed);
    const auto foreign = must(pki.issue(pki::ProfileId::sam_evidence, {{pki::oids::common_name, "SAM"}}, spki,
                                        pki.issuing_key, &*pki.issuing));
    EXPECT_CODE(order("adopt-evidence", NamedValues().set("certificate", foreign.der())),
                verification_failed);
    EXPECT_CODE(order("adopt-evidence", NamedValues()), invalid_argument);
}

TEST_F(KeyChangesTest, AnOrderIsCarriedOutOnceWhoeverDied)
{
    const auto now = clock.now();
    const statements::Order one{OrderId::generate(random),
                                pki.root->sha256(),
                                "sam",
                                "make-evidence-key",
                                NamedValues().encode(),
                                "",
                                now,
                                now + 1h};
    const auto signature = must(statements::sign_statement(one.encode(), pki.officer_key)).encode();
    ASSERT_TRUE(send(signature));
    EXPECT_CODE(send(signature), already_exists);
    reopen();
    EXPECT_CODE(send(signature), already_exists);
}

TEST_F(KeyChangesTest, ARekeyedIssuingCaAndTheOneBefore)
{
    Phone phone;
    const auto mine = identity(enrol(phone));
    const auto old_ca = must(pki::Certificate::from_der(pki.issuing->der()));
    const auto old_key = std::move(pki.issuing_key);
    pki.issuing_key = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    pki.issuing = must(pki.issue(pki::ProfileId::issuing_ca, {{pki::oids::common_name, "Issuing G2"}},
                                 pki.issuing_key, pki.root_key, &*pki.root));
    ASSERT_TRUE(order("adopt-issuing-ca", NamedValues().set("certificate", pki.issuing->der())));
    EXPECT_CODE(order("adopt-issuing-ca", NamedValues().set("certificate", pki.issuing->der())), conflict);
    reopen();
    expect_evidence(sign(mine, phone));
    Phone other;
    const auto theirs = identity(enrol(other)); // certified by the new one
    expect_evidence(sign(theirs, other));

    // What the old one signed before the change may arrive after it; a stranger's may not.
    const auto made = must(make_key(mine.signer_id, PackId::generate(random), "P-256"));
    const auto key = must(KeyId::from_bytes(as_bytes(made.key_id())));
    const auto stranger = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    EXPECT_CODE(link(key, must(pki.issue(pki::ProfileId::natural_person_esign, subject(),
                                         as_bytes(made.spki()), stranger, &old_ca))),
                verification_failed);
    EXPECT_TRUE(link(key, must(pki.issue(pki::ProfileId::natural_person_esign, subject(),
                                         as_bytes(made.spki()), old_key, &old_ca))));
}

TEST_F(KeyChangesTest, OfficersComeAndGoAndTheirEvidenceStays)
{
    Phone phone;
    const auto mine = identity(enrol(phone)); // by the first officer
    const auto second = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    const auto removal = NamedValues().set("spki", pki.officer_key.public_key().spki());
    ASSERT_TRUE(
        order("remove-officer", NamedValues().set("spki", pki.second_officer_key.public_key().spki())));
    EXPECT_CODE(order("remove-officer", removal), conflict); // nobody would be left
    EXPECT_CODE(order("make-evidence-key", NamedValues(), second), verification_failed);
    ASSERT_TRUE(
        order("add-officer",
              certificate_of(pki::ProfileId::officer, second.public_key().spki()).set("name", "Second")));
    ASSERT_TRUE(order("remove-officer", removal, second));
    reopen();
    EXPECT_CODE(order("make-evidence-key", NamedValues()), verification_failed);
    EXPECT_TRUE(order("make-evidence-key", NamedValues(), second));
    EXPECT_CODE(submit(statement(SignerId::generate(random))), forbidden);
    expect_evidence(sign(mine, phone));
    EXPECT_CODE(order("remove-officer", removal, second), not_found);
}

}
}
