#include <thread>

#include "unit/http/server_fixture.h"

namespace qss::test {
namespace {

using http::Response;

constexpr const char* get_x = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(ServerTest, KeepsConnectionsAlive)
{
    TestClient client(listen(quick()));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(client.ask(get_x).body, "GET /x ");
    const auto post =
        client.ask("POST /y/ HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    EXPECT_EQ(post.body, "POST /y {}");
    EXPECT_NE(post.head.find("Connection: close"), std::string::npos);
    EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrderOneAtATime)
{
    TestClient client(listen(quick()));
    client.send(std::string("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n") + get_x +
                "GET /wait2 HTTP/1.1\r\nHost: h\r\n\r\n" + get_x);
    auto first = next_waiting();
    EXPECT_EQ(first.request.path, "/wait");
    first.responder(Response{.status = 200, .headers = {}, .body = "first"});
    auto second = next_waiting();
    EXPECT_EQ(second.request.path, "/wait2");
    second.responder(Response{.status = 200, .headers = {}, .body = "second"});
    EXPECT_EQ(client.receive().body, "first");
    EXPECT_EQ(client.receive().body, "GET /x ");
    EXPECT_EQ(client.receive().body, "second");
    EXPECT_EQ(client.receive().body, "GET /x ");
}

TEST_F(ServerTest, RefusalsHaveTheListenersShapeAndClose)
{
    const auto port = listen(quick());
    for (const auto& [bytes, status] : std::vector<std::pair<std::string, int>>{
             {"POST /x HTTP/1.1\r\nHost: h\r\n\r\n", 411},
             {"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
             {"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
             {"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + std::string(200'000, 'x'),
              413},
             {"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
             {"GET /x HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431}}) {
        TestClient client(port);
        // A request that is hidden behind a refused one must not be answered.
        const auto answer = client.ask(bytes + get_x);
        EXPECT_EQ(answer.status, status) << bytes.substr(0, 80);
        EXPECT_NE(answer.head.find("X-Shaped: yes"), std::string::npos);
        EXPECT_FALSE(answer.body.empty());
        EXPECT_TRUE(client.closed_by_server());
    }
}

TEST_F(ServerTest, WithoutAShapeItIsAProblemDocument)
{
    TestClient client(listen({}));
    const auto answer = client.ask("POST /x HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_NE(answer.head.find("application/problem+json"), std::string::npos);
    EXPECT_NE(answer.body.find(R"("status":411)"), std::string::npos);
}

TEST_F(ServerTest, ContinuesWhenAsked)
{
    TestClient client(listen(quick()));
    const auto interim =
        client.ask("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(interim.status, 100);
    EXPECT_EQ(client.ask("{}").body, "POST /x {}");
    EXPECT_EQ(client.ask(get_x).status, 200);
}

TEST_F(ServerTest, DroppedResponderAndThrowingHandlerAre500)
{
    TestClient client(listen(quick()));
    for (const auto* path : {"/drop", "/throw"}) {
        const auto answer = client.ask(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(answer.status, 500);
        EXPECT_FALSE(answer.body.empty());
        EXPECT_NE(answer.head.find("X-Shaped: yes"), std::string::npos);
    }
    EXPECT_EQ(client.ask(get_x).status, 200);
}

TEST_F(ServerTest, AnswersFromAnotherThread)
{
    TestClient client(listen(quick()));
    EXPECT_EQ(client.ask("GET /thread HTTP/1.1\r\nHost: h\r\n\r\n").body, "GET /thread ");
}

TEST_F(ServerTest, HeadersThatSplitAResponseAreNotSent)
{
    TestClient client(listen(quick()));
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    next_waiting().responder(Response{.status = 200, .headers = {{"X", "a\r\nY: b"}}, .body = "c"});
    const auto answer = client.receive();
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.head.find("Y: b"), std::string::npos);
}

TEST_F(ServerTest, SlowHeadersAndBodiesGet408)
{
    auto options = quick();
    options.header_timeout_ms = 200;
    options.body_timeout_ms = 200;
    const auto port = listen(options);
    for (const auto* bytes : {"GET /x HT", "GET /x HTTP/1.1\r\nHost: h\r\n",
                              "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{"}) {
        TestClient client(port);
        EXPECT_EQ(client.ask(bytes).status, 408) << bytes;
        EXPECT_TRUE(client.closed_by_server());
        EXPECT_FALSE(client.timed_out());
    }
}

TEST_F(ServerTest, OctetsInTimeDoNotBuyMoreTime)
{
    auto options = quick();
    options.header_timeout_ms = 300;
    TestClient client(listen(options));
    client.send("GET /x HTTP/1.1\r\n");
    // One header after another, each soon: the limit is for all of them together.
    const timeval pause{0, 50'000};
    setsockopt(client.socket(), SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
    Answer answer;
    for (int i = 0; i < 60 && answer.status == 0; ++i) {
        client.send("X: y\r\n");
        answer = client.receive();
    }
    EXPECT_EQ(answer.status, 408);
}

TEST_F(ServerTest, IdleAndSilentConnectionsAreClosed)
{
    auto options = quick();
    options.idle_timeout_ms = 200;
    options.header_timeout_ms = 200;
    const auto port = listen(options);
    TestClient idle(port);
    EXPECT_EQ(idle.ask(get_x).status, 200);
    EXPECT_TRUE(idle.closed_by_server());
    EXPECT_FALSE(idle.timed_out());

    options.tls = mutual_tls();
    TestClient no_handshake(listen(options));
    EXPECT_TRUE(no_handshake.closed_by_server());
    EXPECT_FALSE(no_handshake.timed_out());
}

TEST_F(ServerTest, PeerThatDoesNotReadIsCutOff)
{
    auto options = quick();
    options.body_timeout_ms = 200;
    const auto port = listen(options);
    TestClient client(port);
    const int small = 4096;
    setsockopt(client.socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    std::string many;
    for (int i = 0; i < 20; ++i)
        many += "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";
    client.send(many);
    TestClient witness(port);
    // It asks for as long as it takes: the time limit is the test program's.
    while (m_server->connections() > 1)
        ASSERT_EQ(witness.ask(get_x).status, 200);
}

TEST_F(ServerTest, BigAnswersArriveWhole)
{
    TestClient plain(listen(quick()));
    EXPECT_EQ(plain.ask("GET /big HTTP/1.1\r\nHost: h\r\n\r\n").body.size(), 3'000'000U);
    TestClient tls(listen_tls(), {.certificate = &TestPki::instance().client});
    EXPECT_EQ(tls.ask("GET /big HTTP/1.1\r\nHost: h\r\n\r\n").body.size(), 3'000'000U);
    EXPECT_EQ(tls.ask(get_x).status, 200);
}

TEST_F(ServerTest, ConnectionLimitHolds)
{
    auto options = quick();
    options.connections = 2;
    const auto port = listen(options);
    TestClient one(port);
    TestClient two(port);
    EXPECT_EQ(one.ask(get_x).status, 200);
    EXPECT_EQ(two.ask(get_x).status, 200);
    TestClient three(port);
    EXPECT_EQ(three.ask(get_x).status, 0);
    EXPECT_FALSE(three.timed_out());
    EXPECT_EQ(one.ask(get_x).status, 200);
}

// Within 5 s.
bool is_seen_gone(const http::ClientWatch& client)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!client.gone() && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    return client.gone();
}

TEST_F(ServerTest, WaitingCallLearnsThatItsClientHasGone)
{
    const ClientOptions mutual{.certificate = &TestPki::instance().client};
    std::vector<std::unique_ptr<TestClient>> clients;
    clients.push_back(std::make_unique<TestClient>(listen(quick())));
    clients.push_back(std::make_unique<TestClient>(listen_tls(), mutual));
    for (auto& client : clients) {
        client->send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        auto waiting = next_waiting();
        EXPECT_FALSE(waiting.request.client->gone());
        client.reset();
        EXPECT_TRUE(is_seen_gone(*waiting.request.client));
        waiting.responder(Response{});
    }
}

TEST_F(ServerTest, GoneIsSeenBehindPipelinedBytes)
{
    auto client = std::make_unique<TestClient>(listen(quick()));
    client->send(std::string("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n") + get_x);
    auto waiting = next_waiting();
    client.reset();
    EXPECT_TRUE(is_seen_gone(*waiting.request.client));
    waiting.responder(Response{});
}

TEST_F(ServerTest, HalfClosedClientStillGetsItsAnswer)
{
    TestClient client(listen(quick()));
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    auto waiting = next_waiting();
    ::shutdown(client.socket(), SHUT_WR);
    waiting.responder(Response{.status = 200, .headers = {}, .body = "late"});
    EXPECT_EQ(client.receive().body, "late");
    EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, StopLetsRequestsUnderWayFinish)
{
    const auto port = listen(quick());
    TestClient idle(port);
    EXPECT_EQ(idle.ask(get_x).status, 200);
    TestClient client(port);
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    auto waiting = next_waiting();
    std::thread stopping([this] { m_server->stop(5'000); });
    EXPECT_TRUE(idle.closed_by_server());
    waiting.responder(Response{.status = 200, .headers = {}, .body = "done"});
    EXPECT_EQ(client.receive().body, "done");
    EXPECT_TRUE(client.closed_by_server());
    client.close();
    stopping.join();
}

TEST_F(ServerTest, ResponderOutlivesTheServer)
{
    TestClient client(listen(quick()));
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    auto waiting = next_waiting();
    m_server->stop(0);
    EXPECT_TRUE(waiting.request.client->gone());
    m_server.reset(std::move(*http::Server::create(1, m_clock, m_random)).release());
    waiting.responder(Response{});
}

TEST_F(ServerTest, BadListenersAreErrors)
{
    http::ListenerOptions options;
    options.address = "not an address";
    EXPECT_FALSE(m_server->listen(options, {}));
    options.address = "127.0.0.1";
    options.tls = http::TlsOptions{};
    EXPECT_FALSE(m_server->listen(options, {}));
    options.tls = mutual_tls();
    options.tls->client_ca_file = "/nowhere.pem";
    EXPECT_FALSE(m_server->listen(options, {}));
    options.tls = mutual_tls();
    options.tls->certificates[0].private_key_file = options.tls->certificates[1].private_key_file;
    EXPECT_FALSE(m_server->listen(options, {}));
    EXPECT_FALSE(http::Server::create(0, m_clock, m_random));
}

}
}
