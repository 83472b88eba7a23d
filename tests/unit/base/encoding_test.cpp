#include "base/encoding.h"

#include <array>

#include <gtest/gtest.h>

namespace qss {

// RFC 4648 10.
TEST(Encoding, rfc4648_vectors)
{
    const std::vector<std::array<std::string, 3>> vectors{{"", "", ""},
                                                          {"f", "Zg==", "66"},
                                                          {"fo", "Zm8=", "666f"},
                                                          {"foo", "Zm9v", "666f6f"},
                                                          {"foob", "Zm9vYg==", "666f6f62"},
                                                          {"fooba", "Zm9vYmE=", "666f6f6261"},
                                                          {"foobar", "Zm9vYmFy", "666f6f626172"}};
    for (const auto& [text, base64, hex] : vectors) {
        EXPECT_EQ(base64_encode(as_bytes(text)), base64);
        EXPECT_EQ(to_string(base64_decode(base64).value()), text);
        EXPECT_EQ(hex_encode(as_bytes(text)), hex);
        EXPECT_EQ(to_string(hex_decode(hex).value()), text);
        const auto unpadded = base64.substr(0, base64.find('='));
        EXPECT_EQ(base64url_encode(as_bytes(text)), unpadded);
        EXPECT_EQ(to_string(base64url_decode(unpadded).value()), text);
    }
    EXPECT_EQ(base64url_encode(Bytes{0xFB, 0xEF, 0xFF}), "--__");
    EXPECT_EQ(base64_encode(Bytes{0xFB, 0xEF, 0xFF}), "++//");
    EXPECT_EQ(hex_encode_upper(Bytes{0xAB}), "AB");
    EXPECT_EQ(hex_decode("aBCd").value(), (Bytes{0xAB, 0xCD}));
}

TEST(Encoding, strict)
{
    for (const auto* bad : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "=",
                            "====", "Z===", "Zg==Zg==", "Zm9-", "Zm9_", "A=AA"})
        EXPECT_FALSE(base64_decode(bad).has_value()) << bad;
    for (const auto* bad : {"Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm9+", "Zm9/", "Zm 9v", "Zm9v\n"})
        EXPECT_FALSE(base64url_decode(bad).has_value()) << bad;
    for (const auto* bad : {"a", "0g", "0x", " 00", "00 ", "0\xC3"})
        EXPECT_FALSE(hex_decode(bad).has_value()) << bad;
}

}
