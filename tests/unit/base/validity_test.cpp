#include "base/validity.h"

#include <gtest/gtest.h>

namespace qss {
namespace {

TEST(Validity, ReachesFromItsFirstInstantToTheEndOfItsLastSecond)
{
    const auto begin = from_unix_ms(10'000);
    const auto end = from_unix_ms(20'000);
    const Validity validity{begin, end};
    EXPECT_FALSE(validity.covers(begin - Milliseconds(1)));
    EXPECT_TRUE(validity.covers(begin));
    EXPECT_TRUE(validity.covers(end + Milliseconds(999)));
    EXPECT_FALSE(validity.covers(end + Milliseconds(1'000)));
    EXPECT_FALSE(has_ended(end, end));
    EXPECT_TRUE(has_ended(end, end + Milliseconds(1'000)));
}

}
}
