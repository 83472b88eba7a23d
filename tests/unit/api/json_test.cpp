#include "api/json.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace qss::api::json {
namespace {

ErrorCode parse_error(std::string_view text)
{
    auto reader = Reader::parse(text);
    return reader ? ErrorCode::internal : reader.error().code;
}

std::string nested(std::size_t depth)
{
    // The outer object counts as the first level.
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

TEST(JsonParse, takes_an_object_with_blanks_around)
{
    EXPECT_TRUE(Reader::parse("{}\n"));
    EXPECT_TRUE(Reader::parse(" \t{ \"a\" : 1 }\r\n"));
}

TEST(JsonParse, refuses_what_is_not_one_object)
{
    for (const auto* text : {"", " ", "null", "[]", "1", "\"a\"", "{", "{\"a\"}", "{\"a\":1,}", "{'a':1}",
                             "{} {}", "{}x", "{\"a\":01}", "{\"a\":NaN}", "/**/{}", "{}//", "\xEF\xBB\xBF{}"})
        EXPECT_EQ(parse_error(text), ErrorCode::malformed) << text;
}

TEST(JsonParse, refuses_duplicate_keys_at_any_level_and_spelling)
{
    EXPECT_EQ(parse_error(R"({"a":1,"a":1})"), ErrorCode::malformed);
    EXPECT_EQ(parse_error(R"({"a":1,"\u0061":2})"), ErrorCode::malformed);
    EXPECT_EQ(parse_error(R"({"o":{"b":1,"c":2,"b":3}})"), ErrorCode::malformed);
    EXPECT_EQ(parse_error(R"({"o":[{"b":1,"b":3}]})"), ErrorCode::malformed);
    EXPECT_TRUE(Reader::parse(R"({"a":{"a":1},"b":{"a":1}})")); // the same name in two objects is fine
}

TEST(JsonParse, refuses_depth_over_the_limit)
{
    EXPECT_TRUE(Reader::parse(nested(limits::json_depth)));
    EXPECT_EQ(parse_error(nested(limits::json_depth + 1)), ErrorCode::malformed);
}

TEST(JsonParse, refuses_size_over_the_limit_before_parsing)
{
    EXPECT_EQ(parse_error(std::string(limits::http_body_size + 1, '{')), ErrorCode::too_large);
}

TEST(JsonParse, refuses_invalid_utf8)
{
    EXPECT_EQ(parse_error("{\"a\":\"\xC0\xAF\"}"), ErrorCode::malformed);      // overlong
    EXPECT_EQ(parse_error("{\"a\":\"\xED\xA0\x80\"}"), ErrorCode::malformed);  // surrogate
    EXPECT_EQ(parse_error("{\"\xFF\":1}"), ErrorCode::malformed);
    EXPECT_EQ(parse_error(R"({"a":"\ud800"})"), ErrorCode::malformed);         // lone surrogate, escaped
    EXPECT_TRUE(Reader::parse("{\"a\":\"\xC4\x81\"}"));
}

TEST(JsonReader, reads_each_type)
{
    auto reader = Reader::parse(R"({"t":"x","i":-3,"l":["a","b"],"b":"AQID","o":{"k":"v"},"n":null})");
    ASSERT_TRUE(reader);
    EXPECT_EQ(*reader->text("t", 1), "x");
    EXPECT_EQ(*reader->integer("i", -5, 5), -3);
    EXPECT_EQ(reader->texts("l", 1)->size(), 2U);
    EXPECT_EQ(*reader->base64url("b", 3), (Bytes{1, 2, 3}));
    auto inner = reader->object("o");
    ASSERT_TRUE(inner);
    EXPECT_EQ(*inner->text("k", 9), "v");
    EXPECT_TRUE(inner->finish());
    EXPECT_FALSE(reader->optional_text("n", 9)->has_value());
    EXPECT_TRUE(reader->finish());
}

TEST(JsonReader, refuses_wrong_types_ranges_and_absence)
{
    auto reader = Reader::parse(R"({"t":1,"i":"1","big":18446744073709551615,"f":1.5,"l":["a",1],"b":"A=",
                                    "nul":"a\u0000b","long":"abcd","null":null})");
    ASSERT_TRUE(reader);
    const auto code = [](const auto& result) { return result ? ErrorCode::internal : result.error().code; };
    EXPECT_EQ(code(reader->text("t", 9)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->integer("i", 0, 9)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->integer("t", 2, 9)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->integer("big", 0, 9)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->integer("f", 0, 9)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->texts("l", 9)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->base64url("b", 9)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->text("nul", 9)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->text("long", 3)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->text("null", 3)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->text("absent", 3)), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->object("t")), ErrorCode::invalid_argument);
    EXPECT_EQ(code(reader->optional_text("t", 9)), ErrorCode::invalid_argument);
}

TEST(JsonReader, finish_refuses_a_member_that_nobody_read)
{
    auto reader = Reader::parse(R"({"known":"a","unknown":"b"})");
    ASSERT_TRUE(reader);
    EXPECT_TRUE(reader->text("known", 9));
    EXPECT_TRUE(reader->has("unknown"));
    auto status = reader->finish();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(status.error().detail.find("unknown"), std::string::npos);
}

TEST(JsonReader, reads_lists_of_objects)
{
    auto reader = Reader::parse(R"({"l":[{"a":"1"},{"a":"2","x":0}],"bad":[{},1],"none":{}})");
    ASSERT_TRUE(reader);
    auto list = reader->objects("l");
    ASSERT_TRUE(list && list->size() == 2);
    EXPECT_EQ(*(*list)[0].text("a", 9), "1");
    EXPECT_TRUE((*list)[0].finish());
    EXPECT_TRUE((*list)[1].text("a", 9));
    EXPECT_FALSE((*list)[1].finish());
    EXPECT_FALSE(reader->objects("bad"));
    EXPECT_FALSE(reader->objects("none"));
    EXPECT_FALSE(reader->objects("absent"));
}

TEST(JsonReader, php_writes_an_empty_map_as_an_array)
{
    auto reader = Reader::parse(R"({"subject_dn":[]})");
    ASSERT_TRUE(reader);
    EXPECT_FALSE(reader->optional_object("subject_dn"));
    auto dn = reader->optional_object_or_empty_array("subject_dn");
    ASSERT_TRUE(dn && *dn);
    EXPECT_TRUE((*dn)->finish());
    auto full = Reader::parse(R"({"subject_dn":["x"]})");
    EXPECT_FALSE(full->optional_object_or_empty_array("subject_dn"));
}

TEST(JsonWriter, escapes_and_nests)
{
    Writer writer;
    writer.text("t", "a\"\\\n\x01").integer("i", -1).boolean("b", true).base64url("u", Bytes{255, 254});
    writer.texts("l", {"x", "y"}).texts("e", {}).object("o", Writer().integer("k", 1));
    writer.objects("os", {Writer(), Writer().text("z", "")});
    EXPECT_EQ(writer.str(), R"({"t":"a\"\\\n\u0001","i":-1,"b":true,"u":"__4","l":["x","y"],"e":[],)"
                            R"("o":{"k":1},"os":[{},{"z":""}]})");
}

}
}
