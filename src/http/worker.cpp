#include "http/worker.h"

#include <array>

#include "base/encoding.h"
#include "http/connection.h"
#include "http/response_text.h"

namespace qss::http {

namespace asio = boost::asio;

Worker::Worker(const Clock& clock, Random& random)
    : m_clock(clock), m_random(random), m_context(1), m_work(m_context.get_executor()), m_timer(m_context)
{
}

Worker::~Worker() = default;

void Worker::start()
{
    schedule_tick();
    m_thread = std::thread([this] { m_context.run(); });
}

void Worker::schedule_tick()
{
    m_timer.expires_after(Milliseconds(tick_ms));
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (error || m_stopped)
            return;
        on_tick();
        schedule_tick();
    });
}

void Worker::on_tick()
{
    ++m_tick;
    // Backwards: a connection that closes puts the last one in its place.
    for (std::size_t i = m_connections.size(); i > 0; --i) {
        if (i > m_connections.size())
            continue;
        const auto connection = m_connections[i - 1];
        connection->on_tick(m_tick);
    }
}

void Worker::drain()
{
    asio::post(m_context, [this] {
        m_draining = true;
        for (const auto& connection : std::vector(m_connections))
            connection->drain();
    });
}

void Worker::stop()
{
    asio::post(m_context, [this] {
        m_stopped = true;
        m_timer.cancel();
        for (const auto& connection : std::vector(m_connections))
            connection->close();
        m_work.reset();
    });
    if (m_thread.joinable())
        m_thread.join();
    else
        m_context.run(); // never started: runs what was posted, here
}

const std::string& Worker::date()
{
    const TimePoint now = m_clock.now();
    const std::int64_t now_s = to_unix_ms(now) / 1000;
    if (now_s != m_date_s) {
        m_date = http_date(now);
        m_date_s = now_s;
    }
    return m_date;
}

std::string Worker::new_request_id()
{
    std::array<std::uint8_t, 16> id{};
    m_random.fill(id);
    return hex_encode(id);
}

std::uint64_t Worker::deadline(int timeout_ms) const
{
    return m_tick + static_cast<std::uint64_t>(timeout_ms) / tick_ms + 1;
}

void Worker::add(std::shared_ptr<Connection> connection)
{
    connection->m_place = m_connections.size();
    m_connections.push_back(std::move(connection));
}

void Worker::remove(Connection& connection)
{
    const std::size_t place = connection.m_place;
    QSS_ASSERT(place < m_connections.size() && m_connections[place].get() == &connection);
    m_connections[place].swap(m_connections.back());
    m_connections[place]->m_place = place;
    m_connections.pop_back();
}

}
