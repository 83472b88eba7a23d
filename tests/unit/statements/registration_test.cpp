#include "statements/registration.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/limits.h"

namespace qss::statements {

namespace {

const crypto::PrivateKey& enrolment_key()
{
    static const auto key = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    return key;
}

Bytes spki_of(crypto::KeyType type)
{
    return crypto::PrivateKey::generate(type)->public_key().spki();
}

RegistrationStatement example()
{
    const Bytes id(16, 1);
    return {StatementId::from_bytes(id).value(),
            SignerId::from_bytes(id).value(),
            EnterpriseId::from_bytes(id).value(),
            1,
            "Kalnrozes SIA",
            "LV",
            "anna@example.com",
            "+37120000000",
            "Anna",
            "Bērziņa",
            "PNOLV-010180-12345",
            enrolment_key().public_key().spki(),
            from_unix_ms(1'795'521'600'000)};
}

}

TEST(RegistrationStatement, a_good_one_passes)
{
    EXPECT_TRUE(example().check().has_value());
    auto statement = example();
    statement.identity_number.clear();
    EXPECT_TRUE(RegistrationStatement::decode(statement.encode()).has_value());
}

// A statement that exists is valid: what check refuses does not decode, whoever signed it.
TEST(RegistrationStatement, refuses_and_cites_the_clause)
{
    struct Case {
        std::function<void(RegistrationStatement&)> spoil;
        std::string says;
    };
    const std::vector<Case> cases{
        {[](auto& s) { s.sequence = 0; }, "sequence"},
        {[](auto& s) { s.organisation.clear(); }, "NAT-4.2.4-6"},
        {[](auto& s) { s.enrolment_spki.clear(); }, "enrolment key"},
        {[](auto& s) { s.enrolment_spki = Bytes(91); }, "enrolment key"},
        {[](auto& s) { s.enrolment_spki.back() ^= 1; }, "enrolment key"}, // not on the curve
        {[](auto& s) { s.enrolment_spki.push_back(0); }, "enrolment key"},
        {[](auto& s) { s.enrolment_spki[26] = 6 | (s.enrolment_spki.back() & 1); },
         "enrolment key"}, // hybrid
        {[](auto& s) { s.enrolment_spki = spki_of(crypto::KeyType::p384); }, "enrolment key"},
        {[](auto& s) { s.enrolment_spki = spki_of(crypto::KeyType::rsa2048); }, "enrolment key"},
        {[](auto& s) { s.organisation = "A\nB"; }, "NAT-4.2.4-6"},
        {[](auto& s) { s.country = "lv"; }, "NAT-4.2.4-1"},
        {[](auto& s) { s.country = "L"; }, "NAT-4.2.4-1"},
        {[](auto& s) { s.country = "EL"; }, "NAT-4.2.4-1"},
        {[](auto& s) { s.email = "Anna@example.com"; }, "RFC 5321"},
        {[](auto& s) { s.mobile = "0037120000000"; }, "E.164"},
        {[](auto& s) { s.given_name.clear(); }, "NAT-4.2.4-12"},
        {[](auto& s) { s.surname.clear(); }, "NAT-4.2.4-12"},
        {[](auto& s) { s.surname = "Berz\tina"; }, "NAT-4.2.4-12"},
        {[](auto& s) { s.surname = "\xC3\x28"; }, ""}, // not UTF-8
        {[](auto& s) { s.surname = " Berzina"; }, "NAT-4.2.4-12"},
        {[](auto& s) { s.surname = std::string(limits::name_size + 1, 'x'); }, ""},
        {[](auto& s) { s.surname = "B\u0435rzina"; }, "NAT-4.2.4-19"}, // a Cyrillic letter among Latin ones
        {[](auto& s) { s.surname = "Берзиня"; }, "NAT-4.2.4-19"}, // a Latin given name, a Cyrillic surname
        {[](auto& s) { s.identity_number = "TAXLV-1"; }, "412-1 NAT-5.1.3"},
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        auto statement = example();
        cases[i].spoil(statement);
        const auto checked = statement.check();
        ASSERT_FALSE(checked.has_value()) << i;
        EXPECT_EQ(checked.error().code, ErrorCode::invalid_argument) << i;
        EXPECT_NE(checked.error().detail.find(cases[i].says), std::string::npos) << checked.error().detail;
        EXPECT_FALSE(RegistrationStatement::decode(statement.encode()).has_value()) << i;
    }
}

TEST(RegistrationStatement, the_enrolment_key_names_the_registration)
{
    const auto token = registration_token(example().enrolment_spki);
    EXPECT_EQ(token.size(), 43U);
    EXPECT_EQ(token, registration_token(example().enrolment_spki));
    EXPECT_NE(token, registration_token(spki_of(crypto::KeyType::p256)));
}

TEST(RegistrationStatement, decode_is_strict)
{
    auto encoded = example().encode();
    for (std::size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(RegistrationStatement::decode(ByteView(encoded).first(size)).has_value()) << size;
    encoded.push_back(0);
    EXPECT_FALSE(RegistrationStatement::decode(encoded).has_value());
    EXPECT_FALSE(RegistrationStatement::decode(Bytes(limits::statement_size + 1)).has_value());
}

}
