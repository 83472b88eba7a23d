#include "service/recovery.h"

#include <array>
#include <chrono>
#include <functional>

#include "base/log.h"
#include "service/each_of.h"

namespace qss::service {

namespace {

constexpr std::chrono::milliseconds tick{100};
constexpr std::chrono::milliseconds look_again{1'000};
constexpr std::chrono::minutes above_rate{1};

}

Recovery::Recovery(const Parts& parts) : m(parts) {}

Recovery::~Recovery()
{
    stop();
}

void Recovery::start()
{
    const auto adopted = m.signing.adopt_pending();
    if (!adopted)
        log::error("pending sessions could not be read", {{"detail", adopted.error().detail}});
    m_timer = std::thread([this] { run_timer(); });
    m_recovery = std::thread([this] { run_recovery(); });
}

void Recovery::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    if (m_timer.joinable())
        m_timer.join();
    if (m_recovery.joinable())
        m_recovery.join();
}

Status Recovery::recover_once()
{
    TRY_ASSIGN(sam, m.sam.status());
    if (sam != RoleReadiness::ready)
        return fail(ErrorCode::unavailable, "the SAM is not ready");
    TRY(m.checkpoints.exchange()); // first: nothing more for a SAM whose record was put back
    // A session that always fails must not keep a revocation waiting.
    const std::array<std::function<Status()>, 4> steps{
        [this] { return m.signing.drive_approved(); }, [this] { return m.signing.drain_unacknowledged(); },
        [this] { return m.identities.follow_lists(); }, [this] { return finish_revocations(); }};
    return each_of(steps, [](const auto& step) { return step(); });
}

// Revocations before the removals that wait for them. Above the rate of the ceremony they wait a while.
Status Recovery::finish_revocations()
{
    if (m.clock.now() < m_revocations_at)
        return {};
    const std::array<std::function<Status()>, 2> steps{[this] { return m.identities.finish_revocations(); },
                                                       [this] { return m.users.finish_removals(); }};
    auto done = each_of(steps, [](const auto& step) { return step(); });
    if (!done && done.error().code == ErrorCode::rate_limited)
        m_revocations_at = m.clock.now() + above_rate;
    return wait_for_officers(std::move(done));
}

void Recovery::run_timer()
{
    std::unique_lock lock(m_mutex);
    while (!m_wake.wait_for(lock, tick, [this] { return m_stopping; })) {
        lock.unlock();
        const auto now = m.clock.now();
        m.signing.sweep(now);
        m.officers.sweep(now);
        lock.lock();
    }
}

// Every second: what is unfinished is found by small indexes, so a pass that finds nothing costs little,
// and a SAM that has come back is noticed by the first pass that succeeds.
void Recovery::run_recovery()
{
    ErrorCode last = ErrorCode::not_found;
    std::unique_lock lock(m_mutex);
    do {
        lock.unlock();
        const auto done = recover_once();
        (void)m.responder.run(); // says itself what went wrong
        (void)m.timestamps.keep_current(); // the same
        if (!done && done.error().code != last)
            log::warning("recovery waits", {{"detail", done.error().detail}});
        last = done ? ErrorCode::not_found : done.error().code;
        lock.lock();
    } while (!m_wake.wait_for(lock, look_again, [this] { return m_stopping; }));
}

}
