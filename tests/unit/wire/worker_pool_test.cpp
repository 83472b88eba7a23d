#include "wire/worker_pool.h"

#include <algorithm>
#include <future>

#include <gtest/gtest.h>

namespace qss::wire {
namespace {

TEST(WorkerPool, ABusyLaneDoesNotMakeAnotherWaitBehindAllItsTasks)
{
    std::vector<char> order; // the pool's one thread; read after its end
    {
        WorkerPool::Lane busy, other;
        WorkerPool pool(1);
        std::promise<void> gate;
        pool.submit(busy, [opened = gate.get_future().share()] { opened.wait(); });
        for (int i = 0; i < 100; ++i)
            pool.submit(busy, [&order] { order.push_back('b'); });
        pool.submit(other, [&order] { order.push_back('o'); });
        gate.set_value();
    }
    ASSERT_EQ(order.size(), 101U);
    EXPECT_LE(std::find(order.begin(), order.end(), 'o') - order.begin(), 1);
}

TEST(WorkerPool, FinishesWhatIsQueued)
{
    int done = 0;
    {
        WorkerPool::Lane lane;
        WorkerPool pool(1);
        for (int i = 0; i < 1000; ++i)
            pool.submit(lane, [&done] { ++done; });
    }
    EXPECT_EQ(done, 1000);
}

}
}
