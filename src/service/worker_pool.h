// The bounded pool on which the business runs, synchronously. Full means `unavailable`, said before any
// work is done. Safe from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "service/task.h"

namespace qss::service {

class WorkerPool {
public:
    using Task = MoveOnlyFunction<void()>;

    WorkerPool(unsigned threads, std::size_t queue_limit);
    ~WorkerPool(); // stop()
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // `unavailable` when the queue is full or the pool stops; then `task` was not moved from. Keep the
    // responder where it can still say so (shared with the task).
    Status post(Task& task);
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, Task>)
    Status post(F&& function)
    {
        Task task(std::forward<F>(function));
        return post(task);
    }

    // Finishes what is queued, then joins. Nothing may be posted from outside meanwhile.
    void stop();

private:
    void run();

    const std::size_t m_queue_limit;
    std::mutex m_mutex;              // guards the next two
    std::deque<Task> m_queue;
    bool m_stopping = false;
    std::condition_variable m_wake;
    std::vector<std::thread> m_threads;
};

}
