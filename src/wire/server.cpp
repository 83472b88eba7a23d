#include "wire/server.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "wire/connection.h"
#include "wire/socket.h"

namespace qss::wire {

namespace {

class UnixServer final : public Server {
public:
    UnixServer(ServerOptions options, Dispatcher& dispatcher, Descriptor listener, Descriptor stop_event)
        : m_options(std::move(options)), m_dispatcher(dispatcher), m_listener(std::move(listener)),
          m_stop_event(std::move(stop_event)), m_pool(m_options.workers)
    {
        if (m_options.allowed_uids.empty())
            m_options.allowed_uids.push_back(::geteuid());
    }

    void run() override
    {
        while (wait_for_peer())
            accept_one();
        ::unlink(m_options.socket_path.c_str());
        m_listener.reset();
        for (const auto& connection : m_connections)
            connection->drain();
        m_connections.clear();
    }

    void stop() override
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(m_stop_event.get(), &one, sizeof one);
    }

private:
    // False: told to stop.
    bool wait_for_peer()
    {
        for (;;) {
            pollfd fds[] = {{m_stop_event.get(), POLLIN, 0}, {m_listener.get(), POLLIN, 0}};
            if (::poll(fds, 2, -1) < 0) {
                QSS_ASSERT(errno == EINTR);
                continue;
            }
            if (fds[0].revents != 0)
                return false;
            if (fds[1].revents != 0)
                return true;
        }
    }

    void accept_one()
    {
        Descriptor fd(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!fd.valid()) {
            if (errno == EMFILE || errno == ENFILE) // the peer stays in the queue: do not spin
                ::poll(nullptr, 0, 100);
            return;
        }
        std::erase_if(m_connections, [](const auto& connection) { return connection->finished(); });
        if (!is_allowed(fd))
            return;
        if (m_connections.size() >= limits::wire_connections) {
            log::warning("connection refused", {{"reason", "too many"}});
            return;
        }
        m_connections.push_back(std::make_unique<Connection>(std::move(fd), m_dispatcher, m_pool));
    }

    // What the kernel noted about the peer when it connected.
    bool is_allowed(const Descriptor& fd) const
    {
        ucred peer{};
        socklen_t size = sizeof peer;
        if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer)
            return false;
        const auto& allowed = m_options.allowed_uids;
        if (std::find(allowed.begin(), allowed.end(), peer.uid) != allowed.end())
            return true;
        log::alarm("connection refused", {{"reason", "peer uid"}, {"uid", std::to_string(peer.uid)}});
        return false;
    }

    ServerOptions m_options;
    Dispatcher& m_dispatcher;
    Descriptor m_listener;
    Descriptor m_stop_event;
    WorkerPool m_pool;
    std::vector<std::unique_ptr<Connection>> m_connections; // run()'s thread only; before the pool's end
};

}

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options, Dispatcher& dispatcher)
{
    if (options.workers == 0 || options.workers > 64)
        return fail(ErrorCode::invalid_argument, "workers: 1 to 64");
    TRY_ASSIGN(listener, listen_at(options.socket_path));
    Descriptor stop_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop_event.valid())
        return fail_errno(ErrorCode::io, "eventfd");
    return std::make_unique<UnixServer>(std::move(options), dispatcher, std::move(listener),
                                        std::move(stop_event));
}

}
