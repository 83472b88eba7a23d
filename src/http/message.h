// A request and its answer, plain: nothing of Beast, Asio or OpenSSL shows here (Beast takes half a
// minute to compile). A `Responder` is move-only, may be called once from any thread, and answers 500
// if it is dropped.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::http {

struct Header {
    std::string name;
    std::string value;
};

// Tells a waiting call that its client has gone (closed or reset the connection) before the answer, so that
// its grace time can start. Safe from any thread.
class ClientWatch {
public:
    [[nodiscard]] bool gone() const { return m_gone; }
    void set_gone() { m_gone = true; } // the server's

private:
    std::atomic<bool> m_gone = false;
};

struct Request {
    std::string method;                 // as sent: methods are case-sensitive (RFC 9110 9.1)
    std::string path;                   // percent-decoded ('+' stays), valid UTF-8 without control
                      // characters or dot segments, without query, "/x/" made "/x"
    std::string query; // raw
    std::vector<Header> headers; // in order; names as sent
    std::string body;
    Bytes peer_certificate; // DER; empty without one. Issued by the listener's client CA, and proven
                            // to be the client's, on resumed connections too; perhaps expired
    std::string request_id; // ours, for logs and the error's id
    std::vector<std::string> parameters; // filled by the router: the {x} parts of the path, in order

    // The first value of a header, case-insensitive; nullopt: absent.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
    // Set by the server; nullptr in a request made by hand.
    std::shared_ptr<ClientWatch> client;
};

struct Response {
    int status = 200;
    std::vector<Header> headers; // Content-Length, Date and Connection are the server's
    std::string body;
};

class Responder {
public:
    using Send = std::function<void(Response)>;
    explicit Responder(Send send) : m_send(std::move(send)) {}
    Responder(Responder&& other) noexcept : m_send(std::exchange(other.m_send, nullptr)) {}
    Responder& operator=(Responder&&) = delete;
    Responder(const Responder&) = delete;
    ~Responder(); // 500 when it was not called

    void operator()(Response response);

private:
    Send m_send;
};

using Handler = std::function<void(Request, Responder)>;

}
