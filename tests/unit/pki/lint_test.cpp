#include "pki/lint.h"

#include <set>

#include <gtest/gtest.h>

#include "unit/pki/broken_certificates.h"

namespace qss::pki {
namespace {

using namespace testing;

std::vector<std::string> codes(const std::vector<Finding>& findings)
{
    std::vector<std::string> all;
    for (const auto& finding : findings)
        all.emplace_back(finding.code);
    return all;
}

class LintTest : public ::testing::Test {
protected:
    Certificate make_good(ProfileId id)
    {
        const bool self = profile(id).is_self_signed();
        return *make(
            id,
            contents(id, m_chain.person_key.public_key(), self ? nullptr : &m_chain.issuing, subject_for(id)),
            self ? m_chain.person_key : m_chain.issuing_key);
    }

    Chain m_chain;
};

TEST_F(LintTest, CleanCertificatesHaveNoFinding)
{
    for (std::size_t i = 0; i < profile_count; ++i) {
        const auto id = static_cast<ProfileId>(i);
        EXPECT_EQ(codes(lint_findings(make_good(id), profile(id))), std::vector<std::string>())
            << profile(id).name;
        EXPECT_TRUE(lint(make_good(id), profile(id)));
    }
}

// A short certificate passes for a long one of its kind, and the root for the access CA but for its path.
TEST_F(LintTest, NoProfilePassesForAnother)
{
    const std::set<std::pair<ProfileId, ProfileId>> shorter{
        {ProfileId::natural_person_short, ProfileId::natural_person_esign},
        {ProfileId::legal_person_short, ProfileId::legal_person_eseal}};
    for (std::size_t i = 0; i < profile_count; ++i)
        for (std::size_t j = 0; j < profile_count; ++j) {
            const auto built = static_cast<ProfileId>(i);
            const auto judged = static_cast<ProfileId>(j);
            EXPECT_EQ(lint(make_good(built), profile(judged)).has_value(),
                      built == judged || shorter.contains({built, judged}))
                << profile(built).name << " as " << profile(judged).name;
        }
}

TEST_F(LintTest, EachFaultGivesExactlyItsFindings)
{
    for (const auto& broken : BrokenCertificates().all()) {
        const auto certificate = Certificate::from_der(broken.der);
        if (!certificate) {
            ADD_FAILURE() << broken.name << ": " << certificate.error().detail;
            continue;
        }
        const auto& judged = profile(broken.profile);
        EXPECT_EQ(codes(lint_findings(*certificate, judged)), broken.findings) << broken.name;
        EXPECT_EQ(lint(*certificate, judged).has_value(), broken.findings.empty()) << broken.name;
    }
}

TEST_F(LintTest, EachRuleIsBrokenBySomeCertificate)
{
    std::set<std::string, std::less<>> fired;
    for (const auto& broken : BrokenCertificates().all())
        fired.insert(broken.findings.begin(), broken.findings.end());
    for (const auto& rule : lint_rules())
        EXPECT_TRUE(fired.contains(rule.code)) << rule.code;
}

TEST_F(LintTest, TheFindingNamesTheRuleAndItsClause)
{
    auto made = contents(ProfileId::natural_person_esign, m_chain.person_key.public_key(), &m_chain.issuing,
                         person());
    made.subject[4].value = "12345";
    const auto certificate = *make(ProfileId::natural_person_esign, made, m_chain.issuing_key);
    const auto found = lint(certificate, profile(ProfileId::natural_person_esign));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::verification_failed);
    EXPECT_EQ(found.error().detail,
              "pre-issuance lint: etsi.en_319_412_1.nat-5.1.3.invalid_identifier_format: "
              "serialNumber is type, country, hyphen, number (EN 319 412-1 NAT-5.1.3)");
}

TEST_F(LintTest, ANumberOfOursClaimsNoSemantics)
{
    auto made = contents(ProfileId::natural_person_esign, m_chain.person_key.public_key(), &m_chain.issuing,
                         person());
    made.subject[4].value = "12345";
    made.semantics = Semantics::none;
    EXPECT_TRUE(lint(*make(ProfileId::natural_person_esign, made, m_chain.issuing_key),
                     profile(ProfileId::natural_person_esign)));
}

// What no lint is asked about, since it is no certificate to us.
TEST_F(LintTest, SomeFaultsAreRefusedBeforeTheLint)
{
    const auto refused = [&](const auto& spoil) {
        auto parts = Parts::of(
            *encode_tbs_certificate(profile(ProfileId::natural_person_esign),
                                    contents(ProfileId::natural_person_esign, m_chain.person_key.public_key(),
                                             &m_chain.issuing, person()),
                                    m_chain.issuing_key.type()));
        spoil(parts);
        return !Certificate::from_der(parts.sign(m_chain.issuing_key)).has_value();
    };
    EXPECT_FALSE(refused([](Parts&) {}));
    // pkix.certificate_version_is_not_v3
    EXPECT_TRUE(refused([](Parts& p) { p.version = der::explicitly(0, der::integer(std::uint64_t{1})); }));
    EXPECT_TRUE(refused([](Parts& p) { p.version.clear(); }));
    // pkix.certificate_negative_validity_period
    EXPECT_TRUE(refused([](Parts& p) { std::swap(p.not_before, p.not_after); }));
    // pkix.no_ku_bits_set
    EXPECT_TRUE(refused([](Parts& p) { p.at(oids::key_usage).value = der::tlv(0x03, Bytes{0}); }));
    // pkix.distribution_point_does_not_contain_name_or_issuer
    EXPECT_TRUE(refused([](Parts& p) {
        const auto reasons = der::tlv(0x81, Bytes{0x01, 0x06});
        p.at(oids::crl_distribution_points).value = der::sequence({der::sequence({reasons})});
    }));
    // pkix.invalid_time_syntax
    EXPECT_TRUE(refused([](Parts& p) { p.not_before = der::tlv(0x17, as_bytes("261324000000Z")); }));
    // ts_119_312.6.2.2.1.rsa_exponent_of_range, ts_119_312.8.4.rsa_small_modulus
    const auto rsa = [](ByteView modulus, std::uint64_t exponent) {
        const auto key = der::sequence({der::integer(modulus), der::integer(exponent)});
        return der::sequence(
            {der::sequence({der::oid("1.2.840.113549.1.1.1"), der::null()}), der::bit_string(key)});
    };
    auto modulus = Bytes(257, 0xFF);
    modulus.front() = 0;
    EXPECT_FALSE(refused([&](Parts& p) { p.spki = rsa(modulus, 65537); }));
    EXPECT_TRUE(refused([&](Parts& p) { p.spki = rsa(modulus, 3); }));
    EXPECT_TRUE(refused([&](Parts& p) { p.spki = rsa(modulus, 65536); }));
    EXPECT_TRUE(refused([&](Parts& p) { p.spki = rsa(ByteView(modulus).first(129), 65537); }));
    // etsi.en_319_412_2.gen-4.2.5-1.discouraged_public_key_type: Ed25519
    EXPECT_TRUE(refused([](Parts& p) {
        p.spki = der::sequence({der::sequence({der::oid("1.3.101.112")}), der::bit_string(Bytes(32, 9))});
    }));
}

}
}
