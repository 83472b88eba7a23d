// The bytes of one connection, never blocking: TLS by OpenSSL on the socket's own descriptor, or plain.
// Says what to wait for instead of waiting. One thread at a time.
#pragma once

#include <span>
#include <string_view>

#include "http/tls_context.h"

namespace qss::http {

enum class Progress {
    done,
    want_read,
    want_write,
    end,    // the peer sends no more: orderly
    failed, // reset, or not TLS, or no acceptable certificate
};

struct Transferred {
    Progress progress = Progress::failed;
    std::size_t size = 0;
};

class Transport {
public:
    Transport(int descriptor, SslPtr ssl) : m_descriptor(descriptor), m_ssl(std::move(ssl)) {}

    Progress handshake(); // done at once when plain
    Transferred read(std::span<char> into);
    Transferred write(std::string_view data);
    // Something is left that the socket's readiness will not tell.
    [[nodiscard]] bool has_pending() const { return m_ssl && SSL_pending(m_ssl.get()) > 0; }
    // Says goodbye (close_notify, FIN) without waiting for the peer's.
    void finish();

    [[nodiscard]] const SSL* ssl() const { return m_ssl.get(); }

private:
    Progress from_ssl(int result);

    int m_descriptor; // the socket owns it
    SslPtr m_ssl;     // nullptr: plain
    bool m_broken = false;
};

}
