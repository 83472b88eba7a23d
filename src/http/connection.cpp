#include "http/connection.h"

#include <array>
#include <exception>

#include "base/limits.h"
#include "base/log.h"
#include "http/response_text.h"

namespace qss::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t read_size = 16 * 1024;              // a TLS record
constexpr std::size_t input_max = limits::http_header_size; // sent ahead while a request is handled
constexpr std::size_t linger_max = 1024 * 1024;
constexpr int linger_ms = 2'000;
constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

// RFC 9112 2.2: empty lines before a request are ignored. Their size.
std::size_t empty_lines(std::string_view input)
{
    std::size_t size = 0;
    while (input.substr(size).starts_with("\r\n"))
        size += 2;
    return size;
}

void release(std::string& buffer)
{
    std::string().swap(buffer);
}

}

Connection::Connection(std::shared_ptr<Worker> worker, std::shared_ptr<ListenerState> listener, Socket socket,
                       SslPtr ssl)
    : m_worker(std::move(worker)), m_listener(std::move(listener)), m_socket(std::move(socket)),
      m_transport(m_socket.native_handle(), std::move(ssl))
{
    ++m_listener->connections;
    const std::lock_guard lock(m_listener->open->mutex);
    ++m_listener->open->count;
}

Connection::~Connection()
{
    --m_listener->connections;
    const std::lock_guard lock(m_listener->open->mutex);
    if (--m_listener->open->count == 0)
        m_listener->open->changed.notify_all();
}

void Connection::start()
{
    m_worker->add(shared_from_this());
    m_deadline = m_worker->deadline(m_listener->options.header_timeout_ms);
    go_on();
}

void Connection::wait_to_read()
{
    if (m_waits_to_read || m_state == State::closed)
        return;
    m_waits_to_read = true;
    m_socket.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code&) {
        self->m_waits_to_read = false;
        self->go_on();
    });
}

void Connection::wait_to_write()
{
    if (m_waits_to_write || m_state == State::closed)
        return;
    m_waits_to_write = true;
    m_socket.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code&) {
        self->m_waits_to_write = false;
        self->go_on();
    });
}

void Connection::go_on()
{
    switch (m_state) {
    case State::handshake: return shake_hands();
    case State::reading: return read_request();
    case State::handling: return watch_client();
    case State::writing: return write_on();
    case State::lingering: return linger();
    case State::closed: return;
    }
}

void Connection::shake_hands()
{
    switch (m_transport.handshake()) {
    case Progress::done: break;
    case Progress::want_read: return wait_to_read();
    case Progress::want_write: return wait_to_write();
    case Progress::end:
    case Progress::failed: return close();
    }
    if (m_transport.ssl() != nullptr) {
        auto peer = peer_certificate(m_transport.ssl());
        if (!peer)
            return close();
        m_peer_certificate = std::move(*peer);
    }
    m_state = State::reading;
    m_deadline = m_worker->deadline(m_listener->options.idle_timeout_ms);
    read_request();
}

bool Connection::take_input()
{
    std::array<char, read_size> buffer; // on the stack: an idle connection holds none
    const auto read = m_transport.read(buffer);
    switch (read.progress) {
    case Progress::done: m_input.append(buffer.data(), read.size); return true;
    case Progress::want_read: wait_to_read(); return false;
    case Progress::want_write: wait_to_write(); return false;
    case Progress::end: m_peer_ended = true; return false;
    case Progress::failed: close(); return false;
    }
    return false;
}

void Connection::read_request()
{
    parse_input(); // what was sent ahead
    while (m_state == State::reading && take_input())
        parse_input();
    if (m_state == State::reading && m_peer_ended)
        close();
}

void Connection::parse_input()
{
    if (!m_parser)
        m_input.erase(0, empty_lines(m_input));
    if (m_input.empty() || (!m_parser && m_input == "\r"))
        return;
    if (!m_parser) {
        m_parser.emplace(m_listener->options.opaque_prefix);
        m_in_body = false;
        m_sent_continue = false;
        m_deadline = m_worker->deadline(m_listener->options.header_timeout_ms);
    }
    const auto used = m_parser->feed(m_input);
    if (!used)
        return refuse(used.error().status, used.error().reason);
    m_input.erase(0, *used);
    if (m_input.empty())
        release(m_input);
    if (m_parser->done()) {
        m_keep_alive = m_parser->keep_alive();
        Request request = m_parser->take();
        m_parser.reset();
        return handle(std::move(request));
    }
    if (m_parser->header_done() && !m_in_body) {
        m_in_body = true;
        m_deadline = m_worker->deadline(m_listener->options.body_timeout_ms);
    }
    if (m_parser->wants_continue() && !m_sent_continue) {
        m_sent_continue = true;
        send(std::string(continue_text), AfterWrite::read_on);
    }
}

