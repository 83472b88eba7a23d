// A thread that does one thing every so often until destroyed. What it does must be thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace qss::role {

class PeriodicTask {
public:
    PeriodicTask(std::chrono::milliseconds interval, std::function<void()> task)
        : m_interval(interval), m_task(std::move(task)), m_thread([this] { run(); })
    {
    }
    ~PeriodicTask()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stopping = true;
        }
        m_wake.notify_one();
        m_thread.join();
    }
    PeriodicTask(const PeriodicTask&) = delete;
    PeriodicTask& operator=(const PeriodicTask&) = delete;

private:
    void run()
    {
        std::unique_lock lock(m_mutex);
        while (!m_wake.wait_for(lock, m_interval, [this] { return m_stopping; })) {
            lock.unlock();
            m_task();
            lock.lock();
        }
    }

    const std::chrono::milliseconds m_interval;
    const std::function<void()> m_task;
    std::mutex m_mutex; // guards m_stopping
    bool m_stopping = false;
    std::condition_variable m_wake;
    std::thread m_thread;
};

}
