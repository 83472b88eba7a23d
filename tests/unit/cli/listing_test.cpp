#include "cli/listing.h"

#include <gtest/gtest.h>

namespace qss::cli {
namespace {

TEST(Listing, AlignsItsColumns)
{
    const client::json::array rows{{{"id", "1"}, {"name", "x"}}, {{"id", "22222"}, {"extra", true}}};
    EXPECT_EQ(listing(rows, {"id", "name"}), "id     name\n1      x\n22222  -");
    EXPECT_EQ(listing({}, {"id"}), "none");
}

TEST(Listing, NothingFromOutsideSteersTheTerminal)
{
    EXPECT_EQ(printable("a\x1b[31mb\nc\x7f"), "a?[31mb?c?");
    EXPECT_EQ(details({{"name", "a\nb"}, {"count", 2}}), "name: a?b\ncount: 2");
}

}
}
