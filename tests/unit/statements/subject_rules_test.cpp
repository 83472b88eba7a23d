#include <gtest/gtest.h>

#include "statements/registration.h"

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

TEST(SubjectRules, person_name)
{
    for (const auto* good : {"Anna", "Bērziņa", "O'Neil", "Anna-Marija", "van der Berg", "Ελένη", "Мария",
                             "李小龍", "Zoé", "Nguyễn"})
        EXPECT_TRUE(check_person_name(good, "given name").has_value()) << good;
    for (const auto* bad : {"", " ", "123", "-", "Anna  Marija", "Anna ", "An\x01na", "An\u202Ena",
                            "An\u200Dna", "An\u00A0na", "\u0410nna", "\uE000"})
        EXPECT_FALSE(check_person_name(bad, "given name").has_value()) << bad;
}

TEST(SubjectRules, identity_number)
{
    for (const auto* good : {"", "PNOLV-010180-12345", "PASSK-P3000180", "IDCBE-590082394654", "TINGR-1"})
        EXPECT_TRUE(check_identity_number(good).has_value()) << good;
    const auto longest = "PNOLV-" + std::string(58, '1');
    EXPECT_TRUE(check_identity_number(longest).has_value());
    for (const auto& bad :
         std::vector<std::string>{longest + "1", "12345", "PNOLV-", "PNOLV", "PNOlv-1", "pnoLV-1", "TAXLV-1",
                                  "EIDLV-1", "TINEL-1", "PNOLV010180", "EI:LV-1", "PNOLV-1_2", "PNOLV-ā",
                                  "PNOLV-1*", "PNOLV-1@", "PNOLV- 1", "PNOLV-1 "})
        EXPECT_FALSE(check_identity_number(bad).has_value()) << bad;
}

}
