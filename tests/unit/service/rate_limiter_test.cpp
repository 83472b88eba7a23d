#include "service/rate_limiter.h"

#include <gtest/gtest.h>

namespace qss::service {
namespace {

TEST(RateLimiter, GivesAMinutesWorthAtOnceAndThenTheRate)
{
    FakeClock clock(TimePoint(Milliseconds(1'000'000)));
    RateLimiter limiter(clock, 10);
    for (int i = 0; i < 6; ++i)
        EXPECT_TRUE(limiter.take("a", 6)) << i;
    const auto refused = limiter.take("a", 6);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().detail, "again in 10000 ms");
    EXPECT_TRUE(limiter.take("b", 6));
    clock.advance(Milliseconds(9'999));
    EXPECT_FALSE(limiter.take("a", 6));
    clock.advance(Milliseconds(1));
    EXPECT_TRUE(limiter.take("a", 6));
    EXPECT_FALSE(limiter.take("a", 6));
}

TEST(RateLimiter, HoldsRatesThatAreFinerThanTheClock)
{
    FakeClock clock(TimePoint(Milliseconds(1'000'000)));
    RateLimiter limiter(clock, 10);
    for (int i = 0; i < 120'000; ++i)
        ASSERT_TRUE(limiter.take("a", 120'000)) << i;
    EXPECT_FALSE(limiter.take("a", 120'000));
    clock.advance(Milliseconds(1));
    EXPECT_TRUE(limiter.take("a", 120'000));
    EXPECT_TRUE(limiter.take("a", 120'000));
    EXPECT_FALSE(limiter.take("a", 120'000));
}

TEST(RateLimiter, AClockThatGoesBackLocksForAMinuteAtMost)
{
    const auto start = TimePoint(Milliseconds(1'000'000'000));
    FakeClock clock(start + std::chrono::hours(10));
    RateLimiter limiter(clock, 10);
    for (int i = 0; i < 6; ++i)
        EXPECT_TRUE(limiter.take("a", 6));
    clock.set(start);
    EXPECT_FALSE(limiter.take("a", 6));
    clock.advance(Milliseconds(60'000));
    EXPECT_TRUE(limiter.take("a", 6));
}

TEST(RateLimiter, IsBoundedAndForgetsTheIdle)
{
    FakeClock clock(TimePoint(Milliseconds(1'000'000)));
    RateLimiter limiter(clock, 2);
    EXPECT_TRUE(limiter.take("a", 60));
    EXPECT_TRUE(limiter.take("b", 60));
    EXPECT_FALSE(limiter.take("c", 60));
    clock.advance(Milliseconds(1'000));
    EXPECT_TRUE(limiter.take("c", 60));
}

}
}
