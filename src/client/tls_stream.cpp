#include "client/tls_stream.h"

#include <cerrno>
#include <cstring>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace qss::client {

namespace {

using AddressesPtr = std::unique_ptr<addrinfo, crypto::Deleter<freeaddrinfo>>;

Status wait_ready(int descriptor, short events, TlsStream::Deadline deadline, std::string_view what)
{
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return fail(ErrorCode::timed_out, std::string(what) + " took too long");
        pollfd entry{descriptor, events, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
        if (ready > 0)
            return {};
        if (ready < 0 && errno != EINTR)
            return fail(ErrorCode::io, std::string("poll: ") + std::strerror(errno));
    }
}

Result<Descriptor> connect_to(const addrinfo& address, TlsStream::Deadline deadline)
{
    Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.valid())
        return fail(ErrorCode::io, std::string("socket: ") + std::strerror(errno));
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS)
        return fail(ErrorCode::unavailable, std::string("connect: ") + std::strerror(errno));
    TRY(wait_ready(socket.get(), POLLOUT, deadline, "connecting"));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        return fail(ErrorCode::unavailable, std::string("connect: ") + std::strerror(error));
    return socket;
}

// The addresses of a name, one after the other; the last error counts.
Result<Descriptor> connect_to_host(const std::string& host, const std::string& port,
                                   TlsStream::Deadline deadline)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* raw = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &raw); code != 0)
        return fail(ErrorCode::unavailable, "no address for " + host + ": " + gai_strerror(code));
    const AddressesPtr addresses(raw);
    Result<Descriptor> result = fail(ErrorCode::unavailable, "no address for " + host);
    for (const auto* address = addresses.get(); address != nullptr && !result; address = address->ai_next)
        result = connect_to(*address, deadline);
    if (!result)
        return fail(result.error().code, host + ":" + port + ": " + result.error().detail);
    return result;
}

bool is_address(const std::string& host)
{
    using IpPtr = std::unique_ptr<ASN1_OCTET_STRING, crypto::Deleter<ASN1_OCTET_STRING_free>>;
    return IpPtr(a2i_IPADDRESS(host.c_str())) != nullptr;
}

// As the macro SSL_set_tlsext_host_name does, without its casts.
bool set_server_name(SSL* ssl, std::string host)
{
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

}

TlsStream::Deadline TlsStream::deadline_in(int timeout_ms)
{
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

Result<TlsStream> TlsStream::connect(SSL_CTX& context, const std::string& host, const std::string& port,
                                     Deadline deadline)
{
    TRY_ASSIGN(socket, connect_to_host(host, port, deadline));
    SslPtr ssl(SSL_new(&context));
    if (!ssl || SSL_set_fd(ssl.get(), socket.get()) != 1)
        return fail(ErrorCode::internal, crypto::openssl_errors());
    TlsStream stream(std::move(socket), std::move(ssl), deadline);
    TRY(stream.handshake(host));
    return stream;
}

// RFC 9110 4.3.4: the name, or the address, must be in the certificate's subjectAltName.
Status TlsStream::handshake(const std::string& host)
{
    auto* ssl = m_ssl.get();
    bool ok = true;
    if (is_address(host)) {
        ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
    } else {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        ok = SSL_set1_host(ssl, host.c_str()) == 1 && set_server_name(ssl, host);
    }
    if (!ok)
        return fail(ErrorCode::internal, crypto::openssl_errors());
    for (;;) {
        ERR_clear_error();
        const int code = SSL_connect(ssl);
        if (code == 1)
            return {};
        const auto verified = SSL_get_verify_result(ssl);
        if (verified != X509_V_OK) {
            crypto::openssl_errors();
            return fail(ErrorCode::verification_failed,
                        "the certificate of " + host + ": " + X509_verify_cert_error_string(verified));
        }
        TRY(wait_for(SSL_get_error(ssl, code), "TLS handshake with " + host));
    }
}

Error TlsStream::broken(std::string_view what) const
{
    const bool in_tls = ERR_peek_error() != 0;
    return {ErrorCode::unavailable,
            std::string(what) + ": the connection broke" + (in_tls ? ": " + crypto::openssl_errors() : "")};
}

Status TlsStream::wait_for(int ssl_error, std::string_view what)
{
    if (ssl_error == SSL_ERROR_WANT_READ)
        return wait_ready(m_socket.get(), POLLIN, m_deadline, what);
    if (ssl_error == SSL_ERROR_WANT_WRITE)
        return wait_ready(m_socket.get(), POLLOUT, m_deadline, what);
    return fail(broken(what));
}

Result<std::size_t> TlsStream::read_some(std::span<std::uint8_t> out)
{
    for (;;) {
        ERR_clear_error();
        std::size_t count = 0;
        const int code = SSL_read_ex(m_ssl.get(), out.data(), out.size(), &count);
        if (code == 1)
            return count;
        const int error = SSL_get_error(m_ssl.get(), code);
        if (error == SSL_ERROR_ZERO_RETURN)
            return std::size_t{0};
        TRY(wait_for(error, "reading"));
    }
}

Result<std::size_t> TlsStream::write_some(ByteView data)
{
    for (;;) {
        ERR_clear_error();
        std::size_t count = 0;
        const int code = SSL_write_ex(m_ssl.get(), data.data(), data.size(), &count);
        if (code == 1)
            return count;
        TRY(wait_for(SSL_get_error(m_ssl.get(), code), "writing"));
    }
}

bool TlsStream::is_idle_and_open()
{
    ERR_clear_error();
    std::uint8_t byte = 0;
    std::size_t count = 0;
    // Takes in session tickets, which come unasked in TLS 1.3; "want read" is all that may be said.
    const int code = SSL_peek_ex(m_ssl.get(), &byte, 1, &count);
    return code != 1 && SSL_get_error(m_ssl.get(), code) == SSL_ERROR_WANT_READ;
}

}
