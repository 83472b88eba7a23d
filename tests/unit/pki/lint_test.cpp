#include "pki/lint.h"

#include <functional>

#include <gtest/gtest.h>

#include "pki/der.h"
#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;

constexpr ProfileId leaves[] = {
    ProfileId::natural_person_esign,
    ProfileId::sam_evidence,
    ProfileId::officer,
    ProfileId::ocsp_responder,
    ProfileId::client,
    ProfileId::server,
    ProfileId::issuing_ca,
    ProfileId::tsu,
    ProfileId::legal_person_eseal,
    ProfileId::natural_person_assured,
    ProfileId::legal_person_assured,
};

class LintTest : public ::testing::Test {
protected:
    // The finding for a certificate of `built`, looked at as one of `judged`.
    std::string finding(
        ProfileId built, ProfileId judged,
        const std::function<void(CertificateContents&)>& spoil = [](auto&) {})
    {
        auto made = contents(built, m_chain.person_key.public_key(), &m_chain.issuing, subject_for(built));
        spoil(made);
        const auto certificate = make(built, made, m_chain.issuing_key);
        if (!certificate)
            return "not built: " + certificate.error().detail;
        const auto found = lint(*certificate, profile(judged));
        return found ? "" : found.error().detail;
    }

    std::string person_finding(const std::function<void(CertificateContents&)>& spoil)
    {
        return finding(ProfileId::natural_person_esign, ProfileId::natural_person_esign, spoil);
    }

    static void drop(CertificateContents& made, std::string_view oid)
    {
        std::erase_if(made.subject, [&](const Attribute& attribute) { return attribute.type == oid; });
    }

    Chain m_chain;
};

TEST_F(LintTest, CleanCertificatesHaveNoFinding)
{
    EXPECT_TRUE(lint(m_chain.root, profile(ProfileId::root)));
    EXPECT_TRUE(lint(m_chain.issuing, profile(ProfileId::issuing_ca)));
    for (const auto id : leaves)
        EXPECT_EQ(finding(id, id), "") << profile(id).name;
}

TEST_F(LintTest, NoProfilePassesForAnother)
{
    for (const auto built : leaves)
        for (const auto judged : leaves)
            EXPECT_EQ(finding(built, judged).empty(), built == judged)
                << profile(built).name << " as " << profile(judged).name;
}

TEST_F(LintTest, FindsWhatIsWrongWithASubject)
{
    EXPECT_NE(person_finding([](auto& c) { drop(c, oids::country); }), "");
    EXPECT_NE(person_finding([](auto& c) { drop(c, oids::organisation); }), "");
    EXPECT_NE(person_finding([](auto& c) { drop(c, oids::common_name); }), "");
    EXPECT_NE(person_finding([](auto& c) { drop(c, oids::serial_number); }), "");
    EXPECT_NE(person_finding([](auto& c) {
                  drop(c, oids::surname);
                  drop(c, oids::given_name);
              }),
              "");
    EXPECT_NE(person_finding([](auto& c) { c.subject.push_back({oids::common_name, "Another"}); }), "");
    EXPECT_NE(person_finding([](auto& c) { c.subject[4].value = "12345"; }), "");
    EXPECT_NE(person_finding([](auto& c) { c.subject[4].value = "TAXLV-12345"; }), "");
    EXPECT_EQ(person_finding([](auto& c) {
                  c.subject[4].value = "12345";
                  c.semantics = Semantics::none;
              }),
              "");
}

TEST_F(LintTest, FindsAShortSerialALongLifeAndAForeignKeyId)
{
    EXPECT_NE(person_finding([](auto& c) { c.serial = {1, 2, 3, 4, 5, 6, 7, 8}; }), "");
    EXPECT_NE(person_finding([](auto& c) { c.not_after += std::chrono::days(1); }), "");
    EXPECT_NE(person_finding([](auto& c) { c.authority_key_id = Bytes(8); }), "");
}

TEST_F(LintTest, FindsOrganizationIdentifierThatIsTheName)
{
    EXPECT_NE(finding(ProfileId::sam_evidence, ProfileId::sam_evidence,
                      [](auto& c) {
                          c.subject = provider("TEST SAM");
                          c.subject[2].value = c.subject[1].value;
                      }),
              "");
}

}
}
