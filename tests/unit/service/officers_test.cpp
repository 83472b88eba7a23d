#include "service/officers.h"

#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

// A user whose registration waits for an officer.
class OfficersTest : public SigningBed {
protected:
    OfficersTest()
    {
        EXPECT_TRUE(m_store->write([this](sqlite::Database& db) -> Status {
            store::UserTable users(db);
            TRY(users.add(m_asked));
            return users.add(store::RegistrationRequest{
                m_request, m_asked.id, 1, store::RequestStatus::pending, start, {}});
        }));
    }

    Bytes statement()
    {
        const statements::RegistrationStatement statement{.statement_id = StatementId::generate(m_random),
                                                          .signer_id = m_asked.signer_id,
                                                          .enterprise_id = m_asked.enterprise_id,
                                                          .sequence = 1,
                                                          .organisation = m_application.enterprise.name,
                                                          .country = m_application.enterprise.country,
                                                          .email = m_asked.email,
                                                          .mobile = m_asked.mobile,
                                                          .given_name = m_asked.given_name,
                                                          .surname = m_asked.surname,
                                                          .identity_number = m_asked.identity_number,
                                                          .enrolment_spki =
                                                              m_enrolment_key.public_key().spki(),
                                                          .verified_at = start};
        return statements::sign_statement(statement.encode(), m_key)->encode();
    }
    Status submit() { return m_officers.submit_statement(m_officer, m_request, statement()); }
    std::int64_t users_with_token() // who may begin to register a phone
    {
        return *m_store->read([](sqlite::Database& db) -> Result<std::int64_t> {
            auto query = db.prepare("SELECT count(*) FROM app_user WHERE registration_token_mac IS NOT NULL");
            TRY(query.step());
            return query.integer(0);
        });
    }
    Bytes stored_statement()
    {
        return *m_store->read([this](sqlite::Database& db) -> Result<Bytes> {
            auto query = db.prepare("SELECT statement FROM registration_request WHERE id = ?");
            query.bind(m_request.bytes());
            TRY(query.step());
            return query.blob(0);
        });
    }

    const Operator m_officer{"Officer", OperatorRole::registration_officer};
    const RegistrationId m_request = RegistrationId::generate(m_random);
    const store::User m_asked{UserId::generate(m_random),
                              m_application.enterprise.id,
                              m_application.pack.id,
                              SignerId::generate(m_random),
                              "eva@example.com",
                              "+37120000001",
                              "Eva",
                              "Liepa",
                              "",
                              store::UserStatus::requested,
                              start};
    const Secret m_code_key = Secret(Bytes(32, 3));
    const crypto::PrivateKey m_enrolment_key = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    Officers m_officers{{*m_store, m_client, m_code_key, m_clock}};
};

TEST_F(OfficersTest, AStatementCompletesTheRequestAndOpensTheRegistration)
{
    ASSERT_TRUE(submit());
    EXPECT_EQ(users_with_token(), 1);
    EXPECT_FALSE(stored_statement().empty());
    EXPECT_EQ(m_sam.calls(proto::sam::DESTROY_SIGNER), 0);
}

TEST_F(OfficersTest, AUserWhoIsRemovedMeanwhileStaysForgotten)
{
    m_sam.before_call([this](std::uint16_t type) {
        if (type != proto::sam::REGISTER_SIGNER)
            return;
        EXPECT_TRUE(m_store->write([this](sqlite::Database& db) -> Status {
            store::UserTable users(db);
            TRY(users.move(m_asked.id, store::UserStatus::requested, store::UserStatus::deleted));
            return users.erase_personal_data(m_asked.id);
        }));
    });
    EXPECT_EQ(submit().error().code, ErrorCode::gone);
    EXPECT_TRUE(stored_statement().empty());
    EXPECT_EQ(users_with_token(), 0);
    EXPECT_EQ(m_sam.calls(proto::sam::DESTROY_SIGNER), 1); // nor does a signer wait for somebody's phone
}

}
}
