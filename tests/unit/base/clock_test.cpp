#include "base/clock.h"

#include <gtest/gtest.h>

namespace qss {

TEST(Clock, rfc3339)
{
    EXPECT_EQ(to_rfc3339(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_rfc3339(from_unix_ms(951'827'696'789)), "2000-02-29T12:34:56.789Z");
    EXPECT_EQ(to_rfc3339(from_unix_ms(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, fake)
{
    FakeClock clock(from_unix_ms(5));
    clock.advance(Milliseconds(7));
    EXPECT_EQ(to_unix_ms(clock.now()), 12);
    clock.set(from_unix_ms(1));
    EXPECT_EQ(to_unix_ms(clock.now()), 1);
}

}
