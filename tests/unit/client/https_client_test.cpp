#include "client/https_client.h"

#include "tls_fixture.h"

namespace qss::client {
namespace {

using namespace test;

class HttpsClientTest : public ::testing::Test {
protected:
    static void SetUpTestSuite()
    {
        s_directory = new Directory;
        make_ca(*s_directory, "ca");
        make_ca(*s_directory, "other-ca");
        issue(*s_directory, "ca", "server", p256_key, "subjectAltName=DNS:localhost,IP:127.0.0.1");
        issue(*s_directory, "ca", "elsewhere", p256_key, "subjectAltName=DNS:elsewhere.example.com");
        issue(*s_directory, "ca", "client", p256_key, "extendedKeyUsage=clientAuth");
    }
    static void TearDownTestSuite()
    {
        delete s_directory;
        s_directory = nullptr;
    }

    static HttpsOptions options(const std::string& url, const std::string& ca = "ca")
    {
        HttpsOptions out;
        out.base_url = url;
        out.ca_file = *s_directory / (ca + ".pem");
        return out;
    }
    static HttpsClient client(HttpsOptions with)
    {
        auto made = HttpsClient::create(std::move(with));
        EXPECT_TRUE(made.has_value());
        return std::move(*made);
    }
    static std::string always_ok(const std::string&) { return http_answer("200 OK", "hello"); }

