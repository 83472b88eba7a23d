#include "cli/supervisor.h"

#include <algorithm>
#include <csignal>
#include <set>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "client/files.h"

namespace qss::cli {

namespace {

constexpr std::chrono::milliseconds ready_interval{100};
constexpr std::chrono::hours nothing_due{1};

}

Supervisor::Supervisor(std::vector<Child> children, SupervisorOptions options) : m_options(std::move(options))
{
    for (auto& child : children)
        m_slots.push_back({std::move(child), std::nullopt, {}, {}, m_options.first_delay});
    m_ready = !m_options.is_ready;
}

void Supervisor::run(int stop_fd)
{
    write_pids();
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        reap(now);
        start_due(now);
        if (!m_ready)
            m_ready = m_options.is_ready();
        if (wait(stop_fd, next_event(now)))
            break;
    }
    stop_all(stop_fd);
}

void Supervisor::start_due(Time now)
{
    bool changed = false;
    for (auto& slot : m_slots) {
        if (slot.process || slot.next_start > now)
            continue;
        auto process = Process::start(slot.child.command);
        if (!process) {
            log::error("child does not start",
                       {{"child", slot.child.name}, {"detail", process.error().detail}});
            slot.next_start = now + slot.delay;
            slot.delay = std::min(slot.delay * 2, m_options.last_delay);
            continue;
        }
        slot.process.emplace(std::move(*process));
        slot.started = now;
        changed = true;
        log::info("child started",
                  {{"child", slot.child.name}, {"pid", std::to_string(slot.process->pid())}});
    }
    if (changed)
        write_pids();
}

void Supervisor::reap(Time now)
{
    bool changed = false;
    for (auto& slot : m_slots) {
        const auto status = slot.process ? slot.process->wait(Milliseconds(0)) : std::nullopt;
        if (!status)
            continue;
        slot.process.reset();
        if (now - slot.started >= m_options.healthy_after)
            slot.delay = m_options.first_delay;
        slot.next_start = now + slot.delay;
        log::warning("child ended", {{"child", slot.child.name},
                                     {"how", describe_exit(*status)},
                                     {"again_in_ms", std::to_string(slot.delay.count())}});
        slot.delay = std::min(slot.delay * 2, m_options.last_delay);
        changed = true;
    }
    if (changed)
        write_pids();
}

Supervisor::Time Supervisor::next_event(Time now) const
{
    auto next = now + nothing_due;
    if (!m_ready)
        next = now + ready_interval;
    for (const auto& slot : m_slots)
        if (!slot.process)
            next = std::min(next, slot.next_start);
    return next;
}

bool Supervisor::wait(int stop_fd, Time until)
{
    std::vector<pollfd> fds{{stop_fd, POLLIN, 0}};
    for (const auto& slot : m_slots)
        if (slot.process)
            fds.push_back({slot.process->pidfd(), POLLIN, 0});
    const auto left = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now());
    const auto timeout_ms = std::clamp<std::int64_t>(left.count(), 0, 3'600'000);
    if (::poll(fds.data(), fds.size(), static_cast<int>(timeout_ms)) <= 0 || fds[0].revents == 0)
        return false;
    char event[128]; // a signalfd_siginfo, or an eventfd's counter
    [[maybe_unused]] const auto got = ::read(stop_fd, event, sizeof event);
    return true;
}

void Supervisor::stop_all(int stop_fd)
{
    log::info("stopping");
    std::set<int> ranks;
    for (const auto& slot : m_slots)
        ranks.insert(slot.child.stop_rank);
    for (const int rank : ranks)
        stop_rank(rank, stop_fd);
    if (!m_options.pids_file.empty())
        ::unlink(m_options.pids_file.c_str());
}

void Supervisor::stop_rank(int rank, int stop_fd)
{
    const auto in_rank = [rank](const Slot& slot) { return slot.process && slot.child.stop_rank == rank; };
    for (auto& slot : m_slots)
        if (in_rank(slot))
            slot.process->signal(SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + m_options.stop_patience;
    for (;;) {
        for (auto& slot : m_slots)
            if (in_rank(slot) && slot.process->wait(Milliseconds(0)))
                slot.process.reset();
        if (std::none_of(m_slots.begin(), m_slots.end(), in_rank))
            return;
        const bool hurry = wait(stop_fd, deadline);
        if (!hurry && std::chrono::steady_clock::now() < deadline)
            continue;
        for (auto& slot : m_slots)
            if (in_rank(slot)) {
                log::warning("child did not stop and is killed", {{"child", slot.child.name}});
                slot.process.reset();
            }
        return;
    }
}

void Supervisor::write_pids() const
{
    if (m_options.pids_file.empty())
        return;
    boost::json::object pids;
    for (const auto& slot : m_slots)
        if (slot.process)
            pids[slot.child.name] = slot.process->pid();
    const auto text = boost::json::serialize(pids) + "\n";
    if (const auto status =
            client::write_file(m_options.pids_file, as_bytes(text), client::FileAccess::everybody);
        !status)
        log::warning("pids not written", {{"detail", status.error().detail}});
}

}
