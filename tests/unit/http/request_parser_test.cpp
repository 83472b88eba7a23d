#include "http/request_parser.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace qss::http {
namespace {

// Feeds all at once, and octet by octet; both must agree, but for the latter still waiting (0) for the
// end of a line that will be refused.
int status_of(std::string_view bytes)
{
    RequestParser at_once;
    const auto whole = at_once.feed(bytes);
    const int status = !whole ? whole.error().status : at_once.done() ? 200 : 0;

    RequestParser in_steps;
    std::string waiting;
    int stepped = 0;
    for (const char c : bytes) {
        waiting.push_back(c);
        const auto used = in_steps.feed(waiting);
        if (!used) {
            stepped = used.error().status;
            break;
        }
        waiting.erase(0, *used);
        if (in_steps.done()) {
            stepped = 200;
            break;
        }
    }
    EXPECT_TRUE(stepped == status || (stepped == 0 && status >= 400)) << stepped << ' ' << status << bytes;
    return status;
}

std::string with_headers(std::string_view method, std::string_view headers, std::string_view body = "")
{
    return std::string(method) + " /x HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n" +
           std::string(body);
}

TEST(RequestParser, ReadsOneRequestAndNothingBehindIt)
{
    RequestParser parser;
    const std::string one = with_headers("POST", "Content-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n", "{}");
    const auto used = parser.feed(one + "GET / HTTP/1.1\r\n");
    ASSERT_TRUE(used);
    EXPECT_EQ(*used, one.size());
    ASSERT_TRUE(parser.done());
    EXPECT_TRUE(parser.keep_alive());
    const auto request = parser.take();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/x");
    EXPECT_EQ(request.body, "{}");
    EXPECT_EQ(request.header("X-a"), "1");
    EXPECT_EQ(request.header("absent"), std::nullopt);
}

TEST(RequestParser, GetWithABodyIsTaken)
{
    EXPECT_EQ(status_of(with_headers("GET", "Content-Length: 3\r\n", "{}\n")), 200);
    EXPECT_EQ(status_of(with_headers("GET", "")), 200);
}

TEST(RequestParser, BodiesNeedALength)
{
    for (const auto* method : {"POST", "PUT", "PATCH"})
        EXPECT_EQ(status_of(with_headers(method, "")), 411) << method;
    EXPECT_EQ(status_of(with_headers("DELETE", "")), 200);
    EXPECT_EQ(status_of(with_headers("POST", "Content-Length: 0\r\n")), 200);
    EXPECT_EQ(status_of(with_headers("POST", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n")), 411);
    EXPECT_EQ(status_of(with_headers("GET", "Transfer-Encoding: gzip\r\n")), 411);
    EXPECT_EQ(status_of(with_headers("POST", "Transfer-Encoding: identity\r\n")), 411);
}

TEST(RequestParser, AmbiguousFramingIsRefused)
{
    for (const auto* headers : {
             "Content-Length: 2\r\nContent-Length: 2\r\n",
             "Content-Length: 2\r\nContent-Length: 3\r\n",
             "Content-Length: 2, 2\r\n",
             "Content-Length: +2\r\n",
             "Content-Length: -2\r\n",
             "Content-Length: 0x2\r\n",
             "Content-Length: 2 2\r\n",
             "Content-Length:\r\n",
             "Content-Length: 99999999999999999999999\r\n",
             "Content-Length : 2\r\n",
             " Content-Length: 2\r\n",
             "X: y\r\n\tContent-Length: 2\r\nContent-Length: 1\r\n",
             "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
             "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
             "Content-Length: 2\r\nTransfer-Encoding: identity\r\n",
             "Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n",
             "Content-Length: 2\n",
         })
        EXPECT_EQ(status_of(with_headers("POST", headers, "{}")), 400) << headers;
}

// Found by fuzzing: the head's last blank line came with a fold of the request behind it.
TEST(RequestParser, AFoldInTheNextRequestIsNotThisOnes)
{
    const auto one = with_headers("GET", "");
    const std::string_view head = std::string_view(one).substr(0, one.size() - 2);
    RequestParser parser;
    const auto first = parser.feed(head);
    ASSERT_TRUE(first);
    const auto rest = one.substr(*first) + "GET / HTTP/1.1\r\nX-A: 1\r\n folded";
    ASSERT_TRUE(parser.feed(rest));
    EXPECT_TRUE(parser.done());
}

TEST(RequestParser, ExactlyOneHost)
{
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
}

TEST(RequestParser, MalformedIsRefused)
{
    for (const auto* bytes :
         {"GET\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost h\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00", "G@T / HTTP/1.1\r\n\r\n",
          "GET /a%zz HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n"})
        EXPECT_EQ(status_of(bytes), 400) << bytes;
}

TEST(RequestParser, LimitsHold)
{
    const std::string big(limits::http_header_size, 'a');
    EXPECT_EQ(status_of(with_headers("GET", "X: " + big + "\r\n")), 431);
    EXPECT_EQ(status_of("GET /" + big + " HTTP/1.1\r\nHost: h\r\n\r\n"), 431);
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "X: y\r\n";
    EXPECT_EQ(status_of(with_headers("GET", many)), 431);
    const auto over = "Content-Length: " + std::to_string(limits::http_body_size + 1) + "\r\n";
    EXPECT_EQ(status_of(with_headers("POST", over)), 413);
    const auto most = "Content-Length: " + std::to_string(limits::http_body_size) + "\r\n";
    EXPECT_EQ(status_of(with_headers("POST", most, std::string(limits::http_body_size, 'a'))), 200);
}

TEST(RequestParser, Expectations)
{
    RequestParser parser;
    ASSERT_TRUE(parser.feed(with_headers("POST", "Content-Length: 2\r\nExpect: 100-Continue\r\n")));
    EXPECT_TRUE(parser.wants_continue());
    ASSERT_TRUE(parser.feed("{}"));
    EXPECT_TRUE(parser.done());
    EXPECT_FALSE(parser.wants_continue());
    EXPECT_EQ(status_of(with_headers("POST", "Content-Length: 2\r\nExpect: coffee\r\n")), 417);
}

TEST(RequestParser, KeepAlive)
{
    const auto keeps = [](const std::string& bytes) {
        RequestParser parser;
        EXPECT_TRUE(parser.feed(bytes));
        return parser.keep_alive();
    };
    EXPECT_TRUE(keeps(with_headers("GET", "")));
    EXPECT_FALSE(keeps(with_headers("GET", "Connection: close\r\n")));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
}

}
}
