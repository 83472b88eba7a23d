#include "tsa/clock_source.h"

#include <gtest/gtest.h>

#include <sys/timex.h>

namespace qss::tsa {
namespace {

TEST(KernelClockSourceTest, SaysWhatTheKernelSays)
{
    timex kernel{};
    const int code = ::adjtimex(&kernel);
    ASSERT_GE(code, 0);
    const auto state = KernelClockSource().read();
    ASSERT_TRUE(state);
    EXPECT_EQ(state->is_synchronised, code != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0);
    EXPECT_GE(state->uncertainty.count(), 0);
}

TEST(StatedClockSourceTest, WithoutAFileTheClockIsTrustedToAQuarterOfASecond)
{
    const auto state = StatedClockSource(std::nullopt).read();
    ASSERT_TRUE(state);
    EXPECT_TRUE(state->is_synchronised);
    EXPECT_EQ(state->error(), Microseconds(250'000));
    EXPECT_FALSE(StatedClockSource("/nonexistent").read());
}

TEST(StatedClockSourceTest, ReadsAFile)
{
    const auto state =
        StatedClockSource::parse("synchronised yes\noffset_us -1500\nuncertainty_us 400\nleap announced\n");
    ASSERT_TRUE(state);
    EXPECT_TRUE(state->is_synchronised);
    EXPECT_EQ(state->error(), Microseconds(1900));
    EXPECT_EQ(state->leap, Leap::announced);
    for (const auto* wrong : {"synchronised maybe", "leap soon", "offset_us 1s", "drift 1"})
        EXPECT_FALSE(StatedClockSource::parse(wrong)) << wrong;
    const auto nothing = StatedClockSource::parse("");
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(nothing->is_synchronised);
}

}
}
