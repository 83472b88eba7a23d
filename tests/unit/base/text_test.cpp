#include "base/text.h"

#include <gtest/gtest.h>

namespace qss {

TEST(Text, code_points)
{
    EXPECT_EQ(decode_utf8("aā€\U0001F600"), U"aā€\U0001F600");
}

TEST(Text, shown_as_it_is)
{
    for (const auto* good :
         {"", "Contract 2026-114.pdf", "Bērziņa", "Ελένη", "契約書", "<b>&amp;\"", "\U0001F600"})
        EXPECT_TRUE(check_shown_text(good, "label", 200).has_value()) << good;
    for (const auto* bad :
         {"a\tb",     "a\nb",     "a\x7F",    "a\u0085",     "a\u00A0b",    "a\u00ADb", "\u061C",
          "a\u200Bb", "a\u200Eb", "a\u2028b", "a\u202Eb",    "a\u2066b",    "a\u3000b", "a\uFEFFb",
          "a\uFE0F",  "a\uE000",  "a\uFFFE",  "a\U000E0041", "a\U0001FFFF", " a",       "a ",
          "a  b",     "\xFF",     "a\u3164",  "a\u2800b",    "a\U0001D159"})
        EXPECT_FALSE(check_shown_text(bad, "label", 200).has_value()) << bad;
    EXPECT_TRUE(check_shown_text("āā", "label", 4).has_value());
    EXPECT_FALSE(check_shown_text("āā", "label", 3).has_value());
}

}
