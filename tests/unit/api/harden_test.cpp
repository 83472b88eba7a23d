#include "api/harden.h"

#include <thread>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace qss::api {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QSS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define QSS_SANITIZED 1
#endif
#endif

// In a process of its own each time: what is given up does not come back.
TEST(HardenDeathTest, NoProgramNoProcessNoCode)
{
#ifdef QSS_SANITIZED
    GTEST_SKIP() << "system calls are not restricted under a sanitizer";
#endif
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto hardened = [] {
        if (!harden())
            ::_exit(1);
    };
    EXPECT_EXIT(
        {
            hardened();
            ::execl("/bin/true", "true", nullptr);
            ::_exit(0);
        },
        testing::KilledBySignal(SIGSYS), "");
    EXPECT_EXIT(
        {
            hardened();
            (void)::fork();
            ::_exit(0);
        },
        testing::KilledBySignal(SIGSYS), "");
    EXPECT_EXIT(
        {
            hardened();
            std::thread([] {}).join();
            const auto* code =
                ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            ::_exit(code == MAP_FAILED ? 0 : 2);
        },
        testing::ExitedWithCode(0), "");
}

}
}
