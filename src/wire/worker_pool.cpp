#include "wire/worker_pool.h"

namespace qss::wire {

WorkerPool::WorkerPool(unsigned threads)
{
    for (unsigned i = 0; i < threads; ++i)
        m_threads.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    for (auto& thread : m_threads)
        thread.join();
}

void WorkerPool::submit(Lane& lane, Task task)
{
    {
        const std::lock_guard lock(m_mutex);
        lane.m_tasks.push_back(std::move(task));
        if (lane.m_tasks.size() == 1)
            m_ready.push_back(&lane);
    }
    m_wake.notify_one();
}

void WorkerPool::work()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_wake.wait(lock, [this] { return m_stopping || !m_ready.empty(); });
        if (m_ready.empty())
            return;
        auto& lane = *m_ready.front();
        m_ready.pop_front();
        auto task = std::move(lane.m_tasks.front());
        lane.m_tasks.pop_front();
        if (!lane.m_tasks.empty())
            m_ready.push_back(&lane);
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
    }
}

}
