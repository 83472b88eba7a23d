#include "service/worker_pool.h"

#include <future>
#include <stdexcept>

#include <gtest/gtest.h>

namespace qss::service {
namespace {

TEST(WorkerPool, AFullQueueSaysSoAndLeavesTheTask)
{
    WorkerPool pool(1, 1);
    std::promise<void> started;
    std::promise<void> release;
    ASSERT_TRUE(pool.post([&] {
        started.set_value();
        release.get_future().wait();
    }));
    started.get_future().wait();
    int ran = 0;
    ASSERT_TRUE(pool.post([&ran] { ++ran; }));
    WorkerPool::Task refused = [&ran] { ++ran; };
    const auto full = pool.post(refused);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(refused);
    release.set_value();
    pool.stop();
    EXPECT_EQ(ran, 1);
    EXPECT_FALSE(pool.post(refused));
}

TEST(WorkerPool, AnExceptionEndsItsTaskAlone)
{
    WorkerPool pool(1, 10);
    std::promise<int> after;
    ASSERT_TRUE(pool.post([] { throw std::runtime_error("third party"); }));
    ASSERT_TRUE(pool.post([&after] { after.set_value(1); }));
    EXPECT_EQ(after.get_future().get(), 1);
}

}
}
