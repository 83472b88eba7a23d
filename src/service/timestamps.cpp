#include "service/timestamps.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "store/quota.h"

namespace qss::service {

namespace {

constexpr std::chrono::seconds look_again{30};
constexpr std::size_t max_remembered = 64;
constexpr std::size_t max_waiting = 4096;
constexpr int senders = 2; // while one batch is signed and written down, another is collected and sent

// Whatever keeps the unit from stamping, the caller can only come back.
Error why_not(const Error& error)
{
    log::warning("no time-stamp", {{"code", to_string(error.code)}, {"detail", error.detail}});
    return {ErrorCode::unavailable, "no time-stamp can be given now"};
}

}

Timestamps::~Timestamps()
{
    stop();
}

void Timestamps::start()
{
    for (int i = 0; i < senders; ++i)
        m_senders.emplace_back([this] { send_batches(); });
}

void Timestamps::stop()
{
    {
        const std::lock_guard lock(m_queue_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    for (auto& sender : m_senders)
        sender.join();
    m_senders.clear();
}

Result<Bytes> Timestamps::stamp(const Application& by, const crypto::Digest& digest)
{
    using store::Counted;
    using store::Quota;
    TRY(m.store.write([&](sqlite::Database& db) {
        return Quota(db, Counted::timestamps).spend(by.pack.id, by.pack.timestamp_quota, 1);
    }));
    auto token = m.tsa.stamp(digest);
    if (token)
        return token;
    const auto returned = m.store.write(
        [&](sqlite::Database& db) { return Quota(db, Counted::timestamps).give_back(by.pack.id, 1); });
    if (!returned)
        log::warning("a time-stamp that was not given stays counted", {{"detail", returned.error().detail}});
    return fail(why_not(token.error()));
}

void Timestamps::answer(Bytes request, Done done)
{
    {
        const std::lock_guard lock(m_queue_mutex);
        if (!m_stopping && m_queue.size() < max_waiting) {
            m_queue.push_back({std::move(request), std::move(done)});
            m_wake.notify_one();
            return;
        }
    }
    done(fail(ErrorCode::unavailable, "too many time-stamps wait"));
}

void Timestamps::send_batches()
{
    std::unique_lock lock(m_queue_mutex);
    for (;;) {
        m_wake.wait(lock, [this] { return m_stopping || !m_queue.empty(); });
        if (m_queue.empty())
            return;
        const auto count = std::min(m_queue.size(), limits::timestamps_per_message);
        const auto end = m_queue.begin() + static_cast<std::ptrdiff_t>(count);
        std::vector<Waiting> batch(std::make_move_iterator(m_queue.begin()), std::make_move_iterator(end));
        m_queue.erase(m_queue.begin(), end);
        lock.unlock();
        send(std::move(batch));
        lock.lock();
    }
}

void Timestamps::send(std::vector<Waiting> batch)
{
    std::vector<Bytes> requests;
    for (auto& waiting : batch)
        requests.push_back(std::move(waiting.request));
    auto responses = m.tsa.stamp(requests);
    const auto error = responses ? Error() : why_not(responses.error());
    for (std::size_t i = 0; i < batch.size(); ++i)
        batch[i].done(responses ? Result<Bytes>(std::move((*responses)[i])) : Result<Bytes>(fail(error)));
}

Result<std::int64_t> Timestamps::remaining(const Application& by)
{
    TRY_ASSIGN(used, m.store.read([&](sqlite::Database& db) {
        return store::Quota(db, store::Counted::timestamps).used(by.pack.id);
    }));
    return std::max<std::int64_t>(by.pack.timestamp_quota - used, 0);
}

Status Timestamps::keep_current()
{
    const std::lock_guard lock(m_mutex);
    if (m.clock.now() < m_next)
        return {};
    m_next = m.clock.now() + look_again;
    const auto show = [&]() -> Status {
        TRY_ASSIGN(lists, m.ca.current_crls());
        if (m_shown.size() > max_remembered)
            m_shown.clear();
        for (const auto& list : lists) {
            auto hash = hex_encode(crypto::sha256(list.der));
            if (m_shown.contains(hash))
                continue;
            const auto shown = m.tsa.update_crl(list.der);
            if (!shown && shown.error().code != ErrorCode::not_found) // not_found: of another issuer
                return shown;
            m_shown.insert(std::move(hash));
        }
        return {};
    };
    auto shown = show();
    if (!shown)
        log::warning("the time-stamping unit has not seen the current lists",
                     {{"detail", shown.error().detail}});
    return shown;
}

}
