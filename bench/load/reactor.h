// One epoll loop. One thread.
#pragma once

#include <cstdint>
#include <functional>

namespace qss::bench {

class Reactor {
public:
    class Watcher {
    public:
        virtual ~Watcher() = default;
        virtual void on_ready() = 0;
    };

    Reactor();
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    // Edge-triggered, for reading and writing; ends when the descriptor is closed.
    void watch(int descriptor, Watcher& watcher);
    void run_until(const std::function<bool()>& done);

private:
    int m_epoll;
};

[[noreturn]] void give_up(const char* what);

}
