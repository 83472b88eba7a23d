#include "service/waiters.h"

#include <gtest/gtest.h>

namespace qss::service {
namespace {

using IntWaiters = Waiters<int>;

constexpr TimePoint at(std::int64_t ms)
{
    return TimePoint(Milliseconds(ms));
}

struct Log {
    std::vector<Wakening> wakenings;
    IntWaiters::Callback callback()
    {
        return [this](Wakening why) { wakenings.push_back(why); };
    }
};

TEST(Waiters, WakeCallsEachOfTheKeyOnce)
{
    IntWaiters waiters(10);
    Log one;
    Log two;
    Log other;
    auto first = one.callback();
    auto second = two.callback();
    auto third = other.callback();
    EXPECT_TRUE(waiters.add(1, at(10), {}, first));
    EXPECT_TRUE(waiters.add(1, at(10), {}, second));
    EXPECT_TRUE(waiters.add(2, at(10), {}, third));
    waiters.wake(1);
    waiters.wake(1);
    EXPECT_EQ(one.wakenings, std::vector{Wakening::notified});
    EXPECT_EQ(two.wakenings, std::vector{Wakening::notified});
    EXPECT_TRUE(other.wakenings.empty());
    EXPECT_EQ(waiters.count(), 1U);
}

TEST(Waiters, SweepEndsTheOverdueAndTheGone)
{
    IntWaiters waiters(10);
    Log overdue;
    Log gone;
    Log patient;
    auto first = overdue.callback();
    auto second = gone.callback();
    auto third = patient.callback();
    EXPECT_TRUE(waiters.add(1, at(10), {}, first));
    EXPECT_TRUE(waiters.add(2, at(100), [] { return true; }, second));
    EXPECT_TRUE(waiters.add(1, at(100), [] { return false; }, third));
    EXPECT_EQ(waiters.sweep(at(10)), std::vector{2});
    EXPECT_EQ(overdue.wakenings, std::vector{Wakening::deadline});
    EXPECT_EQ(gone.wakenings, std::vector{Wakening::gone});
    EXPECT_TRUE(patient.wakenings.empty());
    EXPECT_TRUE(waiters.has(1));
    EXPECT_FALSE(waiters.has(2));
}

TEST(Waiters, AFullTableTakesNobody)
{
    IntWaiters waiters(1);
    Log log;
    auto first = log.callback();
    auto second = log.callback();
    EXPECT_TRUE(waiters.add(1, at(10), {}, first));
    EXPECT_FALSE(waiters.add(1, at(10), {}, second));
    EXPECT_TRUE(second);
    waiters.wake(1);
    EXPECT_TRUE(waiters.add(1, at(10), {}, second));
}

TEST(Waiters, ACallbackMayWaitAgain)
{
    IntWaiters waiters(10);
    Log log;
    auto later = log.callback();
    IntWaiters::Callback again = [&](Wakening) { EXPECT_TRUE(waiters.add(1, at(10), {}, later)); };
    EXPECT_TRUE(waiters.add(1, at(10), {}, again));
    waiters.wake(1);
    EXPECT_TRUE(log.wakenings.empty());
    waiters.close();
    EXPECT_EQ(log.wakenings, std::vector{Wakening::deadline});
}

TEST(Waiters, ClosedTheyTakeNobody)
{
    IntWaiters waiters(10);
    Log before;
    Log after;
    auto first = before.callback();
    auto second = after.callback();
    EXPECT_TRUE(waiters.add(1, at(10), {}, first));
    waiters.close();
    EXPECT_EQ(before.wakenings, std::vector{Wakening::deadline});
    EXPECT_FALSE(waiters.add(1, at(10), {}, second));
    EXPECT_TRUE(second);
    EXPECT_EQ(waiters.count(), 0U);
}

}
}
