#include "role/role_main.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/keys.h"
#include "role/dispatch.h"
#include "wire/channel.h"

namespace qss::role {
namespace {

using std::chrono::seconds;

constexpr std::uint16_t do_it = 1;

// Does what a role does, or what only an attacker would, when it is asked to.
class TestRole final : public Role {
public:
    explicit TestRole(std::function<Status()> action)
        : m_dispatch({entry<proto::StatusRequest>(
                         do_it, "do_it", any_state, 0,
                         [action](const proto::StatusRequest&) -> Result<proto::StatusReply> {
                             TRY(action());
                             return proto::StatusReply{};
                         })},
                     [] { return State::READY; })
    {
    }
    wire::Dispatcher& dispatcher() override { return m_dispatch; }

private:
    Dispatch m_dispatch;
};

class RoleMain : public testing::Test {
protected:
    RoleMain()
    {
        char pattern[] = "/tmp/qss-role-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        std::filesystem::create_directory(m_directory / "role");
        ::chmod((m_directory / "role").c_str(), 0700);
        write_passphrase("secret\n", 0600);
    }
    ~RoleMain() override { std::filesystem::remove_all(m_directory); }

    void write_passphrase(std::string_view text, mode_t mode)
    {
        std::ofstream(passphrase()) << text;
        ::chmod(passphrase().c_str(), mode);
    }
    std::string passphrase() const { return (m_directory / "role" / "passphrase").string(); }
    std::string socket() const { return (m_directory / "s.sock").string(); }

    std::vector<std::string> arguments(const std::vector<std::string>& more) const
    {
        std::vector<std::string> out{"qss-test",  "--directory", (m_directory / "role").string(),
                                     "--socket",  socket(),      "--passphrase-file",
                                     passphrase()};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }

    int run_here(const std::vector<std::string>& more, const Open& open) const
    {
        auto texts = arguments(more);
        std::vector<char*> argv;
        for (auto& text : texts)
            argv.push_back(text.data());
        return role_main(static_cast<int>(argv.size()), argv.data(), "qss-test", open);
    }

    // A role in a process of its own, since hardening is for good; asked once, then told to stop.
    // Returns its wait status; `answer` is what the call gave.
    int run_role(std::function<Status()> action, Status& answer)
    {
        const auto pid = ::fork();
        if (pid == 0) {
            const int null = ::open("/dev/null", O_WRONLY);
            ::dup2(null, STDERR_FILENO);
            ::_exit(run_here({"--sandbox"}, [&action](Context&) -> Result<std::unique_ptr<Role>> {
                return std::make_unique<TestRole>(action);
            }));
        }
        wire::Channel channel(socket());
        EXPECT_TRUE(channel.wait_until_reachable(seconds(20)));
        proto::StatusReply reply;
        answer = channel.call(do_it, proto::StatusRequest{}, reply, seconds(20));
        ::kill(pid, SIGTERM);
        int status = 0;
        ::waitpid(pid, &status, 0);
        return status;
    }

    std::filesystem::path m_directory;
};

Result<std::unique_ptr<Role>> must_not_open(Context&)
{
    ADD_FAILURE() << "opened";
    return fail(ErrorCode::internal, "opened");
}

TEST_F(RoleMain, ServesAndDrainsOnSigterm)
{
    Status answer;
    const int status = run_role([] { return Status{}; }, answer);
    EXPECT_TRUE(answer) << answer.error().detail;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_FALSE(std::filesystem::exists(socket()));
}

TEST_F(RoleMain, WhatARoleNeedsStillWorksWhenItIsHardened)
{
    Status answer;
    const auto file = (m_directory / "role" / "file").string();
    const int status = run_role(
        [&file]() -> Status {
            std::ofstream(file) << "x";
            std::filesystem::rename(file, file + "2");
            TRY_ASSIGN(key, crypto::PrivateKey::generate(crypto::KeyType::p256));
            const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes("x"));
            TRY_ASSIGN(signature, key.sign(crypto::SignatureAlgorithm::ecdsa_sha256, digest));
            TRY(key.public_key().verify(crypto::SignatureAlgorithm::ecdsa_sha256, digest, signature));
            const Bytes large(64 * 1024 * 1024, 1);
            bool ran = false;
            std::thread([&ran, &large] { ran = large.back() == 1; }).join();
            return ran ? Status{} : Status(fail(ErrorCode::internal, "no thread"));
        },
        answer);
    EXPECT_TRUE(answer) << answer.error().detail;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QSS_NOT_HARDENED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define QSS_NOT_HARDENED 1
#endif
#endif

class RoleAttack : public RoleMain {
protected:
    void SetUp() override
    {
#ifdef QSS_NOT_HARDENED
        GTEST_SKIP() << "built with a sanitizer: not hardened";
#endif
    }

