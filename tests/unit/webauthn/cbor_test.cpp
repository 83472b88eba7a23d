#include "webauthn/cbor.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace qss::webauthn {

namespace {

Bytes hex(std::string_view text)
{
    return hex_decode(text).value();
}

}

// RFC 8949 appendix A.
TEST(Cbor, published_examples)
{
    const std::vector<std::pair<std::string, std::int64_t>> integers{{"00", 0},
                                                                     {"17", 23},
                                                                     {"1818", 24},
                                                                     {"1903e8", 1000},
                                                                     {"1a000f4240", 1000000},
                                                                     {"1b000000e8d4a51000", 1000000000000},
                                                                     {"20", -1},
                                                                     {"3863", -100},
                                                                     {"3903e7", -1000}};
    for (const auto& [encoded, value] : integers) {
        const auto bytes = hex(encoded);
        CborReader reader(bytes);
        EXPECT_EQ(reader.integer().value(), value) << encoded;
        EXPECT_TRUE(reader.finish().has_value());
        EXPECT_EQ(hex_encode(CborWriter().integer(value).take()), encoded);
    }
    const auto text = hex("6449455446");
    EXPECT_EQ(CborReader(text).text(8).value(), "IETF");
    const auto bytes = hex("4401020304");
    EXPECT_EQ(to_bytes(CborReader(bytes).bytes(8).value()), hex("01020304"));
    const auto array = hex("83010203");
    EXPECT_EQ(CborReader(array).array_up_to(3).value(), 3U);
    const auto map = hex("a201020304");
    EXPECT_TRUE(CborReader(map).map(2).has_value());
}

TEST(Cbor, forms_that_are_refused)
{
    // Longer heads, indefinite lengths, tags, floats, simple values, reserved heads, integers below -2^63.
    for (const auto* encoded : {"",
                                "1800",
                                "1817",
                                "190018",
                                "1a0000ffff",
                                "1b00000000ffffffff",
                                "3800",
                                "7f6161ff",
                                "5f4101ff",
                                "9f01ff",
                                "bf0102ff",
                                "c001",
                                "d9d9f700",
                                "f4",
                                "f5",
                                "f6",
                                "f7",
                                "f90000",
                                "fa00000000",
                                "fb0000000000000000",
                                "ff",
                                "1c",
                                "1f",
                                "3bffffffffffffffff",
                                "1bffffffffffffffff",
                                "19ff",
                                "780161"}) {
        const auto bytes = hex(encoded);
        EXPECT_FALSE(CborReader(bytes).integer().has_value()) << encoded;
        EXPECT_FALSE(CborReader(bytes).text(100).has_value()) << encoded;
        EXPECT_FALSE(CborReader(bytes).bytes(100).has_value()) << encoded;
        EXPECT_FALSE(CborReader(bytes).array_up_to(100).has_value()) << encoded;
        EXPECT_FALSE(CborReader(bytes).map_up_to(100).has_value()) << encoded;
    }
}

TEST(Cbor, sizes)
{
    const auto text = hex("6449455446");
    EXPECT_FALSE(CborReader(text).text(3).has_value());
    const auto bytes = hex("4401020304");
    EXPECT_FALSE(CborReader(bytes).bytes(3).has_value());
    EXPECT_FALSE(CborReader(ByteView(bytes).first(4)).bytes(8).has_value());
    const auto array = hex("83010203");
    EXPECT_FALSE(CborReader(array).array_up_to(2).has_value());
    const auto map = hex("a201020304");
    EXPECT_FALSE(CborReader(map).map(1).has_value());
    EXPECT_FALSE(CborReader(map).map(3).has_value());
    const auto huge = hex("bbffffffffffffffff");
    EXPECT_FALSE(CborReader(huge).map_up_to(100).has_value());
    CborReader unread(map);
    EXPECT_FALSE(unread.finish().has_value());
    const auto one = hex("01");
    EXPECT_FALSE(CborReader(one).integer_is(2).has_value());
}

}
