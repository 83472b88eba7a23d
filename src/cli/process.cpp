#include "cli/process.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace qss::cli {

namespace {

constexpr int exit_not_started = 127;

std::optional<id_t> as_number(const std::string& text)
{
    id_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || code != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

bool take_identity(const Identity& identity)
{
    const auto group = identity.shared_group.value_or(identity.gid);
    return ::setgroups(1, &group) == 0 && ::setresgid(identity.gid, identity.gid, identity.gid) == 0 &&
           ::setresuid(identity.uid, identity.uid, identity.uid) == 0;
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* arguments, const Command& command, int log_fd, pid_t parent)
{
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setpgid(0, 0);
    if (log_fd >= 0 && (::dup2(log_fd, STDOUT_FILENO) < 0 || ::dup2(log_fd, STDERR_FILENO) < 0))
        ::_exit(exit_not_started);
    // While we may: a role locks its memory when it is nobody special any more (role/harden.cpp).
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_MEMLOCK, &unlimited);
    // A waiting call is a connection: a shell's usual 1024 would be the service's limit.
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    if (command.identity && !take_identity(*command.identity))
        ::_exit(exit_not_started);
    // After the change of user, which clears it. The parent may have died before.
    if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || ::getppid() != parent)
        ::_exit(exit_not_started);
    ::execv(arguments[0], arguments);
    ::_exit(exit_not_started);
}

}

Result<gid_t> find_group(const std::string& group)
{
    if (const auto number = as_number(group))
        return *number;
    const auto* entry = ::getgrnam(group.c_str());
    if (entry == nullptr)
        return fail(ErrorCode::not_found, "no such group: " + group);
    return entry->gr_gid;
}

Result<Identity> find_identity(const std::string& user, const std::string& shared_group)
{
    Identity identity{};
    if (!shared_group.empty()) {
        TRY_ASSIGN(gid, find_group(shared_group));
        identity.shared_group = gid;
    }
    if (const auto number = as_number(user)) {
        identity.uid = *number;
        identity.gid = identity.shared_group.value_or(*number);
        return identity;
    }
    const auto* entry = ::getpwnam(user.c_str());
    if (entry == nullptr)
        return fail(ErrorCode::not_found, "no such user: " + user);
    identity.uid = entry->pw_uid;
    identity.gid = entry->pw_gid;
    return identity;
}

Result<Process> Process::start(const Command& command)
{
    QSS_ASSERT(!command.arguments.empty());
    const auto& program = command.arguments.front();
    if (::access(program.c_str(), X_OK) != 0)
        return fail(ErrorCode::not_found, "no program " + program);
    std::vector<std::string> arguments = command.arguments;
    std::vector<char*> pointers;
    for (auto& argument : arguments)
        pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    int log_fd = -1;
    if (command.log_file) {
        log_fd = ::open(command.log_file->c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (log_fd < 0)
            return fail(ErrorCode::io, "cannot write " + *command.log_file);
    }
    const auto parent = ::getpid();
    const auto pid = ::fork();
    if (pid == 0)
        become(pointers.data(), command, log_fd, parent);
    const int fork_error = errno;
    if (log_fd >= 0)
        ::close(log_fd);
    if (pid < 0)
        return fail(ErrorCode::io, std::string("fork: ") + std::strerror(fork_error));
    // glibc 2.36 declares pidfd_open without extern "C".
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return fail(ErrorCode::io, "pidfd_open failed");
    }
    return Process(pid, pidfd);
}

Process::Process(Process&& other) noexcept
    : m_pid(std::exchange(other.m_pid, -1)), m_pidfd(std::exchange(other.m_pidfd, -1)),
      m_status(other.m_status)
{
}

Process::~Process()
{
    if (m_pidfd < 0)
        return;
    if (!m_status) {
        signal(SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    ::close(m_pidfd);
}

void Process::signal(int number) const
{
    if (!m_status) // until then the pid is ours, dead or alive
        ::kill(m_pid, number);
}

std::optional<int> Process::wait(Milliseconds timeout)
{
    if (m_status)
        return m_status;
    pollfd ended{m_pidfd, POLLIN, 0};
    while (::poll(&ended, 1, static_cast<int>(timeout.count())) < 0 && errno == EINTR) {}
    int status = 0;
    if (::waitpid(m_pid, &status, WNOHANG) == m_pid)
        m_status = status;
    return m_status;
}

std::string describe_exit(int wait_status)
{
    if (WIFSIGNALED(wait_status))
        return "signal " + std::to_string(WTERMSIG(wait_status));
    return "exit status " + std::to_string(WEXITSTATUS(wait_status));
}

Result<std::string> program_directory()
{
    std::error_code code;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", code);
    if (code)
        return fail(ErrorCode::io, "/proc/self/exe can not be read");
    return program.parent_path().string();
}

}
