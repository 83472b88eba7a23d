#include "http/message.h"

#include <gtest/gtest.h>

namespace qss::http {
namespace {

TEST(Responder, AnswersOnceOr500)
{
    std::vector<int> answers;
    const auto send = [&answers](const Response& response) { answers.push_back(response.status); };
    {
        Responder responder(send);
        Responder moved(std::move(responder));
        moved({.status = 204, .headers = {}, .body = {}});
    }
    EXPECT_EQ(answers, std::vector<int>{204});
    {
        const Responder dropped(send);
    }
    EXPECT_EQ(answers, (std::vector<int>{204, 500}));
}

TEST(ResponderDeathTest, SecondAnswerIsAProgrammersError)
{
    Responder responder([](const Response&) {});
    responder({});
    EXPECT_DEATH(responder({}), "m_send");
}

}
}
