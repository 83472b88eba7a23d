#include "statements/names.h"

#include <gtest/gtest.h>

namespace qss::statements {

TEST(Names, one_script)
{
    for (const auto* text : {"", "Anna Bērziņa 2", "Ελένη Παπαδοπούλου", "Мария", "山田 はなこ", "O'Neil-Ø"})
        EXPECT_TRUE(in_one_script(text)) << text;
    for (const auto* text : {"Аnna", "Annа", "Ελenη", "Мария Smith", "Li 李"})
        EXPECT_FALSE(in_one_script(text)) << text;
}

TEST(Names, letters)
{
    EXPECT_TRUE(has_letter("3M"));
    EXPECT_TRUE(has_letter("李"));
    EXPECT_FALSE(has_letter(""));
    EXPECT_FALSE(has_letter("123 -'."));
}

}
