// HTTP/1.1 over TLS (or plain) for qss-api's listeners. OpenSSL works on the socket's own
// descriptor, Asio only waits for readiness, idle connections release their buffers: a waiting call
// costs little. Limits of base/limits.h hold before anything is parsed; slow peers are cut off.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "http/message.h"

namespace qss::http {

enum class ClientCertificate { none, required };

struct ServerCertificate {
    std::string chain_file;             // PEM, leaf first
    std::string private_key_file;       // PEM
};

struct TlsOptions {
    std::vector<ServerCertificate> certificates; // one for each key type: an RSA and an ECDSA one
    ClientCertificate client_certificate = ClientCertificate::none;
    std::string client_ca_file;         // PEM; the access CA
};

// The server itself refuses: 400 malformed, 408, 411, 413, 417, 431, 500 (a handler gave no answer).
struct ProtocolError {
    int status = 400;
    std::string reason;                 // for people, without anything the client sent
    std::string request_id;
};

struct ListenerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;             // 0: any; see port()
    std::optional<TlsOptions> tls;      // TLS 1.2 and 1.3; nullopt: plain HTTP
    std::size_t connections = 20'000;
    int header_timeout_ms = 15'000;     // handshake; first octet of a request to the end of its headers
    int body_timeout_ms = 30'000;       // a request's body; writing an answer
    int idle_timeout_ms = 75'000;       // between requests
    std::string opaque_prefix;          // of paths whose rest is data, kept as it was sent; empty: none
    // Shapes the errors of this listener's API. Runs on an I/O thread; default: RFC 9457.
    std::function<Response(const ProtocolError&)> protocol_error;
};

// One or more listeners on one set of I/O threads. The handler runs on an I/O thread and must not
// block: it hands work on and answers through the Responder. `listen` any time before `stop`; all
// three from one thread. A Responder may outlive the server: it then does nothing.
class Server {
public:
    static Result<std::unique_ptr<Server>> create(unsigned io_threads, const Clock& clock, Random& random);
    virtual ~Server() = default;
    // Returns the port that it listens on.
    virtual Result<std::uint16_t> listen(const ListenerOptions& options, Handler handler) = 0;
    virtual void start() = 0;
    // Stops accepting, finishes requests under way (up to `grace_ms`), closes, joins.
    virtual void stop(int grace_ms) = 0;
    [[nodiscard]] virtual std::size_t connections() const = 0; // open now, on all listeners
};

}