    void expect_killed(std::function<Status()> action)
    {
        Status answer;
        const int status = run_role(std::move(action), answer);
        EXPECT_FALSE(answer);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
    }
};

TEST_F(RoleAttack, NoProgramIsStarted)
{
    expect_killed([] {
        char name[] = "/bin/true";
        char* const argv[] = {name, nullptr};
        ::execv(name, argv);
        return Status{};
    });
}

TEST_F(RoleAttack, NoSocketIsMade)
{
    expect_killed([] {
        ::socket(AF_INET, SOCK_STREAM, 0);
        return Status{};
    });
}

TEST_F(RoleAttack, NoChildNoExecutableMemoryNoCoreNoTracer)
{
    Status answer;
    run_role(
        []() -> Status {
            const auto child = ::fork();
            if (child == 0)
                ::_exit(0);
            if (child >= 0)
                return fail(ErrorCode::internal, "a child");
            if (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                       0) != MAP_FAILED)
                return fail(ErrorCode::internal, "executable memory");
            rlimit core{};
            if (::getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
                return fail(ErrorCode::internal, "core dumps");
            std::ifstream file("/proc/self/status");
            std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
            if (text.find("NoNewPrivs:\t1") == std::string::npos ||
                text.find("Seccomp:\t2") == std::string::npos)
                return fail(ErrorCode::internal, "status: " + text);
            return {};
        },
        answer);
    EXPECT_TRUE(answer) << answer.error().detail;
}

TEST_F(RoleMain, OutsideASandboxASharedUidIsRefused)
{
    EXPECT_EQ(run_here({}, must_not_open), 1);
    EXPECT_EQ(run_here({"--peer-uid", std::to_string(::geteuid())}, must_not_open), 1);
}

TEST_F(RoleMain, IsolationIsMeasuredNotClaimed)
{
    const auto own = ::geteuid();
    Options options;
    options.peer_uids = {own + 1, own + 2};
    EXPECT_EQ(check_isolation(options, own).value(), Isolation::own);
    options.peer_uids.push_back(own);
    EXPECT_EQ(check_isolation(options, own).error().code, ErrorCode::forbidden);
    options.sandbox = true;
    EXPECT_EQ(check_isolation(options, own).value(), Isolation::shared);
    options.peer_uids = {own + 1};
    EXPECT_EQ(check_isolation(options, own).value(), Isolation::own);
    options.peer_uids.clear();
    EXPECT_EQ(check_isolation(options, own).value(), Isolation::shared);
}

TEST_F(RoleMain, ProductionIsRefusedToARoleThatSharesItsUidOrItsClock)
{
    Options options;
    SystemClock clock;
    SystemRandom random;
    Context context{options, Isolation::shared, Secret(), clock, random};
    EXPECT_EQ(context.check_mode(Mode::production).error().code, ErrorCode::forbidden);
    EXPECT_TRUE(context.check_mode(Mode::sandbox));
    context.isolation = Isolation::own;
    EXPECT_TRUE(context.check_mode(Mode::production));
    options.sandbox_clock_offset_ms = 1;
    EXPECT_EQ(context.check_mode(Mode::production).error().code, ErrorCode::forbidden);
}

TEST_F(RoleMain, ADirectoryThatOthersReachIsRefused)
{
    const auto directory = (m_directory / "role").string();
    EXPECT_TRUE(check_directory(directory, ::geteuid()));
    EXPECT_EQ(check_directory(directory, ::geteuid() + 1).error().code, ErrorCode::forbidden);
    for (const mode_t mode : {0750U, 0710U, 0701U, 0770U, 01700U}) {
        ::chmod(directory.c_str(), mode);
        EXPECT_EQ(check_directory(directory, ::geteuid()).error().code, ErrorCode::forbidden) << mode;
    }
    EXPECT_EQ(run_here({"--sandbox"}, must_not_open), 1);
    const auto link = (m_directory / "link").string();
    std::filesystem::create_directory_symlink(directory, link);
    EXPECT_FALSE(check_directory(link, ::geteuid()));
}

TEST_F(RoleMain, ThePassphraseIsPrivateAndNotEmpty)
{
    EXPECT_EQ(to_string(read_passphrase(passphrase())->reveal()), "secret");
    write_passphrase("secret\n", 0640);
    EXPECT_EQ(read_passphrase(passphrase()).error().code, ErrorCode::forbidden);
    write_passphrase("\n", 0600);
    EXPECT_EQ(read_passphrase(passphrase()).error().code, ErrorCode::invalid_argument);
    write_passphrase(std::string(1025, 'x'), 0600);
    EXPECT_EQ(read_passphrase(passphrase()).error().code, ErrorCode::too_large);
    EXPECT_EQ(read_passphrase(passphrase() + "x").error().code, ErrorCode::not_found);
}

TEST(RoleOptions, AreStrict)
{
    using Arguments = std::vector<std::string_view>;
    const Arguments least{"--directory", "d", "--socket", "s", "--passphrase-file", "p"};
    const auto with = [&least](const Arguments& more) {
        auto all = least;
        all.insert(all.end(), more.begin(), more.end());
        return parse_options(all);
    };
    EXPECT_TRUE(with({}));
    const auto full = with({"--peer-uid", "7", "--peer-uid", "8", "--sandbox", "--sandbox-clock-offset-ms",
                            "-5", "--workers", "2"});
    ASSERT_TRUE(full);
    EXPECT_EQ(full->peer_uids, (std::vector<uid_t>{7, 8}));
    EXPECT_EQ(full->sandbox_clock_offset_ms, -5);
    EXPECT_EQ(full->workers, 2U);
    EXPECT_EQ(with({"--sandbox-clock-offset-ms", "1"}).error().code, ErrorCode::forbidden);
    EXPECT_FALSE(with({"--peer-uid"}));
    EXPECT_FALSE(with({"--peer-uid", ""}));
    EXPECT_FALSE(with({"--peer-uid", "-1"}));
    EXPECT_FALSE(with({"--peer-uid", "7x"}));
    EXPECT_FALSE(with({"--surprise", "1"}));
    for (std::size_t i = 0; i < least.size(); i += 2) {
        auto fewer = least;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i),
                    fewer.begin() + static_cast<std::ptrdiff_t>(i) + 2);
        EXPECT_FALSE(parse_options(fewer));
    }
}

}
}
