// A child process: started with a user of its own, in a process group of its own (so that Ctrl-C reaches
// the supervisor alone), and ended when its parent dies. Waited for through its pidfd. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"

namespace qss::cli {

struct Identity {
    uid_t uid;
    gid_t gid;
    std::optional<gid_t> shared_group; // owner of run/
};

// A name or a number; a number's group is `shared_group`, or the number itself.
Result<Identity> find_identity(const std::string& user, const std::string& shared_group);
Result<gid_t> find_group(const std::string& group);

struct Command {
    std::vector<std::string> arguments;  // the program's path first
    std::optional<Identity> identity;    // absent: ours
    std::optional<std::string> log_file; // takes stdout and stderr; absent: ours
};

class Process {
public:
    static Result<Process> start(const Command& command);
    Process(Process&& other) noexcept;
    Process& operator=(Process&&) = delete;
    Process(const Process&) = delete;
    ~Process(); // kills it when it still runs

    [[nodiscard]] pid_t pid() const { return m_pid; }
    [[nodiscard]] int pidfd() const { return m_pidfd; } // readable once it has ended

    void signal(int number) const;
    // Its wait status once it has ended; nullopt after `timeout`.
    std::optional<int> wait(Milliseconds timeout);

private:
    Process(pid_t pid, int pidfd) : m_pid(pid), m_pidfd(pidfd) {}
    pid_t m_pid;
    int m_pidfd;
    std::optional<int> m_status;
};

// "exit status 1", "signal 9".
std::string describe_exit(int wait_status);

// The directory of the running program: the others are beside it.
Result<std::string> program_directory();

}
