// What the routers decide before the business is asked: paths, methods, media types, empty bodies.
#include <future>

#include <gtest/gtest.h>

#include "api/authenticator/routes.h"
#include "api/management/routes.h"
#include "api/qss/routes.h"

namespace qss::api {
namespace {

// Has a pool and nothing else: a request that goes past the checks at the door ends the test.
class PoolOnly final : public service::Service {
public:
    void start() override {}
    void stop() override {}
    service::Logins& logins() override { return none<service::Logins>(); }
    service::Operators& operators() override { return none<service::Operators>(); }
    service::Tenancy& tenancy() override { return none<service::Tenancy>(); }
    service::Users& users() override { return none<service::Users>(); }
    service::Officers& officers() override { return none<service::Officers>(); }
    service::Enrolments& enrolments() override { return none<service::Enrolments>(); }
    service::Devices& devices() override { return none<service::Devices>(); }
    service::Publication& publication() override { return none<service::Publication>(); }
    service::Identities& identities() override { return none<service::Identities>(); }
    service::Signing& signing() override { return none<service::Signing>(); }
    service::Timestamps& timestamps() override { return none<service::Timestamps>(); }
    service::WorkerPool& pool() override { return m_pool; }
    service::CaClient& ca() override { return none<service::CaClient>(); }
    Result<std::int64_t> remaining_signatures(const service::Application&) override { return 0; }
    Result<std::int64_t> remaining_users(const service::Application&) override { return 0; }
    service::Readiness readiness() override { return service::Readiness::ready; }

private:
    template <class T>
    T& none()
    {
        throw std::logic_error("the business was asked");
    }
    service::WorkerPool m_pool{1, 16};
};

class Routes : public ::testing::Test {
protected:
    http::Response ask(const http::Router& router, http::Request request)
    {
        std::promise<http::Response> promise;
        auto answer = promise.get_future();
        router(std::move(request), http::Responder([&promise](http::Response response) {
                   promise.set_value(std::move(response));
               }));
        return answer.get();
    }
    http::Response ask(std::string method, std::string path, std::string body = {},
                       std::vector<http::Header> headers = {})
    {
        http::Request request;
        request.method = std::move(method);
        request.path = std::move(path);
        request.body = std::move(body);
        request.headers = std::move(headers);
        request.request_id = "r";
        const auto& router = request.path.starts_with(management::prefix)      ? m_management
                             : request.path.starts_with(authenticator::prefix) ? m_authenticator
                                                                               : m_qss;
        return ask(router, std::move(request));
    }
    static std::string header(const http::Response& response, std::string_view name)
    {
        for (const auto& [key, value] : response.headers) {
            if (key == name)
                return value;
        }
        return {};
    }

    PoolOnly m_service;
    SystemClock m_clock;
    service::RateLimiter m_limiter{m_clock, 10};
    config::Config m_config{std::filesystem::path(".")};
    Parts m_parts{m_service, m_limiter, m_config, m_clock};
    http::Router m_qss = qss_api::make_router(m_parts);
    http::Router m_management = management::make_router(m_parts);
    http::Router m_authenticator = authenticator::make_router(m_parts);
};

TEST_F(Routes, unknown_paths_are_404_in_the_apis_own_shape)
{
    EXPECT_EQ(ask("GET", "/nothing").body,
              R"({"description":"Not found","errors":{"not_found":"no such path"}})");
    const auto problem = ask("GET", "/management/v1/nothing");
    EXPECT_EQ(problem.status, 404);
    EXPECT_TRUE(problem.body.starts_with(R"({"type":"about:blank")"));
}

// QSS API 2.7: a client's deleteUserDevice() sends GET by mistake; it must never delete.
TEST_F(Routes, get_of_a_device_is_405)
{
    const auto response = ask("GET", "/users/a@example.com/devices/00112233445566778899aabbccddeeff");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(header(response, "Allow"), "DELETE");
    EXPECT_TRUE(response.body.starts_with(R"({"description")"));
}

TEST_F(Routes, an_empty_body_is_411)
{
    const auto response = ask("POST", "/login", "", {{"Content-Type", "application/json;charset=utf-8"}});
    EXPECT_EQ(response.status, 411);
    EXPECT_EQ(response.body, R"({"description":"Content-Length required"})");
}

// QSS API 1: spellings that real clients send.
TEST_F(Routes, content_types_of_real_clients_pass)
{
    for (const auto* type : {"application/json;charset=utf-8", "application/json; charset=utf-8",
                             "application/json; charset=UTF-8", "application/json;charset=UTF-8",
                             "Application/JSON ; Charset=utf-8", "application/json"})
        EXPECT_EQ(ask("POST", "/login", "{", {{"Content-Type", type}}).status, 400) << type;
}

TEST_F(Routes, other_content_types_are_415)
{
    for (const auto* type :
         {"text/json", "application/x-www-form-urlencoded", "application/json;charset=utf-16",
          "application/jsonp", "application/json;charset=utf-8;x=y", ""})
        EXPECT_EQ(ask("POST", "/login", "{", {{"Content-Type", type}}).status, 415) << type;
    EXPECT_EQ(ask("POST", "/login", "{").status, 415);
    EXPECT_EQ(ask("POST", "/management/v1/packs", "{", {{"Content-Type", "text/plain"}}).status, 415);
}

TEST_F(Routes, login_that_is_understood_and_wrong_is_422)
{
    const std::vector<http::Header> json{{"Content-Type", "application/json;charset=utf-8"}};
    for (const auto* body :
         {"{}", R"({"api_key":"anything","api_secret":"but valid"})", R"({"api_key":1})",
          R"({"api_key":"0123456789abcdef","api_secret":"0123456789012345678901234567890123456789",)"
          R"("more":1})"}) {
        const auto response = ask("POST", "/login", body, json);
        EXPECT_EQ(response.status, 422) << body;
        EXPECT_EQ(response.body, R"({"description":"Invalid login request"})");
    }
    EXPECT_EQ(ask("POST", "/login", R"({"api_key":"a","api_key":"b"})", json).status, 400);
}

TEST_F(Routes, calls_without_a_token_are_401)
{
    for (const auto& headers : std::vector<std::vector<http::Header>>{{},
                                                                      {{"Authorization", "Bearer "}},
                                                                      {{"Authorization", "Basic YTpi"}},
                                                                      {{"Authorization", "Bearer"}}}) {
        EXPECT_EQ(ask("GET", "/trustchain", "", headers).status, 401);
        EXPECT_EQ(ask("GET", "/authenticator/v1/history", "", headers).status, 401);
    }
}

TEST_F(Routes, an_exception_of_a_library_is_500_with_an_id_and_no_detail)
{
    const auto response = ask("GET", "/trustchain", "", {{"Authorization", "Bearer x"}});
    EXPECT_EQ(response.status, 500);
    EXPECT_NE(response.body.find(R"("id":"r")"), std::string::npos);
    EXPECT_EQ(response.body.find("business"), std::string::npos);
}

TEST_F(Routes, a_full_or_stopped_pool_is_503_with_retry_after)
{
    m_service.pool().stop();
    const auto response = ask("GET", "/trustchain", "", {{"Authorization", "Bearer x"}});
    EXPECT_EQ(response.status, 503);
    EXPECT_FALSE(header(response, "Retry-After").empty());
}

TEST_F(Routes, a_dropped_exchange_is_500)
{
    http::Response got;
    http::Request request;
    {
        const Exchange dropped(
            request, http::Responder([&got](http::Response response) { got = std::move(response); }),
            nullptr);
    }
    EXPECT_EQ(got.status, 500);
}

}
}
