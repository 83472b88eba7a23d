#include "reactor.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include <sys/epoll.h>
#include <unistd.h>

namespace qss::bench {

void give_up(const char* what)
{
    std::fprintf(stderr, "bench: %s\n", what);
    std::exit(1);
}

Reactor::Reactor() : m_epoll(epoll_create1(EPOLL_CLOEXEC))
{
    if (m_epoll < 0)
        give_up("epoll");
}

Reactor::~Reactor()
{
    close(m_epoll);
}

void Reactor::watch(int descriptor, Watcher& watcher)
{
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &watcher;
    if (epoll_ctl(m_epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
        give_up("epoll_ctl");
}

void Reactor::run_until(const std::function<bool()>& done)
{
    std::array<epoll_event, 256> events{};
    while (!done()) {
        const int count = epoll_wait(m_epoll, events.data(), static_cast<int>(events.size()), 1000);
        for (int i = 0; i < count; ++i)
            static_cast<Watcher*>(events[static_cast<std::size_t>(i)].data.ptr)->on_ready();
    }
}

}
