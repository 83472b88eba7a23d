#include "cli/data_directory.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace qss::cli {
namespace {

namespace fs = std::filesystem;

class DataDirectoryTest : public testing::Test {
protected:
    DataDirectoryTest()
    {
        char pattern[] = "/tmp/qss-data-XXXXXX";
        m_parent = ::mkdtemp(pattern);
        m_target = m_parent / "data";
    }
    ~DataDirectoryTest() override { fs::remove_all(m_parent); }
    fs::path m_parent, m_target;
};

TEST_F(DataDirectoryTest, AppearsWhole)
{
    auto directory = DataDirectory::begin(m_target, 0700);
    ASSERT_TRUE(directory);
    std::ofstream(directory->partial() / "file") << "x";
    EXPECT_FALSE(fs::exists(m_target));
    ASSERT_TRUE(directory->publish());
    EXPECT_TRUE(fs::exists(m_target / "file"));
    EXPECT_FALSE(fs::exists(m_parent / "data.partial"));
    EXPECT_EQ(std::distance(fs::directory_iterator(m_target), fs::directory_iterator()), 1);
    struct stat status{};
    ASSERT_EQ(::stat(m_target.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(DataDirectoryTest, DoesNotOverwrite)
{
    fs::create_directory(m_target);
    EXPECT_TRUE(DataDirectory::check_free(m_target)); // empty
    std::ofstream(m_target / "precious") << "x";
    EXPECT_EQ(DataDirectory::check_free(m_target).error().code, ErrorCode::already_exists);
    EXPECT_EQ(DataDirectory::begin(m_target, 0700).error().code, ErrorCode::already_exists);
}

TEST_F(DataDirectoryTest, DoesNotOverwriteWhatCameMeanwhile)
{
    auto directory = DataDirectory::begin(m_target, 0700);
    ASSERT_TRUE(directory);
    fs::create_directory(m_target);
    std::ofstream(m_target / "precious") << "x";
    EXPECT_FALSE(directory->publish());
    EXPECT_TRUE(fs::exists(m_target / "precious"));
}

TEST_F(DataDirectoryTest, WhatAnAbortedAttemptLeftIsReplaced)
{
    {
        auto aborted = DataDirectory::begin(m_target, 0700);
        ASSERT_TRUE(aborted);
        std::ofstream(aborted->partial() / "half") << "x";
    }
    EXPECT_TRUE(fs::exists(m_parent / "data.partial" / "half"));
    auto directory = DataDirectory::begin(m_target, 0700);
    ASSERT_TRUE(directory);
    EXPECT_FALSE(fs::exists(directory->partial() / "half"));
}

TEST_F(DataDirectoryTest, AnAttemptUnderWayIsNotDisturbed)
{
    auto first = DataDirectory::begin(m_target, 0700);
    ASSERT_TRUE(first);
    std::ofstream(first->partial() / "file") << "x";
    EXPECT_EQ(DataDirectory::begin(m_target, 0700).error().code, ErrorCode::conflict);
    EXPECT_TRUE(fs::exists(first->partial() / "file"));
}

TEST_F(DataDirectoryTest, WhatWeDidNotMakeIsNotRemoved)
{
    fs::create_directory(m_parent / "data.partial");
    std::ofstream(m_parent / "data.partial" / "precious") << "x";
    EXPECT_EQ(DataDirectory::begin(m_target, 0700).error().code, ErrorCode::already_exists);
    EXPECT_TRUE(fs::exists(m_parent / "data.partial" / "precious"));
}

TEST_F(DataDirectoryTest, GivesATree)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root";
    fs::create_directories(m_target / "a" / "b");
    ASSERT_TRUE(give_tree(m_target, Identity{12345, 12346, std::nullopt}));
    for (const auto& path : {m_target, m_target / "a" / "b"}) {
        struct stat status{};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, 12345U);
        EXPECT_EQ(status.st_gid, 12346U);
    }
}

}
}
