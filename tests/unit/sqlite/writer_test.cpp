#include "sqlite/writer.h"

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace qss::sqlite {
namespace {

class WriterTest : public testing::Test {
protected:
    WriterTest()
    {
        char pattern[] = "/tmp/qss-writer-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        m_path = (m_directory / "test.db").string();
        auto database = Database::open(m_path, Access::read_write);
        EXPECT_TRUE(database->execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT NOT NULL)"));
    }
    ~WriterTest() override { std::filesystem::remove_all(m_directory); }

    Database open() { return std::move(*Database::open(m_path, Access::read_write)); }
    std::int64_t count()
    {
        auto database = open();
        auto query = database.prepare("SELECT count(*) FROM t");
        EXPECT_TRUE(query.step());
        return query.integer(0);
    }

    std::filesystem::path m_directory;
    std::string m_path;
};

Writer::Closure insert(int id)
{
    return [id](Database& database) -> Status {
        TRY(database.prepare("INSERT INTO t VALUES(?, ?)").bind(id).bind("x").run());
        return {};
    };
}

TEST_F(WriterTest, GroupsManyThreadsAndLosesNothing)
{
    Writer::Counts counts;
    {
        Writer writer(open());
        std::vector<std::thread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&writer, t] {
                for (int i = 0; i < 50; ++i)
                    EXPECT_TRUE(writer.write(insert(t * 1000 + i)));
            });
        for (auto& thread : threads)
            thread.join();
        counts = writer.counts();
    }
    EXPECT_EQ(count(), 400);
    EXPECT_EQ(counts.closures, 400U);
    EXPECT_LT(counts.commits, 400U);
}

TEST_F(WriterTest, AFailedClosureLeavesNothingAndHarmsNobody)
{
    Writer writer(open());
    ASSERT_TRUE(writer.write(insert(1)));
    const auto again = writer.write([](Database& database) -> Status {
        TRY(insert(2)(database));
        return insert(1)(database);
    });
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::already_exists);
    EXPECT_EQ(count(), 1);
}

TEST_F(WriterTest, AFailedCommitFailsAll)
{
    Writer writer(open(), [](Database&) -> Status { return fail(ErrorCode::io, "no"); });
    EXPECT_FALSE(writer.write(insert(1)));
    EXPECT_EQ(count(), 0);
}

TEST_F(WriterTest, TellsTheGroupsFateBeforeAnyDone)
{
    std::vector<bool> fates;
    std::atomic<bool> refuse{false};
    Writer writer(
        open(),
        [&refuse](Database&) -> Status {
            if (refuse)
                return fail(ErrorCode::io, "no");
            return {};
        },
        10, [&fates](const Status& committed) { fates.push_back(committed.has_value()); });
    EXPECT_TRUE(writer.write(insert(1)));
    EXPECT_EQ(fates, std::vector<bool>{true});
    refuse = true;
    EXPECT_FALSE(writer.write(insert(2)));
    EXPECT_EQ(fates, (std::vector<bool>{true, false}));
}

// A closure whose savepoint is lost can not be undone alone: then nothing of its group is kept.
TEST_F(WriterTest, ALostSavepointFailsTheGroup)
{
    Writer writer(open());
    const auto lost = writer.write([](Database& database) -> Status {
        TRY(insert(1)(database));
        TRY(database.execute("RELEASE one"));
        return fail(ErrorCode::rejected, "on purpose");
    });
    EXPECT_FALSE(lost);
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(writer.write(insert(2)));
}

TEST_F(WriterTest, AFullQueueSaysSoAtOnce)
{
    Writer writer(open(), {}, 0);
    const auto refused = writer.write(insert(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

TEST_F(WriterTest, MigratesForwardOnceAndRefusesANewerFile)
{
    constexpr std::string_view steps[] = {"CREATE TABLE a(x)", "CREATE TABLE b(y)"};
    auto database = open();
    ASSERT_TRUE(database.migrate(steps));
    ASSERT_TRUE(database.migrate(steps));
    const auto newer = database.migrate(std::span(steps).first(1));
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, ErrorCode::unsupported);
}

}
}
