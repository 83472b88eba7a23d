#include "cli/supervisor.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <map>
#include <thread>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/files.h"
#include "client/json.h"

namespace qss::cli {
namespace {

using std::chrono::seconds;

// The supervisor on a thread; what it does shows in the pids file.
class SupervisorTest : public testing::Test {
protected:
    SupervisorTest()
    {
        char pattern[] = "/tmp/qss-supervisor-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        m_options.pids_file = (m_directory / "pids.json").string();
        m_options.first_delay = Milliseconds(1);
        m_options.last_delay = Milliseconds(4);
        m_stop_fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    }
    ~SupervisorTest() override
    {
        stop();
        ::close(m_stop_fd);
        std::filesystem::remove_all(m_directory);
    }

    static Child sleeper(std::string name, int stop_rank = 0)
    {
        return {std::move(name), {{"/bin/sleep", "600"}, {}, {}}, stop_rank};
    }
    static Child script(std::string name, std::string text)
    {
        return {std::move(name), {{"/bin/sh", "-c", std::move(text)}, {}, {}}, 0};
    }

    void start(std::vector<Child> children)
    {
        m_thread = std::thread([this, children = std::move(children)]() mutable {
            Supervisor(std::move(children), m_options).run(m_stop_fd);
        });
    }
    void tell_to_stop() const
    {
        const std::uint64_t one = 1;
        EXPECT_EQ(::write(m_stop_fd, &one, sizeof one), static_cast<ssize_t>(sizeof one));
    }
    void stop()
    {
        if (!m_thread.joinable())
            return;
        tell_to_stop();
        m_thread.join();
    }

    std::map<std::string, pid_t> pids() const
    {
        std::map<std::string, pid_t> out;
        const auto text = client::read_text_file(m_options.pids_file);
        const auto object = text ? client::parse_object(*text) : fail(text.error());
        if (object)
            for (const auto& [name, pid] : *object)
                out[name] = static_cast<pid_t>(pid.to_number<std::int64_t>());
        return out;
    }

    template <class Condition>
    static bool eventually(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + seconds(20);
        while (std::chrono::steady_clock::now() < deadline) {
            if (condition())
                return true;
            std::this_thread::yield();
        }
        return false;
    }

