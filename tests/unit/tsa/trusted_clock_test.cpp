#include "tsa/trusted_clock.h"

#include <vector>

#include <gtest/gtest.h>

#include "unit/tsa/fake_clock_source.h"

namespace qss::tsa {
namespace {

using namespace std::chrono_literals;
using testing::FakeClockSource;

constexpr TimePoint noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h;

class TrustedClockTest : public ::testing::Test {
protected:
    bool is_trusted() { return m_trusted.now().has_value(); }
    void state(ClockState state) { m_source.set(state); }

    FakeClock m_clock{noon};
    FakeClockSource m_source;
    std::vector<std::string> m_told;
    TrustedClock m_trusted{m_clock, m_source, 500ms, TimePoint(0ms),
                           [this](const TrustedClock::Change& change) { m_told.push_back(change.kind); }};
};

TEST_F(TrustedClockTest, OffsetAndUncertaintyTogetherStayWithinTheAccuracy) // TSA-2
{
    state({true, 300ms, 200ms, Leap::none});
    EXPECT_TRUE(is_trusted());
    state({true, 300ms, Microseconds(200'001), Leap::none});
    EXPECT_FALSE(is_trusted());
    state({true, -300ms, Microseconds(200'001), Leap::none});
    EXPECT_FALSE(is_trusted());
    state({true, 2s, 0us, Leap::none});
    EXPECT_FALSE(is_trusted());
    state({true, 0us, Microseconds(-1), Leap::none});
    EXPECT_FALSE(is_trusted());
}

TEST_F(TrustedClockTest, NobodyKeepsItOrItsSourceDoesNotKnow) // TSA-2
{
    state({false, 0us, 0us, Leap::none});
    EXPECT_FALSE(is_trusted());
    state({true, 0us, 0us, Leap::alarm});
    EXPECT_FALSE(is_trusted());
    m_source.set(fail(ErrorCode::io, "no state"));
    EXPECT_FALSE(is_trusted());
    state({true, 0us, 0us, Leap::none});
    EXPECT_TRUE(is_trusted()); // by itself
}

TEST_F(TrustedClockTest, NoTokenIsOlderThanTheOneBefore)
{
    ASSERT_TRUE(is_trusted());
    m_clock.advance(-1ms);
    EXPECT_FALSE(is_trusted());
    m_clock.advance(1ms);
    EXPECT_TRUE(is_trusted());
    TrustedClock restarted(m_clock, m_source, 500ms, noon + 1ms, [](const auto&) {});
    EXPECT_FALSE(restarted.now());
}

TEST_F(TrustedClockTest, AroundALeapSecondThereIsNoTime)
{
    const auto midnight = noon + 12h;
    for (const auto& [at, announced, expected] : {std::tuple(noon, true, true),
                                                  {midnight - 3s, true, true},
                                                  {midnight - 2s, true, false},
                                                  {midnight + 2s, true, false},
                                                  {midnight + 2001ms, true, true}}) {
        m_clock.set(at);
        state({true, 0us, 0us, announced ? Leap::announced : Leap::none});
        EXPECT_EQ(is_trusted(), expected) << to_rfc3339(at);
    }
    m_clock.set(midnight + 12h);
    state({true, 0us, 0us, Leap::under_way});
    EXPECT_FALSE(is_trusted());
}

TEST_F(TrustedClockTest, OnMidnightsWithoutALeapSecondTimeGoesOn)
{
    m_clock.set(noon + 12h);
    EXPECT_TRUE(is_trusted());
}

TEST_F(TrustedClockTest, EachChangeIsToldOnce)
{
    m_trusted.watch();
    m_trusted.watch();
    EXPECT_EQ(m_told, std::vector<std::string>{"clock_trusted"});
    state({false, 0us, 0us, Leap::none});
    EXPECT_FALSE(is_trusted());
    EXPECT_FALSE(is_trusted());
    state({true, 0us, 0us, Leap::announced});
    m_trusted.watch();
    m_trusted.watch();
    EXPECT_EQ(m_told, (std::vector<std::string>{"clock_trusted", "clock_doubtful", "clock_trusted",
                                                "leap_announced"}));
}

}
}
