#include "sam/key_pool.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

namespace qss::sam {

namespace {

constexpr std::size_t rsa_2048_on_demand = 2;

// Making keys must not take the processor from signing. The kernel's nice value is each thread's own.
void yield_to_others()
{
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 15);
}

}

KeyPool::KeyPool(Vault& vault, const Clock& clock)
    : m_vault(vault), m_clock(clock), m_shelves{{{crypto::KeyType::rsa2048, 0, {}},
                                                 {crypto::KeyType::rsa3072, 0, {}},
                                                 {crypto::KeyType::rsa4096, 0, {}}}},
      m_thread([this] { run(); })
{
}

KeyPool::~KeyPool()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop.request_stop();
    }
    m_wake.notify_one();
    m_thread.join();
}

void KeyPool::fill_to(PoolSizes sizes)
{
    {
        const std::lock_guard lock(m_mutex);
        m_shelves[1].target = sizes.rsa_3072;
        m_shelves[2].target = sizes.rsa_4096;
    }
    m_wake.notify_one();
}

Result<keystore::GeneratedKey> KeyPool::take(crypto::KeyType type)
{
    QSS_ASSERT(crypto::is_rsa(type));
    std::unique_lock lock(m_mutex);
    for (auto& shelf : m_shelves) {
        if (shelf.type != type)
            continue;
        if (shelf.target == 0)
            shelf.target = type == crypto::KeyType::rsa2048 ? rsa_2048_on_demand : 1;
        if (shelf.keys.empty())
            break;
        auto key = std::move(shelf.keys.front());
        shelf.keys.pop_front();
        lock.unlock();
        m_wake.notify_one();
        return key;
    }
    lock.unlock();
    m_wake.notify_one();
    return fail(ErrorCode::unavailable,
                std::string(crypto::to_string(type)) + " keys are being made; try again");
}

std::string KeyPool::levels() const
{
    const std::lock_guard lock(m_mutex);
    std::string text;
    for (const auto& shelf : m_shelves) {
        if (!text.empty())
            text += ", ";
        text += std::string(crypto::to_string(shelf.type)) + " " + std::to_string(shelf.keys.size()) + "/" +
                std::to_string(shelf.target);
    }
    return text;
}

// The emptiest first, so that no type waits for another's whole pool.
KeyPool::Shelf* KeyPool::next_to_fill()
{
    Shelf* best = nullptr;
    for (auto& shelf : m_shelves) {
        if (shelf.keys.size() >= shelf.target || !crypto::check_may_issue(shelf.type, m_clock.now()))
            continue;
        if (best == nullptr || shelf.keys.size() < best->keys.size())
            best = &shelf;
    }
    return best;
}

void KeyPool::run()
{
    yield_to_others();
    std::unique_lock lock(m_mutex);
    for (;;) {
        Shelf* shelf = nullptr;
        m_wake.wait(lock, [&] { return m_stop.stop_requested() || (shelf = next_to_fill()) != nullptr; });
        if (m_stop.stop_requested())
            return;
        lock.unlock();
        auto key = m_vault.generate(shelf->type, m_stop.get_token());
        lock.lock();
        if (key) {
            shelf->keys.push_back(std::move(*key));
        } else if (!m_stop.stop_requested()) {
            log::error("no key for the pool", {{"detail", key.error().detail}});
            shelf->target = 0; // asked for again by the next take()
        }
    }
}

}
