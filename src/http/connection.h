// One connection of a listener, from handshake to close: one request at a time, answered in order;
// what a client sends ahead waits, bounded, in the kernel and one small buffer. Everything but the
// Responder runs on its worker's thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/request_parser.h"
#include "http/server.h"
#include "http/tls_context.h"
#include "http/transport.h"
#include "http/worker.h"

namespace qss::http {

// Those of all listeners of a server, for who waits until none is left.
struct OpenConnections {
    std::mutex mutex; // guards count
    std::condition_variable changed;
    std::size_t count = 0;
};

// What the connections of one listener share; constant but for the count.
struct ListenerState {
    ListenerOptions options;
    Handler handler;
    std::unique_ptr<TlsContext> tls; // nullptr: plain
    std::atomic<std::size_t> connections = 0;
    std::shared_ptr<OpenConnections> open;
};

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

class Connection final : public std::enable_shared_from_this<Connection> {
public:
    Connection(std::shared_ptr<Worker> worker, std::shared_ptr<ListenerState> listener, Socket socket,
               SslPtr ssl);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();
    void on_tick(std::uint64_t tick);
    void drain();
    void close();

private:
    friend class Worker; // m_place

    enum class State { handshake, reading, handling, writing, lingering, closed };
    enum class AfterWrite { read_on, next_request, finish };

    void wait_to_read();
    void wait_to_write();
    void go_on();             // does what the state and the socket permit now
    void shake_hands();
    void read_request();
    bool take_input();        // reads once; false: nothing more now
    void parse_input();
    void handle(Request request);
    void watch_client();      // while a handler works
    void respond(Response response);
    void refuse(int status, std::string reason);
    Response shape(int status, std::string reason, std::string request_id) const;
    void send(std::string text, AfterWrite after);
    void write_on();
    void after_write();
    void linger();

    std::shared_ptr<Worker> m_worker;
    std::shared_ptr<ListenerState> m_listener;
    Socket m_socket;
    Transport m_transport;
    Bytes m_peer_certificate; // DER
    std::size_t m_place = 0;      // the worker's
    std::uint64_t m_deadline = 0; // in the worker's ticks; 0: none
    State m_state = State::handshake;
    AfterWrite m_after_write = AfterWrite::finish;
    bool m_waits_to_read = false;
    bool m_waits_to_write = false;
    bool m_peer_ended = false;
    bool m_keep_alive = true;
    bool m_in_body = false;       // the body's time limit runs
    bool m_sent_continue = false;
    std::string m_input;          // read, not parsed yet
    std::optional<RequestParser> m_parser;
    std::string m_output;
    std::size_t m_output_sent = 0;
    std::size_t m_discarded = 0;  // while lingering
    std::string m_method;         // of the request under way
    std::string m_request_id;
    std::shared_ptr<ClientWatch> m_watch;
};

}
