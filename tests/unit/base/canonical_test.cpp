// Expected bytes written out by hand from docs/protocol-sam.md 1.
#include "base/canonical.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/ids.h"

namespace qss {

TEST(Canonical, bytes_as_specified)
{
    const auto encoded = CanonicalWriter("T").text("ab").bytes({}).u64(258).time(from_unix_ms(1)).take();
    EXPECT_EQ(hex_encode(encoded), "0000000154"
                                   "000000026162"
                                   "00000000"
                                   "000000080000000000000102"
                                   "000000080000000000000001");
    auto reader = CanonicalReader::open(encoded, "T").value();
    EXPECT_EQ(reader.text(2).value(), "ab");
    EXPECT_TRUE(reader.bytes(0).value().empty());
    EXPECT_EQ(reader.u64().value(), 258U);
    EXPECT_FALSE(reader.finish().has_value());
    EXPECT_EQ(reader.time().value(), from_unix_ms(1));
    EXPECT_TRUE(reader.finish().has_value());
}

TEST(Canonical, tag_decides)
{
    const auto encoded = CanonicalWriter("QSS-A-v1").take();
    EXPECT_TRUE(CanonicalReader::open(encoded, "QSS-A-v1").has_value());
    for (const auto* tag : {"QSS-A-v2", "QSS-A-v", "QSS-A-v10", ""})
        EXPECT_FALSE(CanonicalReader::open(encoded, tag).has_value()) << tag;
    EXPECT_FALSE(CanonicalReader::open({}, "").has_value());
}

TEST(Canonical, refuses)
{
    const auto reader_over = [](std::string_view fields) {
        static Bytes kept;
        kept = concat({hex_decode("0000000154").value(), hex_decode(fields).value()});
        return CanonicalReader::open(kept, "T").value();
    };
    for (const auto* cut : {"", "00", "000000", "00000001", "0000000200", "ffffffff00"})
        EXPECT_FALSE(reader_over(cut).bytes(0xFFFFFFFF).has_value()) << cut;
    EXPECT_FALSE(reader_over("000000020000").bytes(1).has_value());
    EXPECT_FALSE(reader_over("0000000100").bytes_exactly(2).has_value());
    EXPECT_FALSE(reader_over("00000001ff").text(9).has_value());
    EXPECT_FALSE(reader_over("0000000100").text(9).has_value()); // NUL
    EXPECT_FALSE(reader_over("0000000700000000000001").u64().has_value());
    EXPECT_FALSE(reader_over("000000080000e677d21fdc00").time().has_value()); // 10000-01-01
    EXPECT_TRUE(reader_over("000000080000e677d21fdbff").time().has_value());
    EXPECT_FALSE(reader_over("000000088000000000000000").time().has_value());
    EXPECT_FALSE(reader_over("000000080000000000000003").count(2).has_value());
    EXPECT_EQ(reader_over("000000080000000000000003").count(3).value(), 3U);
    EXPECT_FALSE(reader_over("0000000101").id<SignerId>().has_value());
    EXPECT_TRUE(reader_over("0000001000112233445566778899aabbccddeeff").id<SignerId>().has_value());
}

// RFC 3629 and the Unicode standard, table 3-7.
TEST(Utf8, well_formed)
{
    for (const auto* good :
         {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "Bērziņa"})
        EXPECT_TRUE(is_valid_utf8(good)) << good;
    for (const auto* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x80\x80",
                            "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xE2\x82", "\xF0\x80\x80\x80",
                            "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xC3"})
        EXPECT_FALSE(is_valid_utf8(bad)) << hex_encode(as_bytes(bad));
}

}
