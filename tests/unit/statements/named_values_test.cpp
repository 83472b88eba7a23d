#include "statements/named_values.h"

#include <gtest/gtest.h>

#include "base/canonical.h"

namespace qss::statements {
namespace {

Bytes encoded(std::initializer_list<std::pair<std::string_view, std::string_view>> values)
{
    CanonicalWriter writer("QSS-VALUES-v1");
    writer.u64(values.size());
    for (const auto& [name, value] : values)
        writer.text(name).text(value);
    return writer.take();
}

ErrorCode refusal(const Bytes& encoding)
{
    const auto values = NamedValues::decode(encoding);
    return values ? ErrorCode::internal : values.error().code;
}

}

TEST(NamedValuesTest, HasOneEncoding)
{
    const auto values = NamedValues().set("b", std::string_view("2")).set("a", std::string_view("1"));
    EXPECT_EQ(values.encode(), encoded({{"a", "1"}, {"b", "2"}}));
    const auto read = NamedValues::decode(values.encode());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->all(), values.all());
    EXPECT_EQ(refusal(encoded({{"b", "2"}, {"a", "1"}})), ErrorCode::malformed);
    EXPECT_EQ(refusal(encoded({{"a", "1"}, {"a", "2"}})), ErrorCode::malformed);
    auto longer = values.encode();
    longer.push_back(0);
    EXPECT_EQ(refusal(longer), ErrorCode::malformed);
    EXPECT_EQ(refusal({}), ErrorCode::malformed);
}

TEST(NamedValuesTest, EachIsTakenOnceAndNothingIsLeft)
{
    auto values = NamedValues().set("key", std::string_view("P-256")).set("other", std::string_view("x"));
    EXPECT_EQ(*values.take_text("key"), "P-256");
    EXPECT_EQ(values.take("key").error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(values.finish().error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(values.take("other"));
    EXPECT_TRUE(values.finish());
}

TEST(NamedValuesTest, TextIsText)
{
    for (const std::string_view wrong :
         {std::string_view(""), std::string_view("a\0b", 3), std::string_view("\xff")})
        EXPECT_FALSE(NamedValues().set("name", wrong).take_text("name"));
    EXPECT_FALSE(NamedValues().set("name", std::string_view(std::string(201, 'a'))).take_text("name"));
    EXPECT_TRUE(NamedValues().set("name", std::string_view(std::string(200, 'a'))).take_text("name"));
}

}
