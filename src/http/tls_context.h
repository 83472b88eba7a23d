// The TLS side of one listener: TLS 1.2 and 1.3, RSA and ECDSA certificates side by side, no
// renegotiation, compression or early data, tickets bound to this listener that live no longer than an
// access token. A client certificate must be of the client CA; one that is only expired or not yet
// valid passes here, so that the application can look it up and answer 401. Safe from any thread.
#pragma once

#include <memory>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/openssl.h"
#include "http/server.h"

namespace qss::http {

using SslCtxPtr = std::unique_ptr<SSL_CTX, crypto::Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;

class TicketKeys;

class TlsContext {
public:
    // `clock` and `random` (for ticket keys) must outlive it.
    static Result<std::unique_ptr<TlsContext>> create(const TlsOptions& options, const Clock& clock,
                                                      Random& random);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    Result<SslPtr> accept_on(int descriptor) const;

private:
    TlsContext(SslCtxPtr context, std::unique_ptr<TicketKeys> keys);
    std::unique_ptr<TicketKeys> m_keys; // outlives m_context, which points to it
    SslCtxPtr m_context;
};

// The client's certificate, DER; empty: none.
Result<Bytes> peer_certificate(const SSL* ssl);

}
