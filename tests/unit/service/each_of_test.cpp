#include "service/each_of.h"

#include <vector>

#include <gtest/gtest.h>

namespace qss::service {
namespace {

TEST(EachOfTest, AnItemThatFailsKeepsNoOtherWaiting)
{
    std::vector<int> seen;
    const auto done = each_of(std::vector{1, 2, 3, 4}, [&](int item) -> Status {
        seen.push_back(item);
        if (item == 2 || item == 3)
            return fail(ErrorCode::internal, std::to_string(item));
        return {};
    });
    EXPECT_EQ(seen, (std::vector{1, 2, 3, 4}));
    EXPECT_EQ(done.error().detail, "2");
}

TEST(EachOfTest, WhereARoleIsAwayTheRestWaits)
{
    int seen = 0;
    const auto done = each_of(std::vector{1, 2}, [&](int) -> Status {
        ++seen;
        return fail(ErrorCode::unavailable, "away");
    });
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(done.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(each_of(std::vector<int>(), [](int) { return Status(); }));
}

}
}