void Connection::handle(Request request)
{
    m_method = request.method;
    m_request_id = m_worker->new_request_id();
    m_watch = std::make_shared<ClientWatch>();
    request.request_id = m_request_id;
    request.client = m_watch;
    request.peer_certificate = m_peer_certificate;
    m_state = State::handling;
    m_deadline = 0; // the handler's business; a Responder that is dropped answers too
    Responder responder([worker = m_worker, weak = weak_from_this()](Response response) {
        asio::post(worker->context(), [weak, response = std::move(response)]() mutable {
            if (const auto self = weak.lock())
                self->respond(std::move(response));
        });
    });
    try {
        m_listener->handler(std::move(request), std::move(responder));
    } catch (const std::exception& exception) {
        log::error("a handler threw", {{"request", m_request_id}, {"what", exception.what()}});
    }
    watch_client();
}

void Connection::watch_client()
{
    while (m_state == State::handling && !m_peer_ended && m_input.size() < input_max && take_input()) {}
    if (m_peer_ended && m_watch)
        m_watch->set_gone();
}

void Connection::respond(Response response)
{
    if (m_state != State::handling)
        return;
    m_watch.reset();
    if (response.status == 500 && response.body.empty())
        response = shape(500, "no answer", m_request_id);
    m_keep_alive = m_keep_alive && !m_worker->draining();
    const auto after = m_keep_alive ? AfterResponse::keep_alive : AfterResponse::close;
    auto text = response_text(response, m_method, after, m_worker->date());
    if (!text) {
        log::error("a response was refused", {{"request", m_request_id}, {"detail", text.error().detail}});
        text = response_text(problem({500, "no answer", m_request_id}), m_method, after, m_worker->date());
    }
    m_deadline = m_worker->deadline(m_listener->options.body_timeout_ms);
    send(std::move(*text), m_keep_alive ? AfterWrite::next_request : AfterWrite::finish);
}

void Connection::refuse(int status, std::string reason)
{
    m_parser.reset();
    release(m_input);
    m_keep_alive = false;
    const auto response = shape(status, std::move(reason), m_worker->new_request_id());
    auto text = response_text(response, "GET", AfterResponse::close, m_worker->date());
    if (!text)
        return close();
    m_deadline = m_worker->deadline(m_listener->options.body_timeout_ms);
    send(std::move(*text), AfterWrite::finish);
}

Response Connection::shape(int status, std::string reason, std::string request_id) const
{
    const ProtocolError error{status, std::move(reason), std::move(request_id)};
    const auto& own = m_listener->options.protocol_error;
    if (!own)
        return problem(error);
    try {
        return own(error);
    } catch (const std::exception& exception) {
        log::error("an error's shape threw", {{"request", error.request_id}, {"what", exception.what()}});
        return problem(error);
    }
}

void Connection::send(std::string text, AfterWrite after)
{
    m_output = std::move(text);
    m_output_sent = 0;
    m_after_write = after;
    m_state = State::writing;
    write_on();
}

void Connection::write_on()
{
    while (m_state == State::writing && m_output_sent < m_output.size()) {
        const auto written = m_transport.write(std::string_view(m_output).substr(m_output_sent));
        switch (written.progress) {
        case Progress::done: m_output_sent += written.size; break;
        case Progress::want_read: return wait_to_read();
        case Progress::want_write: return wait_to_write();
        case Progress::end:
        case Progress::failed: return close();
        }
    }
    if (m_state == State::writing)
        after_write();
}

void Connection::after_write()
{
    release(m_output);
    switch (m_after_write) {
    case AfterWrite::read_on: m_state = State::reading; return wait_to_read();
    case AfterWrite::next_request:
        m_state = State::reading;
        m_deadline = m_worker->deadline(m_listener->options.idle_timeout_ms);
        if (!m_input.empty() || m_peer_ended || m_transport.has_pending())
            return read_request();
        return wait_to_read();
    case AfterWrite::finish:
        // Closing with unread input would reset the connection, and the client would lose the answer.
        m_transport.finish();
        m_state = State::lingering;
        m_deadline = m_worker->deadline(linger_ms);
        return linger();
    }
}

void Connection::linger()
{
    while (m_state == State::lingering && !m_peer_ended && m_discarded <= linger_max) {
        if (!take_input())
            break;
        m_discarded += m_input.size();
        release(m_input);
    }
    if (m_state == State::lingering && (m_peer_ended || m_discarded > linger_max))
        close();
}

void Connection::on_tick(std::uint64_t tick)
{
    if (m_deadline == 0 || tick < m_deadline)
        return;
    if (m_state == State::reading && m_parser)
        return refuse(408, "the request took too long");
    if (m_state == State::reading)
        m_transport.finish();
    close();
}

void Connection::drain()
{
    const bool idle = m_state == State::reading && !m_parser && m_input.empty();
    if (idle)
        m_transport.finish();
    if (idle || m_state == State::handshake || m_state == State::lingering)
        close();
}

void Connection::close()
{
    if (m_state == State::closed)
        return;
    const auto self = shared_from_this(); // the worker's reference may be the last one
    m_state = State::closed;
    if (m_watch)
        m_watch->set_gone();
    m_watch.reset();
    error_code ignored;
    m_socket.close(ignored);
    m_worker->remove(*this);
}

}
