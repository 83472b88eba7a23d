// A fixed number of threads that take turns between lanes, so that a peer with thousands of requests
// does not make another wait behind all of them. What bounds a lane is its owner. Safe from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace qss::wire {

class WorkerPool {
public:
    using Task = std::function<void()>;

    // One peer's tasks, in order of arrival. Outlives its tasks.
    class Lane {
        friend class WorkerPool;
        std::deque<Task> m_tasks; // guarded by the pool's mutex
    };

    explicit WorkerPool(unsigned threads);
    ~WorkerPool(); // finishes what is queued
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    void submit(Lane& lane, Task task);

private:
    void work();

    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<Lane*> m_ready; // lanes with tasks, each once; guarded by m_mutex
    bool m_stopping = false;   // guarded by m_mutex
    std::vector<std::thread> m_threads;
};

}
