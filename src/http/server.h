// HTTP/1.1 over TLS (or plain) for the listeners of design 9. OpenSSL works on the socket's own
// descriptor, Asio only waits for readiness, idle connections release their buffers: a waiting call
// costs little. Limits of base/limits.h hold before anything is parsed; slow peers are cut off.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace qss::http {

enum class ClientCertificate { none, required };

struct TlsOptions {
    std::string certificate_chain_file; // PEM
    std::string private_key_file;       // PEM
    ClientCertificate client_certificate = ClientCertificate::none;
    std::string client_ca_file;         // PEM; the access CA
};

struct ListenerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;             // 0: any; see port()
    std::optional<TlsOptions> tls;      // TLS 1.2 and 1.3; nullopt: plain HTTP
    std::size_t connections = 20'000;
    int header_timeout_ms = 15'000;     // from the first byte of a request to the end of its headers
    int body_timeout_ms = 30'000;
    int idle_timeout_ms = 75'000;
};

// One or more listeners on one set of I/O threads. The handler runs on an I/O thread and must not
// block: it hands work on and answers through the Responder.
class Server {
public:
    static Result<std::unique_ptr<Server>> create(unsigned io_threads);
    virtual ~Server() = default;
    // Returns the port that it listens on.
    virtual Result<std::uint16_t> listen(const ListenerOptions& options, Handler handler) = 0;
    virtual void start() = 0;
    // Stops accepting, finishes requests under way (up to `grace_ms`), closes, joins.
    virtual void stop(int grace_ms) = 0;
};

}
