// One TLS connection of a client: a socket that does not block, OpenSSL on its own descriptor, and one
// deadline over whatever waits. Inner header of `client`; one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/result.h"
#include "crypto/openssl.h"

namespace qss::client {

using SslCtxPtr = std::unique_ptr<SSL_CTX, crypto::Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;

class TlsStream {
public:
    using Deadline = std::chrono::steady_clock::time_point;
    static Deadline deadline_in(int timeout_ms);

    // `host` is a name or an address without brackets; the certificate must be for it.
    static Result<TlsStream> connect(SSL_CTX& context, const std::string& host, const std::string& port,
                                     Deadline deadline);

    void set_deadline(Deadline deadline) { m_deadline = deadline; }
    // 0: the peer closed properly. Errors: timed_out, unavailable (it broke).
    Result<std::size_t> read_some(std::span<std::uint8_t> out);
    Result<std::size_t> write_some(ByteView data);
    // False when the peer has closed meanwhile, or sent what was not asked for.
    [[nodiscard]] bool is_idle_and_open();

private:
    TlsStream(Descriptor socket, SslPtr ssl, Deadline deadline)
        : m_socket(std::move(socket)), m_ssl(std::move(ssl)), m_deadline(deadline)
    {
    }
    Status handshake(const std::string& host);
    Status wait_for(int ssl_error, std::string_view what);
    Error broken(std::string_view what) const;

    Descriptor m_socket;
    SslPtr m_ssl;
    Deadline m_deadline;
};

}
