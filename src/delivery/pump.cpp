#include "delivery/pump.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "base/log.h"
#include "store/outbox.h"

namespace qss::delivery {

namespace {

constexpr std::size_t batch = 100;
constexpr std::chrono::milliseconds look_again{1'000};

// 1 s, 2 s, 4 s, … at most 5 minutes: a sink that is away is asked, not hammered.
Milliseconds pause_after(std::int64_t attempts)
{
    return std::min(Milliseconds(1'000 << std::min<std::int64_t>(attempts, 9)), Milliseconds(300'000));
}

}

Pump::Pump(store::Store& store, Sink& sink, const Clock& clock) : m_store(store), m_sink(sink), m_clock(clock)
{
}

Pump::~Pump()
{
    stop();
}

void Pump::start()
{
    m_thread = std::thread([this] { run(); });
}

void Pump::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    if (m_thread.joinable())
        m_thread.join();
}

void Pump::notify()
{
    {
        const std::lock_guard lock(m_mutex);
        m_notified = true;
    }
    m_wake.notify_all();
}

Status Pump::pump_once()
{
    const auto now = m_clock.now();
    TRY_ASSIGN(messages,
               m_store.read([now](sqlite::Database& db) { return store::Outbox(db).due(now, batch); }));
    for (const auto& message : messages) {
        const auto delivered = m_sink.deliver(message);
        if (!delivered)
            log::warning("a message could not be delivered; it will be tried again",
                         {{"message", std::to_string(message.id)}, {"detail", delivered.error().detail}});
        const auto due = now + pause_after(message.attempts);
        TRY(m_store.write([&](sqlite::Database& db) {
            store::Outbox outbox(db);
            return delivered ? outbox.remove(message.id) : outbox.retry(message.id, due);
        }));
    }
    return {};
}

void Pump::run()
{
    std::unique_lock lock(m_mutex);
    while (!m_stopping) {
        m_notified = false;
        lock.unlock();
        const auto done = pump_once();
        if (!done)
            log::error("the outbox could not be read", {{"detail", done.error().detail}});
        lock.lock();
        m_wake.wait_for(lock, look_again, [this] { return m_stopping || m_notified; });
    }
}

}
