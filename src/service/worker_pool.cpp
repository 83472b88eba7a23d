#include "service/worker_pool.h"

#include <exception>

#include "base/log.h"

namespace qss::service {

WorkerPool::WorkerPool(unsigned threads, std::size_t queue_limit) : m_queue_limit(queue_limit)
{
    QSS_ASSERT(threads > 0);
    for (unsigned i = 0; i < threads; ++i)
        m_threads.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool()
{
    stop();
}

Status WorkerPool::post(Task& task)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_stopping)
            return fail(ErrorCode::unavailable, "the service is stopping");
        if (m_queue.size() >= m_queue_limit)
            return fail(ErrorCode::unavailable, "the workers' queue is full");
        m_queue.push_back(std::move(task));
    }
    m_wake.notify_one();
    return {};
}

void WorkerPool::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    for (auto& thread : m_threads)
        if (thread.joinable())
            thread.join();
}

void WorkerPool::run()
{
    for (;;) {
        Task task;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [this] { return m_stopping || !m_queue.empty(); });
            if (m_queue.empty())
                return;
            task = std::move(m_queue.front());
            m_queue.pop_front();
        }
        // What a third party throws ends its request alone: its responder answers when it is dropped.
        try {
            task();
        } catch (const std::exception& error) {
            log::error("a request ended with an exception", {{"what", error.what()}});
        }
    }
}

}
