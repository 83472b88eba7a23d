#include "api/query.h"

#include <gtest/gtest.h>

namespace qss::api {
namespace {

TEST(Query, reads_by_name_and_refuses_the_rest)
{
    auto query = Query::parse("wait_seconds=30&status=pending&a%20b=%2B");
    ASSERT_TRUE(query);
    EXPECT_EQ(*query->integer("wait_seconds", 0, 0, 30), 30);
    EXPECT_EQ(query->text("status"), "pending");
    EXPECT_FALSE(query->finish());
    EXPECT_EQ(query->text("a b"), "+");
    EXPECT_TRUE(query->finish());
    EXPECT_EQ(*query->integer("absent", 7, 0, 9), 7);
    EXPECT_FALSE(query->text("absent").has_value());
}

TEST(Query, of_nothing_is_empty)
{
    EXPECT_TRUE(Query::parse("")->finish());
}

TEST(Query, refuses_numbers_out_of_range_and_what_is_none)
{
    for (const auto* text : {"n=31", "n=-1", "n=", "n=1x", "n=+1", "n=0x1", "n=99999999999999999999"}) {
        auto query = Query::parse(text);
        ASSERT_TRUE(query) << text;
        EXPECT_FALSE(query->integer("n", 0, 0, 30)) << text;
    }
}

TEST(Query, refuses_repetition_and_bad_encoding)
{
    EXPECT_FALSE(Query::parse("a=1&a=2"));
    EXPECT_FALSE(Query::parse("a=%zz"));
    EXPECT_FALSE(Query::parse("a=%00"));
}

}
}
