// A wire server on its own thread with a dispatcher that a test steers, and a raw socket to it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/wire.pb.h"
#include "wire/channel.h"
#include "wire/server.h"
#include "wire/socket.h"

namespace qss::wire {

enum Message : std::uint16_t {
    echo = 1,           // gives the body back
    refuse = 2,         // not_found, "no such thing"
    break_rules = 3,    // its handler finds the body malformed
    not_now = 4,        // not permitted in this state
    hold = 5,           // answers after release()
};
inline constexpr std::size_t echo_limit = 64 * 1024;

class TestDispatcher final : public Dispatcher {
public:
    [[nodiscard]] Permit permit(std::uint16_t type, std::size_t body_size) const override
    {
        if (type == not_now)
            return Permit::refused_now;
        return type >= echo && type <= hold && body_size <= echo_limit ? Permit::allowed : Permit::violation;
    }

    Result<Bytes> handle(std::uint16_t type, ByteView body) override
    {
        ++handled;
        if (type == refuse)
            return fail(ErrorCode::not_found, "no such thing");
        if (type == break_rules)
            return fail(ErrorCode::malformed, "not what it must be");
        if (type == hold) {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [this] { return m_released; });
        }
        return to_bytes(body);
    }

    void release()
    {
        const std::lock_guard lock(m_mutex);
        m_released = true;
        m_changed.notify_all();
    }

    std::atomic<int> handled = 0;

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_released = false;
};

class ServerFixture : public testing::Test {
protected:
    ServerFixture()
    {
        char pattern[] = "/tmp/qss-wire-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        m_path = (m_directory / "s.sock").string();
    }
    ~ServerFixture() override
    {
        stop();
        std::filesystem::remove_all(m_directory);
    }

    void start(std::vector<uid_t> allowed_uids = {}, unsigned workers = 4)
    {
        auto server = Server::listen({m_path, std::move(allowed_uids), workers}, m_dispatcher);
        ASSERT_TRUE(server) << server.error().detail;
        m_server = std::move(*server);
        m_thread = std::thread([this] { m_server->run(); });
    }

    void stop()
    {
        m_dispatcher.release();
        if (m_server)
            m_server->stop();
        if (m_thread.joinable())
            m_thread.join();
        m_server.reset();
    }

    // A blocking socket that may send what it likes.
    Descriptor raw()
    {
        auto fd = connect_to(m_path);
        EXPECT_TRUE(fd);
        ::fcntl(fd->get(), F_SETFL, 0);
        return std::move(*fd);
    }

    static Sent send(const Descriptor& fd, const Header& header, ByteView body)
    {
        return send_frame(fd.get(), header, body,
                          std::chrono::steady_clock::now() + std::chrono::seconds(10));
    }

    static bool is_closed(const Descriptor& fd)
    {
        std::uint8_t byte = 0;
        return ::recv(fd.get(), &byte, 1, 0) <= 0;
    }

    std::filesystem::path m_directory;
    std::string m_path;
    TestDispatcher m_dispatcher;
    std::unique_ptr<Server> m_server;
    std::thread m_thread;
};

}
