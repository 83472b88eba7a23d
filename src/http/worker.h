// One I/O thread: its reactor, its connections, and one coarse timer for all their deadlines, so that a
// connection needs no timer of its own. What is not said to be safe is for its own thread alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "base/random.h"

namespace qss::http {

class Connection;

class Worker {
public:
    static constexpr int tick_ms = 100;

    Worker(const Clock& clock, Random& random);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start();
    // From any thread: closes what is idle, and each other connection after its answer.
    void drain();
    // From any thread but its own: closes everything, ends the thread.
    void stop();

    boost::asio::io_context& context() { return m_context; } // post() to it from any thread
    const Clock& clock() const { return m_clock; }
    [[nodiscard]] const std::string& date();                 // for the Date header
    [[nodiscard]] bool draining() const { return m_draining; }
    [[nodiscard]] std::string new_request_id();              // 32 hexadecimal digits

    // The tick at which `timeout_ms` from now will have passed.
    [[nodiscard]] std::uint64_t deadline(int timeout_ms) const;

    void add(std::shared_ptr<Connection> connection);
    void remove(Connection& connection);

private:
    void schedule_tick();
    void on_tick();

    const Clock& m_clock;
    Random& m_random;
    boost::asio::io_context m_context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> m_work;
    boost::asio::steady_timer m_timer;
    std::uint64_t m_tick = 1;
    std::string m_date;
    std::int64_t m_date_s = -1;
    bool m_draining = false;
    bool m_stopped = false;
    std::vector<std::shared_ptr<Connection>> m_connections; // each knows its place
    std::thread m_thread;
};

}
