#include "client/qss_api.h"

#include "tls_fixture.h"

namespace qss::client {
namespace {

using namespace test;

class QssApiTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        make_ca(m_directory, "ca");
        issue(m_directory, "ca", "server", p256_key, "subjectAltName=DNS:localhost");
        issue(m_directory, "ca", "client", p256_key, "extendedKeyUsage=clientAuth");
    }

    Result<QssApi> api(const Server& server)
    {
        Credential credential;
        credential.base_url = server.url();
        credential.api_key = "0123456789abcdef";
        credential.api_secret = Secret(to_bytes(std::string(40, 'b')));
        credential.certificate_file = m_directory / "client.pem";
        credential.private_key_file = m_directory / "client.key";
        credential.ca_file = m_directory / "ca.pem";
        return QssApi::create(std::move(credential), m_random);
    }

    static bool is_login(const std::string& request) { return request.starts_with("POST /login "); }
    static std::string header(const std::string& request, const std::string& name)
    {
        const auto start = request.find("\r\n" + name + ": ");
        if (start == std::string::npos)
            return "";
        const auto value = start + name.size() + 4;
        return request.substr(value, request.find("\r\n", value) - value);
    }

    Directory m_directory;
    SystemRandom m_random;
};

TEST_F(QssApiTest, LogsInOnceAndKeepsTheToken)
{
    int logins = 0;
    const Server server(
        m_directory, "server",
        [&](const std::string& request) {
            if (is_login(request)) {
                ++logins;
                EXPECT_NE(request.find(R"({"api_key":"0123456789abcdef","api_secret":"bbbb)"),
                          std::string::npos);
                return http_answer("200 OK", R"({"access_token":"t1"})");
            }
            EXPECT_EQ(header(request, "Authorization"), "Bearer t1");
            EXPECT_TRUE(request.starts_with("GET /users/a%2Bb%40example.com HTTP/1.1"));
            return http_answer("200 OK", R"({"user_id":"u"})");
        },
        Ask::client_certificate);
    auto qss = api(server);
    ASSERT_TRUE(qss.has_value());
    EXPECT_TRUE(qss->user("a+b@example.com").has_value());
    EXPECT_TRUE(qss->user("a+b@example.com").has_value());
    EXPECT_EQ(logins, 1);
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(QssApiTest, LogsInOnceMoreWhenTheTokenHasEnded)
{
    int logins = 0;
    int calls = 0;
    const Server server(m_directory, "server", [&](const std::string& request) {
        if (is_login(request))
            return http_answer("200 OK", R"({"access_token":"t)" + std::to_string(++logins) + "\"}");
        ++calls;
        return header(request, "Authorization") == "Bearer t2" || calls == 1
                   ? http_answer("200 OK", R"({"user_id":"u"})")
                   : http_answer("401 Unauthorized", R"({"description":"Unauthorized"})");
    });
    auto qss = api(server);
    EXPECT_TRUE(qss->user("a@example.com").has_value());
    EXPECT_TRUE(qss->user("a@example.com").has_value()); // 401, login, again
    EXPECT_EQ(logins, 2);
    EXPECT_EQ(calls, 3);
}

TEST_F(QssApiTest, DoesNotLogInForEver)
{
    int requests = 0;
    const Server server(m_directory, "server", [&](const std::string& request) {
        ++requests;
        return is_login(request) ? http_answer("200 OK", R"({"access_token":"t"})")
                                 : http_answer("401 Unauthorized", R"({"description":"Unauthorized"})");
    });
    auto qss = api(server);
    EXPECT_EQ(qss->user("a@example.com").error().code, ErrorCode::unauthenticated);
    EXPECT_EQ(requests, 2);
}

// The first sign call is cut off unanswered: the second carries the same key, so nothing is signed twice.
TEST_F(QssApiTest, AttachesAgainWithTheSameKey)
{
    std::vector<std::string> keys;
    const Server server(m_directory, "server", [&](const std::string& request) {
        if (is_login(request))
            return http_answer("200 OK", R"({"access_token":"t"})");
        keys.push_back(header(request, "Idempotency-Key"));
        return keys.size() == 1 ? std::string()
                                : http_answer("200 OK", R"({"signatures":["0a","0B"],"session_id":"s"})");
    });
    auto qss = api(server);
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, {});
    const auto answer = qss->sign({"a@example.com", {digest, digest}, {}, ""});
    ASSERT_TRUE(answer.has_value()) << answer.error().detail;
    EXPECT_EQ(answer->signatures, (std::vector<Bytes>{{0x0A}, {0x0B}}));
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_FALSE(keys[0].empty());
    EXPECT_EQ(keys[0], keys[1]);
}

TEST_F(QssApiTest, SendsLabelsWithTheirDigests)
{
    std::string body;
    const Server server(m_directory, "server", [&](const std::string& request) {
        if (is_login(request))
            return http_answer("200 OK", R"({"access_token":"t"})");
        body = request.substr(request.find("\r\n\r\n") + 4);
        return http_answer("200 OK", R"({"signatures":["0a"]})");
    });
    auto qss = api(server);
    const auto digest = *crypto::Digest::from_bytes(crypto::HashAlgorithm::sha256, Bytes(32, 0x11));
    EXPECT_TRUE(qss->sign({"a@example.com", {digest}, {"a \"b\""}, "key"}).has_value());
    EXPECT_EQ(body, R"({"documents":[{"digest":")" + std::string(64, '1') + R"(","label":"a \"b\""}]})");
    EXPECT_FALSE(qss->sign({"a@example.com", {digest}, {"a", "b"}, ""}).has_value());
    EXPECT_FALSE(qss->sign({"a@example.com", {}, {}, ""}).has_value());
}

TEST_F(QssApiTest, CountsTheSignatures)
{
    const Server server(m_directory, "server", [&](const std::string& request) {
        return http_answer("200 OK",
                           is_login(request) ? R"({"access_token":"t"})" : R"({"signatures":["0a"]})");
    });
    auto qss = api(server);
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, {});
    EXPECT_EQ(qss->sign({"a@example.com", {digest, digest}, {}, ""}).error().code, ErrorCode::malformed);
}

}
}
