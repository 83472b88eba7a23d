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

TEST(ClientWatch, RunsTheHookOnceWhenTheClientGoes)
{
    ClientWatch watch;
    int calls = 0;
    watch.on_gone([&calls] { ++calls; });
    EXPECT_FALSE(watch.gone());
    watch.set_gone();
    watch.set_gone();
    EXPECT_TRUE(watch.gone());
    EXPECT_EQ(calls, 1);
    watch.on_gone([&calls] { ++calls; });
    EXPECT_EQ(calls, 2) << "gone already: at once";
}

TEST(ClientWatch, NoHookAfterTheAnswer)
{
    ClientWatch watch;
    int calls = 0;
    watch.on_gone([&calls] { ++calls; });
    watch.end();
    watch.set_gone();
    EXPECT_EQ(calls, 0);
}

}
}
