#include "http/response_text.h"

#include <gtest/gtest.h>

namespace qss::http {
namespace {

constexpr std::string_view date = "Tue, 24 Nov 2026 08:00:00 GMT";

TEST(ResponseText, Plain)
{
    const Response response{.status = 201, .headers = {{"Content-Type", "application/json"}}, .body = "{}"};
    EXPECT_EQ(response_text(response, "POST", AfterResponse::keep_alive, date),
              "HTTP/1.1 201 Created\r\nDate: Tue, 24 Nov 2026 08:00:00 GMT\r\nContent-Length: 2\r\n"
              "Content-Type: application/json\r\n\r\n{}");
}

TEST(ResponseText, NoContentSaysLengthZero)
{
    const auto text =
        response_text({.status = 204, .headers = {}, .body = {}}, "DELETE", AfterResponse::close, date);
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("Content-Length: 0\r\n"), std::string::npos);
    EXPECT_NE(text->find("Connection: close\r\n"), std::string::npos);
}

TEST(ResponseText, HeadHasNoBody)
{
    const auto text =
        response_text({.status = 200, .headers = {}, .body = "abc"}, "HEAD", AfterResponse::close, date);
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("Content-Length: 3\r\n"), std::string::npos);
    EXPECT_TRUE(text->ends_with("\r\n\r\n"));
}

TEST(ResponseText, ResponsesCannotBeSplit)
{
    const auto refused = [](const char* name, std::string value) {
        return !response_text({.status = 200, .headers = {{name, std::move(value)}}, .body = {}}, "GET",
                              AfterResponse::keep_alive, date);
    };
    EXPECT_TRUE(refused("X", "a\r\nSet-Cookie: b"));
    EXPECT_TRUE(refused("X", "a\nb"));
    EXPECT_TRUE(refused("X", std::string("a\0b", 3)));
    EXPECT_TRUE(refused("X: Y", "a"));
    EXPECT_TRUE(refused("", "a"));
    EXPECT_FALSE(refused("X", "j\xC3\xA4"));
    EXPECT_FALSE(response_text({.status = 99, .headers = {}, .body = {}}, "GET", AfterResponse::close, date));
}

TEST(ResponseText, Date)
{
    EXPECT_EQ(http_date(from_unix_ms(784'111'777'000)), "Sun, 06 Nov 1994 08:49:37 GMT"); // RFC 9110 5.6.7
    EXPECT_EQ(http_date(from_unix_ms(951'782'400'999)), "Tue, 29 Feb 2000 00:00:00 GMT");
}

}
}
