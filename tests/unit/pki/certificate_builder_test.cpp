#include "pki/certificate_builder.h"

#include <set>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;

// Verified through pkilint by its authors' decoder, not by ours (EN 319 412-5 4).
constexpr std::string_view golden_qc_statements =
    "30773008060604008e4601013008060604008e4601043013060604008e4601063009060704008e46010601"
    "3035060604008e460105302b3029162368747470733a2f2f706b692e7173732d64656d6f2e636f6d2f7064735f656e2e70646613"
    "02656e"
    "301506082b06010505070b023009060704008bec490101";

TEST(CertificateBuilderTest, QcStatementsAreTheGoldenOnes)
{
    constexpr auto* pds = "https://pki.qss-demo.com/pds_en.pdf";
    EXPECT_EQ(hex_encode(encode_qc_statements(oids::qc_type_esign, pds, Semantics::natural)),
              golden_qc_statements);
    auto of_a_seal = std::string(golden_qc_statements);
    of_a_seal.replace(of_a_seal.find("8e46010601"), 10, "8e46010602");
    of_a_seal.replace(of_a_seal.find("8bec490101"), 10, "8bec490102");
    EXPECT_EQ(hex_encode(encode_qc_statements(oids::qc_type_eseal, pds, Semantics::legal)), of_a_seal);
}

TEST(CertificateBuilderTest, SemanticsAreOnlyClaimedWhenTheyHold)
{
    const auto encoded = hex_encode(
        encode_qc_statements(oids::qc_type_esign, "https://pki.qss-demo.com/pds_en.pdf", Semantics::none));
    EXPECT_EQ(encoded.find("06082b06010505070b02"), std::string::npos);
}

TEST(CertificateBuilderTest, SerialsArePositiveAndDiffer)
{
    SystemRandom random;
    std::set<Bytes> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto serial = random_serial(random);
        EXPECT_EQ(serial.size(), 17U); // 128 random bits under a leading one
        EXPECT_LT(serial.front(), 0x80);
        EXPECT_TRUE(seen.insert(serial).second);
    }
}

TEST(CertificateBuilderTest, RefusesContentsThatTheProfileDoesNotTake)
{
    const Chain chain;
    const auto good =
        contents(ProfileId::natural_person_esign, chain.person_key.public_key(), &chain.issuing, person());
    const auto refused = [&](auto spoil) {
        auto spoilt = good;
        spoil(spoilt);
        return !make(ProfileId::natural_person_esign, spoilt, chain.issuing_key).has_value();
    };
    EXPECT_FALSE(refused([](auto&) {}));
    EXPECT_TRUE(refused([](auto& c) { c.serial = {0x80}; }));
    EXPECT_TRUE(refused([](auto& c) { c.serial.clear(); }));
    EXPECT_TRUE(refused([](auto& c) { c.issuer.clear(); }));
    EXPECT_TRUE(refused([](auto& c) { c.authority_key_id.clear(); }));
    EXPECT_TRUE(refused([](auto& c) { c.subject.clear(); }));
    EXPECT_TRUE(refused([](auto& c) { c.not_after = c.not_before; }));
    EXPECT_TRUE(refused([](auto& c) { c.own_policy.clear(); }));
    EXPECT_TRUE(refused([](auto& c) { c.crl_url.clear(); }));
    EXPECT_TRUE(refused([](auto& c) { c.ocsp_url.clear(); }));
    EXPECT_TRUE(refused([](auto& c) { c.pds_url.clear(); }));
    EXPECT_TRUE(refused([](auto& c) { c.subject.front().value = "lv"; }));
    EXPECT_TRUE(refused([](auto& c) { c.subject.front().value = "LVA"; }));
    EXPECT_TRUE(refused([](auto& c) { c.subject[4].value = "PNOLV-Ä"; }));
    EXPECT_TRUE(refused([](auto& c) { c.subject[5].value = std::string("Anna\0Evil", 9); }));
    EXPECT_TRUE(refused([](auto& c) { c.subject[5].value = "\xFF"; }));
}

TEST(CertificateBuilderTest, ServerNamesAreHostsOrAddresses)
{
    const auto key = new_key();
    auto server = contents(ProfileId::server, key.public_key(), nullptr, {{oids::common_name, "x"}});
    server.issuer = {0x30, 0x00};
    server.authority_key_id = Bytes(20);
    EXPECT_TRUE(make(ProfileId::server, server, key));
    for (const auto* name : {"", "Big.example", "a b", "http://a", "*.example.com"}) {
        server.alt_names = {name};
        EXPECT_FALSE(make(ProfileId::server, server, key)) << name;
    }
}

}
}
