#include "http/router.h"

#include <gtest/gtest.h>

namespace qss::http {
namespace {

class RouterTest : public testing::Test {
protected:
    Handler says(const std::string& name)
    {
        return [name](const Request& request, Responder responder) {
            std::string body = name;
            for (const auto& parameter : request.parameters)
                body += "|" + parameter;
            responder({.status = 200, .headers = {}, .body = body});
        };
    }

    std::string ask(std::string method, std::string path)
    {
        std::string out;
        Request request;
        request.method = std::move(method);
        request.path = std::move(path);
        m_router(std::move(request), Responder([&out](const Response& response) { out = response.body; }));
        return out;
    }

    Router m_router{says("none"), [](const Request&, Responder responder, const std::string& allow) {
                        responder({.status = 405, .headers = {}, .body = "allow " + allow});
                    }};
};

TEST_F(RouterTest, ParametersInOrder)
{
    m_router.add("GET", "/users/{email}/sign/{digest}", says("sign"));
    EXPECT_EQ(ask("GET", "/users/a@b/sign/00"), "sign|a@b|00");
    EXPECT_EQ(ask("GET", "/users//sign/00"), "none");
    EXPECT_EQ(ask("GET", "/users/a@b/sign"), "none");
    EXPECT_EQ(ask("GET", "/users/a@b/sign/00/x"), "none");
}

TEST_F(RouterTest, LiteralsWinWhateverTheOrder)
{
    m_router.add("GET", "/users/{email}", says("one"));
    m_router.add("GET", "/users/all", says("all"));
    EXPECT_EQ(ask("GET", "/users/all"), "all");
    EXPECT_EQ(ask("GET", "/users/al"), "one|al");
}

TEST_F(RouterTest, WrongMethodSaysWhichAreAllowed)
{
    m_router.add("GET", "/users", says("list"));
    m_router.add("POST", "/users", says("add"));
    EXPECT_EQ(ask("DELETE", "/users"), "allow GET, POST");
    EXPECT_EQ(ask("get", "/users"), "allow GET, POST");
    EXPECT_EQ(ask("GET", "/nothing"), "none");
}

TEST_F(RouterTest, Root)
{
    m_router.add("GET", "/", says("root"));
    EXPECT_EQ(ask("GET", "/"), "root");
}

}
}
