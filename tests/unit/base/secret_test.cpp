#include "base/secret.h"

#include <type_traits>

#include <gtest/gtest.h>

namespace qss {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);

template <class T>
concept Comparable = requires(const T& a) { a == a; };
static_assert(!Comparable<Secret>);

TEST(Secret, moves_and_leaves_nothing)
{
    Secret first(Bytes{1, 2, 3});
    Secret second(std::move(first));
    EXPECT_TRUE(first.empty()); // NOLINT(bugprone-use-after-move): that is the point
    EXPECT_EQ(second.size(), 3U);
    first = std::move(second);
    EXPECT_TRUE(second.empty()); // NOLINT(bugprone-use-after-move)
    const auto copy = first.clone();
    EXPECT_EQ(to_bytes(copy.reveal()), (Bytes{1, 2, 3}));
}

TEST(Secret, wipe)
{
    Bytes bytes{1, 2, 3};
    wipe(bytes.data(), bytes.size());
    EXPECT_EQ(bytes, Bytes(3));
    wipe(nullptr, 0);
}

TEST(Bytes, comparisons)
{
    EXPECT_TRUE(equal_constant_time(Bytes{1, 2}, Bytes{1, 2}));
    EXPECT_TRUE(equal_constant_time({}, {}));
    EXPECT_FALSE(equal_constant_time(Bytes{1, 2}, Bytes{1, 3}));
    EXPECT_FALSE(equal_constant_time(Bytes{1, 2}, Bytes{1}));
    EXPECT_FALSE(equal_public(Bytes{1, 2}, Bytes{1}));
    EXPECT_EQ(concat({Bytes{1}, {}, Bytes{2, 3}}), (Bytes{1, 2, 3}));
}

}
