#include "base/crash_points.h"

#include <array>
#include <csignal>

#include <gtest/gtest.h>

namespace qss {
namespace {

constexpr std::array<std::string_view, 2> known = {"used_not_signed", "finished_not_replied"};

TEST(CrashPlanTest, ParsesPointsAndCounts)
{
    const auto once = CrashPlan::parse("finished_not_replied", known);
    ASSERT_TRUE(once);
    EXPECT_EQ(once->point, "finished_not_replied");
    EXPECT_EQ(once->count, 1U);
    const auto later = CrashPlan::parse("used_not_signed:7", known);
    ASSERT_TRUE(later);
    EXPECT_EQ(later->count, 7U);
    for (const auto* wrong :
         {"", ":", ":2", "somewhere", "used_not_signed:", "used_not_signed:0", "used_not_signed:x",
          "used_not_signed:2x", "used_not_signed:-1", "used_not_signed:99999999999999999999"})
        EXPECT_FALSE(CrashPlan::parse(wrong, known)) << wrong;
}

TEST(CrashPointsTest, KillsTheProcessAtTheCountedTime)
{
    CrashPoints points(*CrashPlan::parse("used_not_signed:2", known));
    points.reach("used_not_signed");
    points.reach("finished_not_replied");
    EXPECT_EXIT(points.reach("used_not_signed"), testing::KilledBySignal(SIGKILL), "");
}

TEST(CrashPointsTest, WithoutAPlanNothingHappens)
{
    CrashPoints points;
    points.reach("");
    points.reach("used_not_signed");
}

}
}
