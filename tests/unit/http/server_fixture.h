// A server on loopback whose handler echoes, waits, drops or answers from another thread, by path.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "http/server.h"
#include "unit/http/test_client.h"

namespace qss::test {

class ServerTest : public testing::Test {
protected:
    struct Waiting {
        http::Request request;
        http::Responder responder;
    };

    ServerTest() { m_server->start(); }
    ~ServerTest() override
    {
        for (auto& thread : m_threads)
            thread.join();
        m_server->stop(0);
    }

    static http::ListenerOptions quick()
    {
        http::ListenerOptions options;
        options.protocol_error = [](const http::ProtocolError& error) {
            return http::Response{
                .status = error.status, .headers = {{"X-Shaped", "yes"}}, .body = error.reason};
        };
        return options;
    }

    static http::TlsOptions mutual_tls()
    {
        auto& pki = TestPki::instance();
        return {.certificates = {{pki.file("ecdsa.pem"), pki.file("ecdsa.key")},
                                 {pki.file("rsa.pem"), pki.file("rsa.key")}},
                .client_certificate = http::ClientCertificate::required,
                .client_ca_file = pki.file("access-ca.pem")};
    }

    std::uint16_t listen(const http::ListenerOptions& options)
    {
        const auto port = m_server->listen(options, [this](http::Request request, http::Responder responder) {
            handle(std::move(request), std::move(responder));
        });
        EXPECT_TRUE(port) << port.error().detail;
        return *port;
    }

    std::uint16_t listen_tls()
    {
        auto options = quick();
        options.tls = mutual_tls();
        return listen(options);
    }

    // The next request to a path that begins with "/wait".
    Waiting next_waiting()
    {
        std::unique_lock lock(m_mutex);
        m_arrived.wait_for(lock, std::chrono::seconds(5), [this] { return !m_waiting.empty(); });
        QSS_ASSERT(!m_waiting.empty());
        auto next = std::move(m_waiting.front());
        m_waiting.pop_front();
        return next;
    }

    SystemClock m_clock;
    SystemRandom m_random;
    std::unique_ptr<http::Server> m_server = std::move(*http::Server::create(2, m_clock, m_random));

private:
    void handle(http::Request request, http::Responder responder)
    {
        if (request.path == "/drop")
            return;
        if (request.path == "/throw")
            throw std::runtime_error("thrown by the test's handler");
        if (request.path.starts_with("/wait")) {
            const std::lock_guard lock(m_mutex);
            m_waiting.push_back({std::move(request), std::move(responder)});
            m_arrived.notify_all();
            return;
        }
        if (request.path == "/big")
            return responder({.status = 200, .headers = {}, .body = std::string(3'000'000, 'x')});
        std::string body = request.method + " " + request.path + " " + request.body;
        if (!request.peer_certificate.empty())
            body += " [certificate]";
        const http::Response response{
            .status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = body};
        if (request.path != "/thread")
            return responder(response);
        const std::lock_guard lock(m_mutex);
        m_threads.emplace_back([moved = std::make_shared<http::Responder>(std::move(responder)), response] {
            (*moved)(response);
        });
    }

    std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::deque<Waiting> m_waiting;      // guarded by m_mutex
    std::vector<std::thread> m_threads; // guarded by m_mutex
};

}
