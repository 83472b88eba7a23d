#include "sam/signers.h"

#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

class SignersTest : public SamTest {
protected:
    SignerId m_signer = SignerId::generate(random);
};

TEST_F(SignersTest, TheSameStatementAgainChangesNothing)
{
    const auto one = must(statements::sign_statement(statement(m_signer).encode(), pki.officer_key)).encode();
    EXPECT_TRUE(must(submit_signed(one)).changed());
    EXPECT_FALSE(must(submit_signed(one)).changed());
    reopen();
    EXPECT_FALSE(must(submit_signed(one)).changed());
}

TEST_F(SignersTest, OnlyOfficersOfTheCeremonyVouch)
{
    const auto stranger = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    EXPECT_CODE(
        submit_signed(must(statements::sign_statement(statement(m_signer).encode(), stranger)).encode()),
        forbidden);
    // A stranger's signature under the officer's name.
    auto forged = must(statements::sign_statement(statement(m_signer).encode(), stranger));
    forged.signer_key_id = crypto::sha256(pki.officer_key.public_key().spki());
    EXPECT_CODE(submit_signed(forged.encode()), verification_failed);
    // The officer's signature over something else.
    auto changed = must(statements::sign_statement(statement(m_signer).encode(), pki.officer_key));
    changed.encoding = statement(m_signer).encode();
    EXPECT_CODE(submit_signed(changed.encode()), verification_failed);
    EXPECT_CODE(begin(m_signer), not_found);
}

TEST_F(SignersTest, LaterStatementsSupersedeBySequenceAlone)
{
    must(submit(statement(m_signer, 2)));
    EXPECT_CODE(submit(statement(m_signer, 1)), conflict);
    EXPECT_CODE(submit(statement(m_signer, 2)), conflict);
    EXPECT_TRUE(must(submit(statement(m_signer, 3))).changed());
}

TEST_F(SignersTest, ASignerStaysWithItsEnterprise)
{
    must(submit(statement(m_signer, 1)));
    auto moved = statement(m_signer, 2);
    moved.enterprise_id = EnterpriseId::generate(random);
    EXPECT_CODE(submit(moved), conflict);
}

TEST_F(SignersTest, ASignerWhosePhoneIsBoundStaysTheSamePerson)
{
    const Phone phone;
    const auto signer = enrol(phone);
    const auto changed = [&](std::string statements::RegistrationStatement::* member,
                             const std::string& value) {
        auto other = statement(signer, 2);
        other.*member = value;
        return submit(other);
    };
    using Statement = statements::RegistrationStatement;
    EXPECT_CODE(changed(&Statement::given_name, "Eva"), conflict);
    EXPECT_CODE(changed(&Statement::surname, "Ozola"), conflict);
    EXPECT_CODE(changed(&Statement::identity_number, "PNOLV-010190-12345"), conflict);
    EXPECT_CODE(changed(&Statement::organisation, "SIA Cita"), conflict);
    EXPECT_CODE(changed(&Statement::country, "EE"), conflict);
    EXPECT_TRUE(changed(&Statement::mobile, "+37129999999"));
}

TEST_F(SignersTest, AnEnrolmentKeyServesOneStatement)
{
    const auto first = statement(m_signer);
    must(submit(first));
    auto second = statement(m_signer, 2);
    second.enrolment_spki = first.enrolment_spki;
    EXPECT_CODE(submit(second), conflict);
    auto others = statement(SignerId::generate(random));
    others.enrolment_spki = first.enrolment_spki;
    EXPECT_CODE(submit(others), conflict);
    must(submit(statement(m_signer, 3)));
    reopen();
    auto fourth = statement(m_signer, 4);
    fourth.enrolment_spki = first.enrolment_spki;
    EXPECT_CODE(submit(fourth), conflict);
    EXPECT_TRUE(must(submit(statement(m_signer, 4))).changed());
}

TEST_F(SignersTest, ADestroyedSignerStaysDestroyed)
{
    Phone phone;
    const auto mine = identity(enrol(phone));
    const auto input = open_session(mine);
    proto::sam::DestroySignerRequest request;
    request.set_signer_id(to_string(mine.signer_id.bytes()));
    const auto reply = must(sam->signers().destroy(request));
    ASSERT_EQ(reply.revoked_key_ids_size(), 1);
    EXPECT_EQ(must(sam->signers().destroy(request)).receipts(0), reply.receipts(0)) << "again";
    EXPECT_EQ(hooks.destroyed.size(), 1U);
    EXPECT_CODE(submit(statement(mine.signer_id, 2)), gone);
    EXPECT_CODE(begin(mine.signer_id), gone);
    EXPECT_CODE(make_key(mine.signer_id, PackId::generate(random), "P-256"), gone);
    EXPECT_EQ(must(approve(input, phone)).signatures_size(), 0);
}

}
}
