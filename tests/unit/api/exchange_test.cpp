#include "api/exchange.h"

#include <gtest/gtest.h>

namespace qss::api {
namespace {

TEST(Exchange, what_waits_keeps_its_id_and_its_client_and_nothing_else)
{
    http::Request request;
    request.path = "/users/a@example.com/sign";
    request.query = "a=b";
    request.headers = {{"Authorization", "Bearer x"}};
    request.body = std::string(60'000, 'x');
    request.peer_certificate = Bytes(1000);
    request.parameters = {"a@example.com"};
    request.request_id = "id-1";
    request.client = std::make_shared<http::ClientWatch>();
    const auto client = request.client;
    std::string answered;
    Exchange exchange(std::move(request),
                      http::Responder([&](http::Response response) { answered = response.body; }),
                      [](const Error&, const std::string& id) { return http::Response{500, {}, id}; });
    exchange.drop_request();
    EXPECT_EQ(exchange.request().body.capacity(), std::string().capacity());
    EXPECT_TRUE(exchange.request().headers.empty());
    EXPECT_TRUE(exchange.request().peer_certificate.empty());
    EXPECT_TRUE(exchange.request().parameters.empty());
    EXPECT_FALSE(exchange.client_gone()());
    client->set_gone();
    EXPECT_TRUE(exchange.client_gone()());
    exchange.answer(fail(ErrorCode::not_found, "x"));
    EXPECT_EQ(answered, "id-1");
}

}
}
