#include "client/json.h"

#include <gtest/gtest.h>

namespace qss::client {
namespace {

TEST(Json, TakesObjectsAlone)
{
    EXPECT_TRUE(parse_object(R"({"a":1})").has_value());
    for (const auto* text : {"", "[]", "1", "{", R"({"a":1}x)", "null"}) {
        const auto parsed = parse_object(text);
        ASSERT_FALSE(parsed.has_value()) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::malformed);
    }
    EXPECT_FALSE(parse_object(R"({"a":)" + std::string(100, '[') + std::string(100, ']') + "}").has_value());
}

TEST(Json, MembersHaveTheirTypes)
{
    const auto object =
        *parse_object(R"({"t":"x","i":7,"b":true,"l":["a"],"m":["a",1],"h":"0AfF","u":"_-8","f":1.5})");
    EXPECT_EQ(*text_member(object, "t"), "x");
    EXPECT_EQ(*integer_member(object, "i"), 7);
    EXPECT_TRUE(*bool_member(object, "b"));
    EXPECT_EQ(texts_member(object, "l")->size(), 1U);
    EXPECT_EQ(*hex_member(object, "h"), (Bytes{0x0A, 0xFF}));
    EXPECT_EQ(*base64url_member(object, "u"), (Bytes{0xFF, 0xEF}));
    EXPECT_FALSE(text_member(object, "i").has_value());
    EXPECT_FALSE(integer_member(object, "f").has_value());
    EXPECT_FALSE(integer_member(object, "absent").has_value());
    EXPECT_FALSE(texts_member(object, "m").has_value());
    EXPECT_FALSE(hex_member(object, "t").has_value());
    EXPECT_EQ(text_member_or(object, "absent", "otherwise"), "otherwise");
}

TEST(Json, ErrorsOfBothShapesSayTheServicesWords)
{
    const HttpAnswer qss{
        402, {{"Retry-After", "3"}}, R"({"description":"Quota Reached","errors":{"quota":"users"}})"};
    EXPECT_EQ(check_success(qss).error().code, ErrorCode::quota_reached);
    EXPECT_EQ(check_success(qss).error().detail, "HTTP 402, Quota Reached, users, retry after 3 s");
    const HttpAnswer repeated{
        409, {}, R"({"description":"User has no phone","errors":{"conflict":"User has no phone"}})"};
    EXPECT_EQ(check_success(repeated).error().detail, "HTTP 409, User has no phone");
    const HttpAnswer problem{
        422, {}, R"({"title":"Refused","detail":"why","code":"wrong_code","tries_left":4})"};
    EXPECT_EQ(check_success(problem).error().detail,
              "HTTP 422, Refused, why, code wrong_code, tries left: 4");
    EXPECT_EQ(check_success({503, {}, "<html>"}).error().detail, "HTTP 503");
    EXPECT_EQ(check_success({503, {}, ""}).error().code, ErrorCode::unavailable);
    EXPECT_TRUE(check_success({204, {}, ""}).has_value());
}

TEST(Json, PrettyTextIsTheSameValue)
{
    const auto object = *parse_object(R"({"a":[1,{"b":"\"x\""}],"c":{},"d":[]})");
    EXPECT_EQ(*parse_object(to_pretty_text(object)), object);
}

}
}
