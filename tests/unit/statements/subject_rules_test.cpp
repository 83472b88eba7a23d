#include <gtest/gtest.h>

#include "statements/subject_rules.h"

namespace qss::statements {

TEST(SubjectRules, email)
{
    for (const auto* good :
         {"a@b.lv", "anna.berzina+sign@mail.example.com", "o'neil_{x}@xn--bcher-kva.example"})
        EXPECT_TRUE(check_email(good).has_value()) << good;
    const auto long_local = std::string(65, 'a') + "@b.lv";
    const auto long_label = "a@" + std::string(64, 'b') + ".lv";
    const auto too_long = "a@" + std::string(60, 'b') + "." + std::string(60, 'b') + "." +
                          std::string(60, 'b') + "." + std::string(60, 'b') + "." + std::string(20, 'b');
    for (const auto& bad : std::vector<std::string>{"",          "@",
                                                    "a@",        "@b.lv",
                                                    "a@b",       "a@b.",
                                                    "a@.lv",     "a@-b.lv",
                                                    "a@b-.lv",   "a@b..lv",
                                                    ".a@b.lv",   "a.@b.lv",
                                                    "a..b@c.lv", "A@b.lv",
                                                    "a@B.lv",    "a b@c.lv",
                                                    "a\n@b.lv",  "\"a b\"@c.lv",
                                                    "a@b@c.lv",  "a@[127.0.0.1]",
                                                    "ā@b.lv",    "a@b.lv\n",
                                                    "a<b@c.lv",  std::string("a@b.lv\0", 7),
                                                    long_local,  long_label,
                                                    too_long})
        EXPECT_FALSE(check_email(bad).has_value()) << bad;
    EXPECT_EQ(normalise_email("Anna.Berzina@Example.COM").value(), "anna.berzina@example.com");
    EXPECT_FALSE(normalise_email("Anna").has_value());
}

TEST(SubjectRules, mobile)
{
    EXPECT_EQ(normalise_mobile("+37120000000").value(), "+37120000000");
    EXPECT_EQ(normalise_mobile("0049123456789").value(), "+49123456789");
    EXPECT_EQ(normalise_mobile("+123456789012345").value(), "+123456789012345");
    for (const auto* bad : {"", "+", "00", "20000000", "+0371200000", "000371200000", "+371 2000",
                            "+371-2000000", "+12345", "+1234567890123456", "+3712000000a", "++37120000000"})
        EXPECT_FALSE(normalise_mobile(bad).has_value()) << bad;
    EXPECT_FALSE(check_mobile("0049123456789").has_value());
}

TEST(SubjectRules, country)
{
    for (const auto* good : {"LV", "DE", "GR", "AD", "ZW"})
        EXPECT_TRUE(check_country(good).has_value()) << good;
    for (const auto* bad : {"", "L", "LVA", "lv", "EL", "UK", "XX", "EU", "D ", " D", "L1"})
        EXPECT_FALSE(check_country(bad).has_value()) << bad;
}

TEST(SubjectRules, person_names)
{
    for (const auto& [given_name, surname] :
         std::vector<std::pair<std::string, std::string>>{{"Anna", "Bērziņa"},
                                                          {"Anna-Marija", "van der Berg"},
                                                          {"Seán", "O'Neil"},
                                                          {"Seán", "O\u2019Neil"},
                                                          {"Ελένη", "Παπαδοπούλου"},
                                                          {"Мария", "Стоянова"},
                                                          {"小龍", "李"},
                                                          {"Zoé", "Nguyễn"},
                                                          {"M. A.", "King (Jr.)"},
                                                          {"Be\u0304rzin\u0327s", "I"}})
        EXPECT_TRUE(check_person_names(given_name, surname).has_value()) << given_name;
    for (const auto* bad :
         {"", " ", "123", "-", "Anna  Marija", "Anna ", "An\x01na", "An\u202Ena", "An\u200Dna", "An\u00A0na",
          "\u0410nna", "\uE000", "An<b>na", "Anna@x", "An_na", "Ann\uFF41", "\U0001D400nna", "Anna\u2122"}) {
        EXPECT_FALSE(check_person_names(bad, "Ozola").has_value()) << bad;
        EXPECT_FALSE(check_person_names("Anna", bad).has_value()) << bad;
    }
    EXPECT_FALSE(check_person_names("Мария", "Ozola").has_value());
}

// Each error names its clause.
void expect_clause(const Status& status, std::string_view clause)
{
    ASSERT_FALSE(status.has_value()) << clause;
    EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(status.error().detail.find(clause), std::string::npos) << status.error().detail;
}

TEST(SubjectRules, person_names_cite_their_clause)
{
    expect_clause(check_person_names("", "Ozola"), "EN 319 412-2 NAT-4.2.4-12");
    expect_clause(check_person_names("Anna", "\U0001D400"), "EN 319 412-2 NAT-4.2.4-12");
    expect_clause(check_person_names("\u0410nna", "Ozola"), "EN 319 412-2 NAT-4.2.4-19");
    expect_clause(check_person_names("Анна", "Ozola"), "EN 319 412-2 NAT-4.2.4-19");
    expect_clause(check_country("EL"), "EN 319 412-2 NAT-4.2.4-1");
    expect_clause(check_organisation("-"), "EN 319 412-2 NAT-4.2.4-6");
}

// PASSK-P3000180 and IDCBE-590082394654 are the standard's examples.
TEST(SubjectRules, identity_number)
{
    for (const auto* good : {"", "PNOLV-010180-12345", "PASSK-P3000180", "IDCBE-590082394654", "TINGR-1"})
        EXPECT_TRUE(check_identity_number(good).has_value()) << good;
    const auto longest = "PNOLV-" + std::string(58, '1');
    EXPECT_TRUE(check_identity_number(longest).has_value());
    const auto nat = "EN 319 412-1 NAT-5.1.3";
    for (const auto* bad : {"12345", "PNOLV-", "PNOLV", "PNOlv-1", "pnoLV-1", "TAXLV-1", "EIDLV-1", "TINEL-1",
                            "PNOLV010180", "EI:LV-1", "PNOLV- 1", "PNOLV-1 ", "PNOXX-1"})
        expect_clause(check_identity_number(bad), nat);
    for (const auto* bad : {"PNOLV-1_2", "PNOLV-ā", "PNOLV-1*", "PNOLV-1@"})
        expect_clause(check_identity_number(bad), "RFC 5280 A.1");
    expect_clause(check_identity_number(longest + "1"), "RFC 5280 A.1");
}

// The LEIs are those of Ubisecure and of Bloomberg, from GLEIF's register.
TEST(SubjectRules, organisation_identifier)
{
    for (const auto* good :
         {"NTRLV-40003000000", "NTRLV-UR.40003000000", "VATLV-LV40003000000", "VATEL-123456789",
          "VATXI-GD123", "VATGR-1", "PSDDE-BAFIN-123ABC", "PSDPL-PFSA-1234567890",
          "LEIXG-529900T8BM49AURSDO55", "LEIXG-5493001KJTIIGC8Y1R12"})
        EXPECT_TRUE(check_organisation_identifier(good).has_value()) << good;
    for (const auto* bad : {"", "40003000000", "NTRLV", "NTRLV-", "NTRLV40003000000", "NTRDE+HE-123456",
                            "NTRLV- 1", "NTRLV-1 ", "NTRLV-\u202E1"})
        expect_clause(check_organisation_identifier(bad), "EN 319 412-1 LEG-5.1.4-02");
    for (const auto* bad : {"EORLV-1", "EXCLV-1", "EI:LV-1", "ntrLV-1", "NTRlv-1", "NTREL-1", "NTRXI-1",
                            "PSDEL-BAFIN-1", "VATXX-1", "LEILV-529900T8BM49AURSDO55", "NTRXG-1"})
        expect_clause(check_organisation_identifier(bad), "EN 319 412-1 LEG-5.1.4-03");
    for (const auto* bad : {"PSDDE-BAFIN", "PSDDE-BAFIN-", "PSDDE-B-1", "PSDDE-BAFINBAFI-1", "PSDDE-bafin-1"})
        expect_clause(check_organisation_identifier(bad), "TS 119 495 GEN-5.2.1-3");
    for (const auto* bad :
         {"LEIXG-529900T8BM49AURSDO5", "LEIXG-529900T8BM49AURSDO5A", "LEIXG-529900t8BM49AURSDO55",
          "LEIXG-529900T8BM49AURSDO56", "LEIXG-529900T8BM49AURSDO46"})
        expect_clause(check_organisation_identifier(bad), "ISO 17442");
    EXPECT_FALSE(check_organisation_identifier("NTRLV-" + std::string(200, '1')).has_value());
}

TEST(SubjectRules, legal_person)
{
    EXPECT_TRUE(check_legal_person("LV", "SIA Paraugs", "NTRLV-40003000000").has_value());
    expect_clause(check_legal_person("XX", "SIA Paraugs", "NTRLV-40003000000"), "NAT-4.2.4-1");
    expect_clause(check_legal_person("LV", "", "NTRLV-40003000000"), "NAT-4.2.4-6");
    expect_clause(check_legal_person("LV", "SIA Paraugs", "40003000000"), "LEG-5.1.4-02");
    expect_clause(check_legal_person("LV", "NTRLV-40003000000", "NTRLV-40003000000"), "LEG-4.2.1-6");
}

}
