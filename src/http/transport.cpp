#include "http/transport.h"

#include <cerrno>

#include <openssl/err.h>
#include <sys/socket.h>

namespace qss::http {

namespace {

Progress from_errno()
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Progress::want_read : Progress::failed;
}

}

Progress Transport::from_ssl(int result)
{
    const int error = SSL_get_error(m_ssl.get(), result);
    switch (error) {
    case SSL_ERROR_WANT_READ: return Progress::want_read;
    case SSL_ERROR_WANT_WRITE: return Progress::want_write;
    case SSL_ERROR_ZERO_RETURN: return Progress::end;
    default: break;
    }
    // After these no goodbye may be sent (SSL_shutdown(3)).
    m_broken = true;
    const unsigned long reason = ERR_peek_error();
    ERR_clear_error();
    // Many clients close without close_notify; requests carry their length, so nothing can be cut off.
    if (error == SSL_ERROR_SSL && ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return Progress::end;
    return Progress::failed;
}

Progress Transport::handshake()
{
    if (!m_ssl)
        return Progress::done;
    ERR_clear_error();
    const int result = SSL_do_handshake(m_ssl.get());
    if (result == 1)
        return Progress::done;
    const Progress progress = from_ssl(result);
    return progress == Progress::end ? Progress::failed : progress;
}

Transferred Transport::read(std::span<char> into)
{
    if (m_ssl) {
        ERR_clear_error();
        std::size_t size = 0;
        const int result = SSL_read_ex(m_ssl.get(), into.data(), into.size(), &size);
        return result == 1 ? Transferred{Progress::done, size} : Transferred{from_ssl(result), 0};
    }
    const auto size = ::recv(m_descriptor, into.data(), into.size(), 0);
    if (size > 0)
        return {Progress::done, static_cast<std::size_t>(size)};
    return {size == 0 ? Progress::end : from_errno(), 0};
}

Transferred Transport::write(std::string_view data)
{
    if (m_ssl) {
        ERR_clear_error();
        std::size_t size = 0;
        const int result = SSL_write_ex(m_ssl.get(), data.data(), data.size(), &size);
        return result == 1 ? Transferred{Progress::done, size} : Transferred{from_ssl(result), 0};
    }
    const auto size = ::send(m_descriptor, data.data(), data.size(), MSG_NOSIGNAL);
    if (size >= 0)
        return {Progress::done, static_cast<std::size_t>(size)};
    const Progress progress = from_errno();
    return {progress == Progress::want_read ? Progress::want_write : progress, 0};
}

void Transport::finish()
{
    if (m_ssl && !m_broken && SSL_is_init_finished(m_ssl.get()) == 1) {
        ERR_clear_error();
        SSL_shutdown(m_ssl.get());
        ERR_clear_error();
    }
    ::shutdown(m_descriptor, SHUT_WR);
}

}