    std::filesystem::path m_directory;
    SupervisorOptions m_options;
    int m_stop_fd = -1;
    std::thread m_thread;
};

TEST_F(SupervisorTest, AKilledChildIsStartedAgainAndTheOtherIsLeftAlone)
{
    start({sleeper("a"), sleeper("b")});
    ASSERT_TRUE(eventually([this] { return pids().size() == 2; }));
    const auto before = pids();
    ASSERT_EQ(::kill(before.at("a"), SIGKILL), 0);
    ASSERT_TRUE(eventually([&] {
        const auto now = pids();
        return now.contains("a") && now.at("a") != before.at("a");
    }));
    EXPECT_EQ(pids().at("b"), before.at("b"));
    EXPECT_EQ(::kill(before.at("b"), 0), 0);
}

TEST_F(SupervisorTest, StopEndsAllAndRemovesThePids)
{
    start({sleeper("a"), sleeper("b", 1)});
    ASSERT_TRUE(eventually([this] { return pids().size() == 2; }));
    const auto before = pids();
    stop();
    for (const auto& [name, pid] : before)
        EXPECT_NE(::kill(pid, 0), 0) << name;
    EXPECT_FALSE(std::filesystem::exists(m_options.pids_file));
}

TEST_F(SupervisorTest, TheHigherRankLivesUntilTheLowerHasEnded)
{
    const auto log = (m_directory / "log").string();
    const auto child = [&](const std::string& name, int rank) {
        // Starts its handler before it says so: a signal before that would end it silently.
        auto made = script(name, "trap 'echo " + name + " >> " + log + "; exit 0' TERM; : > " +
                                     (m_directory / name).string() + "; while :; do read x < " +
                                     (m_directory / "fifo").string() + "; done");
        made.stop_rank = rank;
        return made;
    };
    ASSERT_EQ(::mkfifo((m_directory / "fifo").c_str(), 0600), 0);
    start({child("roles", 1), child("edge", 0)});
    ASSERT_TRUE(eventually([this] {
        return std::filesystem::exists(m_directory / "roles") &&
               std::filesystem::exists(m_directory / "edge");
    }));
    stop();
    EXPECT_EQ(client::read_text_file(log).value_or(""), "edge\nroles\n");
}

TEST_F(SupervisorTest, AChildThatDoesNotStopIsKilled)
{
    m_options.stop_patience = Milliseconds(20);
    // Waits by itself: a child of its own would outlive it and hold our output open.
    ASSERT_EQ(::mkfifo((m_directory / "fifo").c_str(), 0600), 0);
    start({script("stubborn", "trap '' TERM; : > " + (m_directory / "up").string() +
                                  "; while :; do read x < " + (m_directory / "fifo").string() + "; done")});
    // It may be up before the supervisor has written its number down.
    ASSERT_TRUE(eventually(
        [this] { return std::filesystem::exists(m_directory / "up") && pids().contains("stubborn"); }));
    const auto pid = pids().at("stubborn");
    stop();
    EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(SupervisorTest, AChildThatFailsAtOnceIsTriedAgainAndAgain)
{
    const auto log = (m_directory / "log").string();
    start({script("fails", "echo x >> " + log + "; exit 3"), sleeper("b")});
    EXPECT_TRUE(eventually([&] { return client::read_text_file(log).value_or("").size() >= 10; }));
    EXPECT_TRUE(pids().contains("b"));
}

TEST_F(SupervisorTest, BacksOff)
{
    m_options.first_delay = Milliseconds(3'600'000);
    m_options.last_delay = Milliseconds(3'600'000);
    start({sleeper("a")});
    ASSERT_TRUE(eventually([this] { return pids().size() == 1; }));
    ::kill(pids().at("a"), SIGKILL);
    EXPECT_TRUE(eventually([this] { return pids().empty(); })); // and stays away
    stop();
}

TEST_F(SupervisorTest, AProgramThatIsNotThereDoesNotHarmTheOthers)
{
    start({{"absent", {{"/nowhere/qss-absent"}, {}, {}}, 0}, sleeper("b")});
    EXPECT_TRUE(eventually([this] { return pids().contains("b"); }));
}

TEST_F(SupervisorTest, AsksForReadinessUntilItIsThere)
{
    std::atomic<int> asked = 0;
    m_options.is_ready = [&asked] { return ++asked == 2; };
    start({sleeper("a")});
    EXPECT_TRUE(eventually([&] { return asked == 2; }));
    stop();
    EXPECT_EQ(asked, 2);
}

TEST(Process, FindsUsersByNameAndNumber)
{
    EXPECT_EQ(find_identity("root", "")->uid, 0U);
    EXPECT_EQ(find_identity("12345", "")->uid, 12345U);
    EXPECT_EQ(find_identity("12345", "")->gid, 12345U);
    EXPECT_EQ(find_identity("12345", "77")->shared_group, 77U);
    EXPECT_EQ(find_identity("no-such-user", "").error().code, ErrorCode::not_found);
    EXPECT_EQ(find_identity("root", "no-such-group").error().code, ErrorCode::not_found);
}

TEST(Process, MayOpenAsManyFilesAsTheMachineLetsIt)
{
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit few{256, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    auto process = Process::start(
        {{"/bin/sh", "-c", "test \"$(ulimit -Sn)\" = \"$(ulimit -Hn)\" -a \"$(ulimit -Sn)\" != 256"},
         {},
         {}});
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_TRUE(process);
    EXPECT_EQ(describe_exit(*process->wait(Milliseconds(20'000))), "exit status 0");
}

TEST(Process, TakesTheUserItIsGiven)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root";
    auto process =
        Process::start({{"/bin/sh", "-c", "test \"$(id -u) $(id -g) $(id -G)\" = '12345 12346 12346'"},
                        Identity{12345, 12346, std::nullopt},
                        {}});
    ASSERT_TRUE(process);
    EXPECT_EQ(describe_exit(*process->wait(Milliseconds(20'000))), "exit status 0");
}

}
}
