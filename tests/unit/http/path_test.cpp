#include "http/path.h"

#include <gtest/gtest.h>

namespace qss::http {
namespace {

std::string path_of(std::string_view target)
{
    const auto parsed = parse_target(target);
    return parsed ? parsed->path : "refused";
}

TEST(Path, EmailAddressesRawAndEncodedAreTheSame)
{
    EXPECT_EQ(path_of("/users/john+x.o'd@example.com/sign"), "/users/john+x.o'd@example.com/sign");
    EXPECT_EQ(path_of("/users/john%2Bx.o%27d%40example.com/sign"), "/users/john+x.o'd@example.com/sign");
    EXPECT_EQ(path_of("/users/j%C3%A4n"), "/users/j\xC3\xA4n");
}

TEST(Path, TrailingSlashIsDropped)
{
    EXPECT_EQ(path_of("/login/"), "/login");
    EXPECT_EQ(path_of("/"), "/");
}

TEST(Path, QueryStaysRaw)
{
    const auto parsed = parse_target("/sessions/?wait_seconds=3&x=%41");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->path, "/sessions");
    EXPECT_EQ(parsed->query, "wait_seconds=3&x=%41");
}

TEST(Path, AbsoluteFormIsTaken)
{
    EXPECT_EQ(path_of("https://localhost:8443/login?x"), "/login");
    EXPECT_EQ(path_of("https:///login"), "refused");
    EXPECT_EQ(path_of("https://localhost"), "refused");
    EXPECT_EQ(path_of("ftp://localhost/login"), "refused");
}

TEST(Path, WhatCouldBeReadTwoWaysIsRefused)
{
    for (const auto* target :
         {"",      "*",      "login",       "/a#b",   "/a%2Fb", "/a%2fb",    "/../a",
          "/a/..", "/a/./b", "/a/%2e%2e/b", "/a/%2E", "/a%00b", "/a%0d%0ab", "/a%7f",
          "/a%",   "/a%4",   "/a%zz",       "/a%+1",  "/a%ff",  "/a%c0%af",  "/a%ed%a0%80"})
        EXPECT_EQ(path_of(target), "refused") << target;
    EXPECT_EQ(path_of(std::string_view("/a\0b", 4)), "refused");
    EXPECT_EQ(path_of("/a/...b"), "/a/...b");
}

TEST(Path, Splits)
{
    EXPECT_TRUE(split_path("/").empty());
    EXPECT_EQ(split_path("/a/b"), (std::vector<std::string_view>{"a", "b"}));
    EXPECT_EQ(split_path("//a"), (std::vector<std::string_view>{"", "a"}));
    EXPECT_EQ(split_path("/a/"), (std::vector<std::string_view>{"a", ""}));
}

}
}
