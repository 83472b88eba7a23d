#include "http/server.h"

#include <csignal>

#include <boost/asio/ip/tcp.hpp>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/log.h"
#include "http/connection.h"

namespace qss::http {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;

namespace {

constexpr int backlog = 4096;
constexpr int accept_pause_ms = 100; // after EMFILE and the like

// A client that lost its network while it waits for an approval would be waited for until that ends: the
// kernel asks after a minute of silence, and gives up two minutes later.
bool keep_alive(int socket)
{
    const auto set = [socket](int level, int option, int value) {
        return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
    };
    return set(SOL_SOCKET, SO_KEEPALIVE, 1) && set(IPPROTO_TCP, TCP_KEEPIDLE, 60) &&
           set(IPPROTO_TCP, TCP_KEEPINTVL, 30) && set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

// Accepts for one listener on the first worker's thread; hands connections to the workers in turn.
class Listener final : public std::enable_shared_from_this<Listener> {
public:
    Listener(std::vector<std::shared_ptr<Worker>> workers, std::shared_ptr<ListenerState> state)
        : m_workers(std::move(workers)), m_state(std::move(state)), m_acceptor(m_workers.front()->context()),
          m_pause(m_workers.front()->context())
    {
    }

    Result<std::uint16_t> open()
    {
        error_code error;
        const auto address = asio::ip::make_address(m_state->options.address, error);
        const auto io_error = [&](const char* what) {
            return fail(ErrorCode::io, std::string(what) + ' ' + m_state->options.address + ':' +
                                           std::to_string(m_state->options.port) + ": " + error.message());
        };
        if (error)
            return io_error("address");
        const Tcp::endpoint endpoint(address, m_state->options.port);
        m_acceptor.open(endpoint.protocol(), error);
        if (!error)
            m_acceptor.set_option(Acceptor::reuse_address(true), error);
        if (!error)
            m_acceptor.bind(endpoint, error);
        if (!error)
            m_acceptor.listen(backlog, error);
        if (error)
            return io_error("listen on");
        return m_acceptor.local_endpoint(error).port();
    }

    void accept_next()
    {
        auto& worker = m_workers[m_next % m_workers.size()];
        ++m_next;
        auto accepted = [self = shared_from_this(), worker](error_code error, Socket socket) {
            if (error == asio::error::operation_aborted || !self->m_acceptor.is_open())
                return;
            if (error)
                return self->pause(error);
            self->take(worker, std::move(socket));
            self->accept_next();
        };
        m_acceptor.async_accept(worker->context(), std::move(accepted));
    }

    // From any thread.
    void close()
    {
        asio::post(m_workers.front()->context(), [self = shared_from_this()] {
            error_code ignored;
            self->m_acceptor.close(ignored);
            self->m_pause.cancel();
        });
    }

    [[nodiscard]] std::size_t connections() const { return m_state->connections; }

private:
    void pause(const error_code& error)
    {
        log::warning("cannot accept connections", {{"detail", error.message()}});
        m_pause.expires_after(Milliseconds(accept_pause_ms));
        m_pause.async_wait([self = shared_from_this()](error_code stopped) {
            if (!stopped)
                self->accept_next();
        });
    }

    void take(const std::shared_ptr<Worker>& worker, Socket socket)
    {
        if (m_state->connections >= m_state->options.connections)
            return; // closes it
        error_code error;
        socket.non_blocking(true, error);
        if (!error)
            socket.set_option(Tcp::no_delay(true), error);
        if (error || !keep_alive(socket.native_handle()))
            return;
        SslPtr ssl;
        if (m_state->tls) {
            auto accepted = m_state->tls->accept_on(socket.native_handle());
            if (!accepted) {
                log::error("TLS", {{"detail", accepted.error().detail}});
                return;
            }
            ssl = std::move(*accepted);
        }
        auto connection = std::make_shared<Connection>(worker, m_state, std::move(socket), std::move(ssl));
        asio::post(worker->context(), [connection = std::move(connection)] { connection->start(); });
    }

    std::vector<std::shared_ptr<Worker>> m_workers;
    std::shared_ptr<ListenerState> m_state;
    Acceptor m_acceptor;
    asio::steady_timer m_pause;
    std::size_t m_next = 0;
};

class AsioServer final : public Server {
public:
    AsioServer(unsigned io_threads, const Clock& clock, Random& random) : m_clock(clock), m_random(random)
    {
        for (unsigned i = 0; i < io_threads; ++i)
            m_workers.push_back(std::make_shared<Worker>(clock, random));
    }

    ~AsioServer() override { stop(0); }

    Result<std::uint16_t> listen(const ListenerOptions& options, Handler handler) override
    {
        auto state = std::make_shared<ListenerState>();
        state->open = m_open;
        state->options = options;
        state->handler = std::move(handler);
        if (options.tls) {
            TRY_ASSIGN(tls, TlsContext::create(*options.tls, m_clock, m_random));
            state->tls = std::move(tls);
        }
        auto listener = std::make_shared<Listener>(m_workers, std::move(state));
        TRY_ASSIGN(port, listener->open());
        m_listeners.push_back(listener);
        asio::post(m_workers.front()->context(), [listener] { listener->accept_next(); });
        return port;
    }

    void start() override
    {
        for (const auto& worker : m_workers)
            worker->start();
    }

    void stop(int grace_ms) override
    {
        if (m_stopped)
            return;
        m_stopped = true;
        for (const auto& listener : m_listeners)
            listener->close();
        for (const auto& worker : m_workers)
            worker->drain();
        wait_for_end(grace_ms);
        for (const auto& worker : m_workers)
            worker->stop();
        m_listeners.clear();
    }

    [[nodiscard]] std::size_t connections() const override
    {
        std::size_t sum = 0;
        for (const auto& listener : m_listeners)
            sum += listener->connections();
        return sum;
    }

private:
    void wait_for_end(int grace_ms) const
    {
        std::unique_lock lock(m_open->mutex);
        m_open->changed.wait_for(lock, Milliseconds(grace_ms), [this] { return m_open->count == 0; });
    }

    const Clock& m_clock;
    Random& m_random;
    std::vector<std::shared_ptr<Worker>> m_workers;
    std::vector<std::shared_ptr<Listener>> m_listeners;
    const std::shared_ptr<OpenConnections> m_open = std::make_shared<OpenConnections>();
    bool m_stopped = false;
};

// Thousands of clients may wait at once.
void raise_descriptor_limit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}

Result<std::unique_ptr<Server>> Server::create(unsigned io_threads, const Clock& clock, Random& random)
{
    if (io_threads == 0)
        return fail(ErrorCode::invalid_argument, "a server needs an I/O thread");
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes with write(2)
    raise_descriptor_limit();
    try {
        return std::make_unique<AsioServer>(io_threads, clock, random);
    } catch (const std::exception& exception) {
        return fail(ErrorCode::io, exception.what());
    }
}

}
