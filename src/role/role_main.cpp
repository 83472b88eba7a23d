#include "role/role_main.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

namespace qss::role {

namespace {

constexpr std::size_t passphrase_max_size = 1024;

class OffsetClock final : public Clock {
public:
    explicit OffsetClock(Milliseconds offset) : m_offset(offset) {}
    [[nodiscard]] TimePoint now() const override { return m_system.now() + m_offset; }

private:
    SystemClock m_system;
    Milliseconds m_offset;
};

template <class T>
Status parse_number(std::string_view text, T& out)
{
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || code != std::errc() || end != text.data() + text.size())
        return fail(ErrorCode::invalid_argument, "not a number: " + std::string(text));
    return {};
}

Status set_option(Options& options, std::string_view name, std::string_view value)
{
    if (name == "--directory") {
        options.directory = value;
    } else if (name == "--socket") {
        options.socket_path = value;
    } else if (name == "--passphrase-file") {
        options.passphrase_file = value;
    } else if (name == "--peer-uid") {
        uid_t uid = 0;
        TRY(parse_number(value, uid));
        options.peer_uids.push_back(uid);
    } else if (name == "--sandbox-clock-offset-ms") {
        std::int64_t offset_ms = 0;
        TRY(parse_number(value, offset_ms));
        options.sandbox_clock_offset_ms = offset_ms;
    } else if (name == "--workers") {
        TRY(parse_number(value, options.workers));
    } else {
        return fail(ErrorCode::invalid_argument, "unknown flag " + std::string(name));
    }
    return {};
}

// SIGTERM and SIGINT, blocked in all threads, arrive here; each of them drains the server. Ends with
// the server, whichever comes first.
class SignalThread {
public:
    SignalThread(const sigset_t& signals, wire::Server& server)
        : m_thread([signals, &server] {
              int number = 0;
              while (::sigwait(&signals, &number) != 0) {}
              server.stop();
          })
    {
    }
    ~SignalThread()
    {
        // It ends nobody: the thread waits for this very signal.
        // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread,cert-pos44-c)
        ::pthread_kill(m_thread.native_handle(), SIGTERM);
        m_thread.join();
    }
    SignalThread(const SignalThread&) = delete;
    SignalThread& operator=(const SignalThread&) = delete;

private:
    std::thread m_thread;
};

sigset_t block_signals()
{
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return signals;
}

Status run_role(std::span<const std::string_view> arguments, const Open& open)
{
    ::umask(0077);
    TRY_ASSIGN(options, parse_options(arguments));
    TRY(check_directory(options.directory, ::geteuid()));
    TRY_ASSIGN(isolation, check_isolation(options, ::geteuid()));
    TRY(harden_memory());
    const auto signals = block_signals();
    TRY_ASSIGN(passphrase, read_passphrase(options.passphrase_file));
    OffsetClock clock(Milliseconds(options.sandbox_clock_offset_ms.value_or(0)));
    SystemRandom random;
    Context context{options, isolation, std::move(passphrase), clock, random};
    TRY_ASSIGN(role, open(context));
    TRY_ASSIGN(server, wire::Server::listen({options.socket_path, options.peer_uids, options.workers},
                                            role->dispatcher()));
    const SignalThread signal_thread(signals, *server);
    TRY(restrict_system_calls(role->clock_reading()));
    log::info("listening", {{"socket", options.socket_path}});
    server->run();
    log::info("stopped");
    return {};
}

}

Result<Options> parse_options(std::span<const std::string_view> arguments)
{
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--sandbox") {
            options.sandbox = true;
            continue;
        }
        if (i + 1 == arguments.size())
            return fail(ErrorCode::invalid_argument, "no value for " + std::string(arguments[i]));
        TRY(set_option(options, arguments[i], arguments[i + 1]));
        ++i;
    }
    if (options.directory.empty() || options.socket_path.empty() || options.passphrase_file.empty())
        return fail(ErrorCode::invalid_argument, "--directory, --socket and --passphrase-file are needed");
    if (options.sandbox_clock_offset_ms && !options.sandbox)
        return fail(ErrorCode::forbidden, "--sandbox-clock-offset-ms is for a sandbox");
    return options;
}

Status Context::check_mode(Mode mode) const
{
    if (mode == Mode::sandbox)
        return {};
    if (isolation != Isolation::own)
        return fail(ErrorCode::forbidden, "outside a sandbox a role has a user of its own");
    if (options.sandbox_clock_offset_ms)
        return fail(ErrorCode::forbidden, "outside a sandbox the clock is the system's");
    return {};
}

Status check_directory(const std::string& directory, uid_t own_uid)
{
    struct stat status{};
    if (::lstat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        return fail(ErrorCode::not_found, "no such directory: " + directory);
    if (status.st_uid != own_uid)
        return fail(ErrorCode::forbidden, "the directory belongs to another user: " + directory);
    if ((status.st_mode & 07777U) != 0700)
        return fail(ErrorCode::forbidden, "the directory's mode is not 0700: " + directory);
    return {};
}

Result<Isolation> check_isolation(const Options& options, uid_t own_uid)
{
    const auto& peers = options.peer_uids;
    if (!peers.empty() && std::find(peers.begin(), peers.end(), own_uid) == peers.end())
        return Isolation::own;
    if (!options.sandbox)
        return fail(ErrorCode::forbidden,
                    "outside a sandbox a role's uid differs from its peers' (--peer-uid)");
    return Isolation::shared;
}

Result<Secret> read_passphrase(const std::string& path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail(ErrorCode::not_found, "no passphrase file: " + path);
    struct stat status{};
    Bytes content(passphrase_max_size + 1);
    const bool is_private =
        ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 077U) == 0;
    const auto got = is_private ? ::read(fd, content.data(), content.size()) : -1;
    ::close(fd);
    if (!is_private)
        return fail(ErrorCode::forbidden, "the passphrase file is open to others: " + path);
    content.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    if (content.size() > passphrase_max_size)
        return fail(ErrorCode::too_large, "the passphrase file is too large: " + path);
    if (!content.empty() && content.back() == '\n')
        content.pop_back();
    if (content.empty())
        return fail(ErrorCode::invalid_argument, "the passphrase file is empty: " + path);
    return Secret(std::move(content));
}

int role_main(int argc, char** argv, std::string_view name, const Open& open)
{
    log::set_process(name);
    const std::vector<std::string_view> arguments(argv + std::min(argc, 1), argv + argc);
    if (const auto status = run_role(arguments, open); !status) {
        log::error("stopped", {{"code", to_string(status.error().code)}, {"detail", status.error().detail}});
        return 1;
    }
    return 0;
}

}
