#include "channel.h"

#include <array>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

namespace qss::bench {

SslCtxPtr client_context(const std::string& certificate_file, const std::string& private_key_file)
{
    SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    if (certificate_file.empty())
        return context;
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), private_key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        give_up(crypto::openssl_errors().c_str());
    return context;
}

Address Address::of_url(const std::string& url)
{
    const auto host = url.find("://");
    const auto colon = url.rfind(':');
    if (host == std::string::npos || colon == host)
        give_up("an address must be https://host:port");
    const auto end = url.find('/', colon);
    return {url.substr(host + 3, colon - host - 3), url.substr(colon + 1, end - colon - 1)};
}

Channel::Channel(Reactor& reactor, SSL_CTX* context, Address address)
    : m_reactor(reactor), m_context(context), m_address(std::move(address))
{
}

Channel::~Channel()
{
    m_done = nullptr;
    disconnect();
}

void Channel::connect()
{
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(m_address.host.c_str(), m_address.port.c_str(), &hints, &found) != 0)
        give_up("address");
    m_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (m_socket < 0)
        give_up(std::strerror(errno));
    const int on = 1;
    setsockopt(m_socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::connect(m_socket, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    m_ssl.reset(SSL_new(m_context));
    SSL_set_fd(m_ssl.get(), m_socket);
    SSL_set_connect_state(m_ssl.get());
    m_reactor.watch(m_socket, *this);
}

void Channel::disconnect()
{
    if (m_socket >= 0)
        ::close(m_socket);
    m_socket = -1;
    m_ssl.reset();
    m_received.clear();
}

void Channel::ask(const std::string& head, const std::string& body, Done done)
{
    m_request = head + "Host: " + m_address.host + ':' + m_address.port +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    m_sent = 0;
    m_done = std::move(done);
    if (m_socket < 0)
        connect();
    else if (SSL_is_init_finished(m_ssl.get()) == 1)
        write_on();
}

void Channel::finish(Reply reply)
{
    if (const auto done = std::exchange(m_done, nullptr))
        done(std::move(reply));
}

bool Channel::shake_hands()
{
    if (SSL_is_init_finished(m_ssl.get()) == 1)
        return true;
    ERR_clear_error();
    const int result = SSL_do_handshake(m_ssl.get());
    if (result == 1)
        return true;
    const int error = SSL_get_error(m_ssl.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        disconnect();
        finish({});
    }
    return false;
}

void Channel::on_ready()
{
    if (m_socket < 0 || !shake_hands())
        return;
    write_on();
    if (m_socket >= 0)
        read_on();
}

void Channel::write_on()
{
    while (m_sent < m_request.size()) {
        std::size_t size = 0;
        ERR_clear_error();
        if (SSL_write_ex(m_ssl.get(), m_request.data() + m_sent, m_request.size() - m_sent, &size) != 1)
            return; // again when the socket is ready; a broken one shows when reading
        m_sent += size;
    }
}

void Channel::read_on()
{
    std::array<char, 16 * 1024> buffer{};
    for (;;) {
        std::size_t size = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(m_ssl.get(), buffer.data(), buffer.size(), &size);
        if (result == 1) {
            m_received.append(buffer.data(), size);
            continue;
        }
        const int error = SSL_get_error(m_ssl.get(), 0);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            disconnect();
            return finish({});
        }
        return parse();
    }
}

void Channel::parse()
{
    constexpr std::string_view length_name = "\r\nContent-Length: ";
    const auto end = m_received.find("\r\n\r\n");
    if (end == std::string::npos)
        return;
    const auto length = m_received.find(length_name);
    if (length == std::string::npos || length > end)
        give_up("an answer without Content-Length");
    const std::size_t size = std::stoul(m_received.substr(length + length_name.size(), 12));
    if (m_received.size() < end + 4 + size)
        return;
    Reply reply{std::stoi(m_received.substr(9, 3)), m_received.substr(end + 4, size)};
    m_received.erase(0, end + 4 + size);
    finish(std::move(reply));
}

}
