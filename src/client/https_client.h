// A small blocking HTTPS/1.1 client (RFC 9112): one origin, one connection kept alive, mutual TLS, the
// server's name checked against its certificate, every step under one deadline, sizes limited. For the
// command line and tools; a client belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::client {

struct HttpsOptions {
    std::string base_url;         // "https://host[:port][/prefix]"
    std::string ca_file;          // PEM: the only anchors that are trusted
    std::string certificate_file; // PEM chain, ours; empty: none is shown
    std::string private_key_file; // PEM
    int connect_timeout_ms = 10'000; // name, TCP and TLS together
    std::size_t body_limit = 4 * 1024 * 1024;
};

struct HttpHeader {
    std::string name;
    std::string value;
};

struct HttpRequest {
    std::string method;               // upper case
    std::string target;               // path and query, percent-encoded; the base's prefix goes before
    std::vector<HttpHeader> headers;
    std::string body;
    int timeout_ms = 60'000;          // from the first byte sent to the last received
};

struct HttpAnswer {
    int status = 0;
    std::vector<HttpHeader> headers;
    std::string body;

    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const; // any case
};

class HttpsClient {
public:
    // invalid_argument for an address that is not https or files that do not load. Does not connect.
    static Result<HttpsClient> create(HttpsOptions options);
    HttpsClient(HttpsClient&&) noexcept;
    HttpsClient& operator=(HttpsClient&&) noexcept;
    ~HttpsClient();

    // unavailable: no connection, or it broke; timed_out; verification_failed: the server's certificate.
    // A kept connection that the server had closed is replaced. A request that may have reached the
    // server is sent again only when it is a GET, a DELETE or carries an Idempotency-Key.
    Result<HttpAnswer> send(const HttpRequest& request);

    [[nodiscard]] const HttpsOptions& options() const;

private:
    class Impl;
    explicit HttpsClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

// RFC 3986 2.1: all but unreserved characters become %XX.
std::string percent_encode(std::string_view text);

}
