#include "wire/frame.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace qss::wire {
namespace {

TEST(Frame, HeaderIsSixteenBytesBigEndian)
{
    const auto bytes = encode_header({0x00012233, 0x0102030405060708, 0x0A0B, ReplyStatus::error});
    const std::array<std::uint8_t, 16> expected{0, 1, 0x22, 0x33, 1, 2, 3, 4, 5, 6, 7, 8, 0x0A, 0x0B, 0, 1};
    EXPECT_EQ(bytes, expected);
}

TEST(Frame, DecodesWhatItEncodes)
{
    const auto header = decode_header(encode_header({77, 0xFFFFFFFFFFFFFFFF, 65535, ReplyStatus::ok}));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->body_size, 77U);
    EXPECT_EQ(header->request_id, 0xFFFFFFFFFFFFFFFFU);
    EXPECT_EQ(header->type, 65535U);
    EXPECT_EQ(header->status, ReplyStatus::ok);
}

TEST(Frame, RefusesABodyAboveTheLimit)
{
    const auto at_limit = static_cast<std::uint32_t>(limits::wire_message_size);
    EXPECT_TRUE(decode_header(encode_header({at_limit, 1, 1, ReplyStatus::ok})));
    const auto above = decode_header(encode_header({at_limit + 1, 1, 1, ReplyStatus::ok}));
    ASSERT_FALSE(above);
    EXPECT_EQ(above.error().code, ErrorCode::malformed);
}

TEST(Frame, RefusesAnUnknownStatus)
{
    auto bytes = encode_header({0, 1, 1, ReplyStatus::ok});
    bytes[15] = 2;
    EXPECT_FALSE(decode_header(bytes));
    bytes[15] = 0;
    bytes[14] = 1;
    EXPECT_FALSE(decode_header(bytes));
}

}
}
