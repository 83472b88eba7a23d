#include "store/store.h"

#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace qss::store {
namespace {

// No file of this process grows beyond `size`, as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uintmax_t size)
    {
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{size, m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit()
    {
        ::setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, m_handler);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    void (*m_handler)(int) = std::signal(SIGXFSZ, SIG_IGN); // an error is enough
    rlimit m_before{};
};

class StoreTest : public testing::Test {
protected:
    StoreTest() { m_store = *Store::open({.path = (m_directory / "main.db").string()}); }
    ~StoreTest() override
    {
        m_store.reset();
        std::filesystem::remove_all(m_directory);
    }
    static std::filesystem::path make_directory()
    {
        char pattern[] = "/tmp/qss-store-XXXXXX";
        return ::mkdtemp(pattern);
    }

    const std::filesystem::path m_directory = make_directory();
    std::unique_ptr<Store> m_store;
};

TEST_F(StoreTest, TheProbeFailsWhileNothingCanBeWritten)
{
    EXPECT_TRUE(m_store->probe());
    {
        const FileSizeLimit full(std::filesystem::file_size(m_directory / "main.db-wal"));
        EXPECT_TRUE(m_store->write([](sqlite::Database&) -> Status { return {}; })); // shows nothing
        EXPECT_FALSE(m_store->probe());
    }
    EXPECT_TRUE(m_store->probe());
}

TEST_F(StoreTest, TheProbeChangesNothing)
{
    const auto version = [this] {
        return *m_store->read([](sqlite::Database& database) -> Result<std::int64_t> {
            auto query = database.prepare("PRAGMA user_version");
            TRY(query.step());
            return query.integer(0);
        });
    };
    const auto before = version();
    EXPECT_GT(before, 0);
    EXPECT_TRUE(m_store->probe());
    EXPECT_EQ(version(), before);
}

}
}
