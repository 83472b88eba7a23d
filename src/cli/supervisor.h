// Keeps children alive: one that dies is started again after a back-off (100 ms, doubling to 5 s, reset
// once it has lived for 10 s); the others are left alone. Told to stop, it ends them rank by rank with
// SIGTERM, and with SIGKILL those that do not go. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/process.h"

namespace qss::cli {

struct Child {
    std::string name;
    Command command;
    int stop_rank = 0;                      // the lowest is stopped first
};

struct SupervisorOptions {
    std::string pids_file;                  // {"name": pid, …}, current at all times; empty: none
    Milliseconds first_delay{100};
    Milliseconds last_delay{5'000};
    Milliseconds healthy_after{10'000};
    Milliseconds stop_patience{20'000};     // for each rank
    // Asked every 100 ms until it says true, then never again; may be empty.
    std::function<bool()> is_ready;
};

class Supervisor {
public:
    Supervisor(std::vector<Child> children, SupervisorOptions options);

    // Until `stop_fd` is readable; then stops all. Readable once more meanwhile: hurries (SIGKILL).
    // `stop_fd`: non-blocking; a signalfd or an eventfd, read here.
    void run(int stop_fd);

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Slot {
        Child child;
        std::optional<Process> process;
        Time started{};
        Time next_start{};
        Milliseconds delay{};
    };

    void start_due(Time now);
    void reap(Time now);
    void stop_all(int stop_fd);
    void stop_rank(int rank, int stop_fd);
    // Waits for the end of a child, `stop_fd`, or `until`. True: stop_fd.
    bool wait(int stop_fd, Time until);
    [[nodiscard]] Time next_event(Time now) const;
    void write_pids() const;

    std::vector<Slot> m_slots;
    SupervisorOptions m_options;
    bool m_ready = false;
};

}
