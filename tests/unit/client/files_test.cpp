#include "client/files.h"

#include <sys/stat.h>

#include "tls_fixture.h"

namespace qss::client {
namespace {

using namespace test;

mode_t mode_of(const std::string& path)
{
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

TEST(Files, WritesPrivatelyAndWhole)
{
    const Directory directory;
    const auto path = directory / "file";
    ASSERT_TRUE(write_file(path, as_bytes("one"), FileAccess::owner_only).has_value());
    EXPECT_EQ(mode_of(path), 0600U);
    ASSERT_TRUE(write_file(path, as_bytes("two"), FileAccess::owner_only).has_value());
    EXPECT_EQ(*read_text_file(path), "two");
    EXPECT_EQ(write_new_file(path, as_bytes("three"), FileAccess::owner_only).error().code,
              ErrorCode::already_exists);
    EXPECT_EQ(*read_text_file(path), "two");
}

TEST(Files, ReadsUpToItsLimit)
{
    const Directory directory;
    write_all(directory / "file", "12345");
    EXPECT_EQ(*read_text_file(directory / "file", 5), "12345");
    EXPECT_EQ(read_text_file(directory / "file", 4).error().code, ErrorCode::too_large);
    EXPECT_EQ(read_text_file(directory / "absent").error().code, ErrorCode::not_found);
}

TEST(Files, DigestsWithoutReadingAllAtOnce)
{
    const Directory directory;
    const std::string content(200'000, 'x');
    write_all(directory / "file", content);
    for (const auto hash :
         {crypto::HashAlgorithm::sha256, crypto::HashAlgorithm::sha384, crypto::HashAlgorithm::sha512}) {
        const auto digest = digest_file(directory / "file", hash);
        ASSERT_TRUE(digest.has_value());
        EXPECT_EQ(*digest, crypto::Digest::of(hash, as_bytes(content)));
    }
    EXPECT_EQ(digest_file(directory / "absent", crypto::HashAlgorithm::sha256).error().code,
              ErrorCode::not_found);
}

TEST(Files, AnOpenDirectoryIsRefused)
{
    const Directory directory;
    const auto path = directory / "private";
    ASSERT_TRUE(make_private_directory(path).has_value());
    EXPECT_EQ(mode_of(path), 0700U);
    EXPECT_TRUE(make_private_directory(path).has_value());
    ::chmod(path.c_str(), 0750);
    EXPECT_EQ(make_private_directory(path).error().code, ErrorCode::forbidden);
    write_all(directory / "file", "");
    EXPECT_FALSE(make_private_directory(directory / "file").has_value());
}

}
}