    static Directory* s_directory;
};

Directory* HttpsClientTest::s_directory = nullptr;

TEST_F(HttpsClientTest, KeepsItsConnection)
{
    const Server server(*s_directory, "server", always_ok);
    auto https = client(options(server.url()));
    for (int i = 0; i < 3; ++i) {
        const auto answer = https.send({"GET", "/x", {}, "", 5'000});
        ASSERT_TRUE(answer.has_value()) << answer.error().detail;
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, "hello");
    }
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpsClientTest, SendsPrefixHeadersAndBody)
{
    std::string seen;
    const Server server(*s_directory, "server", [&](const std::string& request) {
        seen = request;
        return http_answer("201 Created", "{}", "X-Test: yes\r\n");
    });
    auto https = client(options(server.url() + "/prefix/"));
    const auto answer = https.send({"POST", "/users", {{"Content-Type", "application/json"}}, "{}", 5'000});
    ASSERT_TRUE(answer.has_value()) << answer.error().detail;
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->header("x-test"), "yes");
    EXPECT_TRUE(seen.starts_with("POST /prefix/users HTTP/1.1\r\n")) << seen;
    EXPECT_NE(seen.find("Content-Length: 2\r\n"), std::string::npos) << seen;
    EXPECT_TRUE(seen.ends_with("\r\n\r\n{}")) << seen;
}

TEST_F(HttpsClientTest, ChecksTheServersName)
{
    const Server server(*s_directory, "elsewhere", always_ok);
    for (const auto* host : {"localhost", "127.0.0.1"}) {
        const auto answer = client(options(server.url(host))).send({"GET", "/", {}, "", 5'000});
        ASSERT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error().code, ErrorCode::verification_failed) << answer.error().detail;
    }
}

TEST_F(HttpsClientTest, TakesAnAddressThatTheCertificateNames)
{
    const Server server(*s_directory, "server", always_ok);
    EXPECT_TRUE(client(options(server.url("127.0.0.1"))).send({"GET", "/", {}, "", 5'000}).has_value());
}

TEST_F(HttpsClientTest, ChecksTheServersCa)
{
    const Server server(*s_directory, "server", always_ok);
    const auto answer = client(options(server.url(), "other-ca")).send({"GET", "/", {}, "", 5'000});
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::verification_failed);
}

TEST_F(HttpsClientTest, ShowsItsCertificateWhenAsked)
{
    const Server server(*s_directory, "server", always_ok, Ask::client_certificate);
    auto with = options(server.url());
    EXPECT_FALSE(client(with).send({"GET", "/", {}, "", 5'000}).has_value());
    with.certificate_file = *s_directory / "client.pem";
    with.private_key_file = *s_directory / "client.key";
    const auto answer = client(with).send({"GET", "/", {}, "", 5'000});
    EXPECT_TRUE(answer.has_value()) << answer.error().detail;
}

TEST_F(HttpsClientTest, ReplacesAConnectionThatTheServerClosed)
{
    const Server server(*s_directory, "server", [](const std::string&) {
        return http_answer("200 OK", "hello") + std::string(Server::close_mark);
    });
    auto https = client(options(server.url()));
    for (int i = 0; i < 2; ++i) {
        const auto answer = https.send({"POST", "/", {}, "{}", 5'000});
        EXPECT_TRUE(answer.has_value()) << answer.error().detail;
    }
}

// Closes in the middle of the second request: nobody knows whether it was done.
TEST_F(HttpsClientTest, RepeatsOnlyWhatMayBeRepeated)
{
    struct Case {
        HttpRequest second;
        bool repeated;
    };
    const Case cases[] = {{{"GET", "/", {}, "", 5'000}, true},
                          {{"POST", "/", {}, "{}", 5'000}, false},
                          {{"POST", "/", {{"Idempotency-Key", "k"}}, "{}", 5'000}, true}};
    for (const auto& [second, repeated] : cases) {
        int requests = 0;
        const Server server(*s_directory, "server", [&](const std::string&) {
            return ++requests == 2 ? std::string() : http_answer("200 OK", "hello");
        });
        auto https = client(options(server.url()));
        ASSERT_TRUE(https.send({"GET", "/", {}, "", 5'000}).has_value());
        const auto answer = https.send(second);
        EXPECT_EQ(answer.has_value(), repeated) << second.method;
        if (!answer) {
            EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
        }
    }
}

TEST_F(HttpsClientTest, StopsAtItsTimeout)
{
    const Server server(*s_directory, "server", [](const std::string&) {
        return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow");
    });
    const auto answer = client(options(server.url())).send({"GET", "/", {}, "", 50});
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::timed_out);
}

TEST_F(HttpsClientTest, LimitsTheAnswer)
{
    const Server server(*s_directory, "server",
                        [](const std::string&) { return http_answer("200 OK", std::string(1001, 'x')); });
    auto with = options(server.url());
    with.body_limit = 1000;
    const auto answer = client(with).send({"GET", "/", {}, "", 5'000});
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::too_large);
}

TEST_F(HttpsClientTest, RefusesWhatIsNotHttp)
{
    const Server server(*s_directory, "server",
                        [](const std::string&) { return std::string("220 smtp ready\r\n\r\n"); });
    const auto answer = client(options(server.url())).send({"GET", "/", {}, "", 5'000});
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::malformed);
}

TEST_F(HttpsClientTest, SaysThatNobodyListens)
{
    std::string url;
    {
        const Server server(*s_directory, "server", always_ok);
        url = server.url();
    }
    const auto answer = client(options(url)).send({"GET", "/", {}, "", 5'000});
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST_F(HttpsClientTest, RefusesAddressesThatAreNone)
{
    for (const auto* url :
         {"http://localhost", "https://", "https://host:port", "https://[::1", "localhost:8443",
          "https://user@host", "https://host/a?b", "https://host:8443x"}) {
        const auto made = HttpsClient::create(options(url));
        ASSERT_FALSE(made.has_value()) << url;
        EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
    }
    EXPECT_TRUE(HttpsClient::create(options("https://[::1]:8443/v1")).has_value());
}

TEST_F(HttpsClientTest, RefusesAKeyOfAnotherCertificate)
{
    auto with = options("https://localhost");
    with.certificate_file = *s_directory / "client.pem";
    with.private_key_file = *s_directory / "server.key";
    EXPECT_FALSE(HttpsClient::create(with).has_value());
}

TEST(PercentEncode, LeavesUnreservedAlone)
{
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("john+x.o'd@example.com/ā"), "john%2Bx.o%27d%40example.com%2F%C4%81");
}

}
}
