// One kept-alive HTTPS connection that never blocks: one request at a time, the answer to a callback.
// The server is not verified: it is our own, on loopback, and the client's time does not count.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "crypto/openssl.h"
#include "reactor.h"

namespace qss::bench {

using SslCtxPtr = std::unique_ptr<SSL_CTX, crypto::Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;

// Both files empty: no client certificate.
SslCtxPtr client_context(const std::string& certificate_file, const std::string& private_key_file);

struct Address {
    std::string host; // numeric, or localhost
    std::string port;

    static Address of_url(const std::string& url); // "https://host:port/…"
};

struct Reply {
    int status = 0; // 0: the connection broke
    std::string body;
};

class Channel final : public Reactor::Watcher {
public:
    Channel(Reactor& reactor, SSL_CTX* context, Address address);
    ~Channel() override;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    using Done = std::function<void(Reply)>;
    // `head`: request line and headers without Host and Content-Length, each line with its CRLF.
    void ask(const std::string& head, const std::string& body, Done done);

    void on_ready() override;
    [[nodiscard]] bool sent() const { return m_sent == m_request.size(); }

private:
    void connect();
    void disconnect();
    void finish(Reply reply);
    [[nodiscard]] bool shake_hands();
    void write_on();
    void read_on();
    void parse();

    Reactor& m_reactor;
    SSL_CTX* m_context;
    Address m_address;
    int m_socket = -1;
    SslPtr m_ssl;
    std::string m_request;
    std::size_t m_sent = 0;
    std::string m_received;
    Done m_done;
};

}
