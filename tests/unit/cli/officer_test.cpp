#include "cli/officer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "scratch_directory.h"

namespace qss::cli {
namespace {

client::json::object asked()
{
    return {{"registration_id", "000102030405060708090a0b0c0d0e0f"},
            {"signer_id", "101112131415161718191a1b1c1d1e1f"},
            {"enterprise_id", "202122232425262728292a2b2c2d2e2f"},
            {"organisation", "Example SIA"},
            {"country", "LV"},
            {"sequence", 2},
            {"email", "anna.ozola@example.com"},
            {"mobile", "+37120000001"},
            {"given_name", "Anna"},
            {"surname", "Ozola"},
            {"identity_number", "PNOLV-010180-12345"}};
}

Result<RegistrationRequest> parse(const client::json::object& object)
{
    SystemRandom random;
    return parse_registration_request(object, random, from_unix_ms(1'790'000'000'000));
}

TEST(Officer, TheStatementSaysWhatWasAsked)
{
    const auto request = parse(asked());
    ASSERT_TRUE(request.has_value()) << request.error().detail;
    const auto& s = request->statement;
    EXPECT_EQ(s.signer_id.text(), "101112131415161718191a1b1c1d1e1f");
    EXPECT_EQ(s.sequence, 2U);
    EXPECT_EQ(s.organisation, "Example SIA");
    EXPECT_EQ(s.email, "anna.ozola@example.com");
    EXPECT_EQ(s.identity_number, "PNOLV-010180-12345");
    const auto text = request->for_people();
    for (const auto* part :
         {"Anna Ozola", "Example SIA", "+37120000001", "anna.ozola@example.com", "PNOLV-010180-12345"})
        EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST(Officer, EachStatementHasAnEnrolmentKeyOfItsOwn)
{
    const auto first = parse(asked());
    const auto second = parse(asked());
    EXPECT_EQ(first->statement.enrolment_spki, first->enrolment_key.public_key().spki());
    EXPECT_NE(first->statement.enrolment_spki, second->statement.enrolment_spki);
}

TEST(Officer, RefusesWhatNoStatementMaySay)
{
    const std::pair<const char*, client::json::value> changes[] = {
        {"email", "Anna@Example.com"},
        {"mobile", "20000001"},
        {"country", "lv"},
        {"given_name", ""},
        {"sequence", 0},
        {"surname", nullptr},
        {"signer_id", "1"},
        {"registration_id", "../x"},
        {"identity_number", "12345"},
    };
    for (const auto& [member, value] : changes) {
        auto object = asked();
        object[member] = value;
        EXPECT_FALSE(parse(object).has_value()) << member;
    }
}

TEST(Officer, AKeyThatOthersCanReadIsRefused)
{
    const test::ScratchDirectory directory;
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::p256);
    const auto file = directory.write("key.pem", as_text(key->to_pem().reveal()));
    ::chmod(file.c_str(), 0600);
    EXPECT_TRUE(load_private_key(file).has_value());
    ::chmod(file.c_str(), 0640);
    EXPECT_EQ(load_private_key(file).error().code, ErrorCode::forbidden);
}

}
}
