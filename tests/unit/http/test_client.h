// A blocking HTTP client for the tests, over OpenSSL or a plain socket, that sends exactly the bytes it
// is told to. Reads give up after five seconds.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "unit/http/test_pki.h"

namespace qss::test {

using SslCtxPtr = std::unique_ptr<SSL_CTX, crypto::Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, crypto::Deleter<SSL_SESSION_free>>;

struct ClientOptions {
    const KeyAndCertificate* certificate = nullptr;
    int version = 0; // 0: any
    const char* ciphers = nullptr;
    const char* groups = nullptr;
    SSL_SESSION* resume = nullptr;
};

struct Answer {
    int status = 0; // 0: none came
    std::string head;
    std::string body;
};

class TestClient {
public:
    explicit TestClient(std::uint16_t port) : m_socket(::socket(AF_INET, SOCK_STREAM, 0))
    {
        const timeval limit{5, 0};
        setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        const int on = 1;
        setsockopt(m_socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
        EXPECT_EQ(::connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }

    TestClient(std::uint16_t port, const ClientOptions& options) : TestClient(port)
    {
        m_context.reset(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_load_verify_file(m_context.get(), TestPki::instance().file("access-ca.pem").c_str());
        SSL_CTX_set_verify(m_context.get(), SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_session_cache_mode(m_context.get(), SSL_SESS_CACHE_CLIENT);
        if (options.version != 0) {
            SSL_CTX_set_min_proto_version(m_context.get(), options.version);
            SSL_CTX_set_max_proto_version(m_context.get(), options.version);
        }
        if (options.ciphers != nullptr)
            SSL_CTX_set_cipher_list(m_context.get(), options.ciphers);
        if (options.groups != nullptr) {
            std::string groups(options.groups); // the macro casts const away
            SSL_CTX_set1_groups_list(m_context.get(), groups.data());
        }
        if (options.certificate != nullptr) {
            SSL_CTX_use_certificate(m_context.get(), options.certificate->certificate.get());
            SSL_CTX_use_PrivateKey(m_context.get(), options.certificate->key.get());
        }
        m_ssl.reset(SSL_new(m_context.get()));
        SSL_set_fd(m_ssl.get(), m_socket);
        if (options.resume != nullptr)
            SSL_set_session(m_ssl.get(), options.resume);
        m_connected = SSL_connect(m_ssl.get()) == 1;
    }

    ~TestClient() { close(); }
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    void send(std::string_view data)
    {
        if (m_ssl)
            SSL_write(m_ssl.get(), data.data(), static_cast<int>(data.size()));
        else
            ::send(m_socket, data.data(), data.size(), MSG_NOSIGNAL);
    }

    // One answer, by its Content-Length; status 0 when the connection ended or nothing came.
    Answer receive()
    {
        std::size_t end = 0;
        while ((end = m_received.find("\r\n\r\n")) == std::string::npos) {
            if (!read_more())
                return {};
        }
        Answer answer;
        answer.head = m_received.substr(0, end + 2);
        answer.status = std::stoi(answer.head.substr(9, 3));
        m_received.erase(0, end + 4);
        const auto length = answer.head.find("Content-Length: ");
        const std::size_t size =
            length == std::string::npos ? 0 : std::stoul(answer.head.substr(length + 16));
        while (m_received.size() < size) {
            if (!read_more())
                return {};
        }
        answer.body = m_received.substr(0, size);
        m_received.erase(0, size);
        return answer;
    }

    Answer ask(std::string_view request)
    {
        send(request);
        return receive();
    }

    // True when the server has closed, and sent nothing before.
    bool closed_by_server() { return m_received.empty() && !read_more(); }

    void close()
    {
        if (m_socket >= 0)
            ::close(m_socket);
        m_socket = -1;
    }

    [[nodiscard]] bool connected() const { return m_connected; }
    [[nodiscard]] SSL* ssl() const { return m_ssl.get(); }
    [[nodiscard]] int socket() const { return m_socket; }
    [[nodiscard]] bool timed_out() const { return m_timed_out; }
    SslSessionPtr session() { return SslSessionPtr(SSL_get1_session(m_ssl.get())); }

private:
    bool read_more()
    {
        char buffer[4096];
        ERR_clear_error();
        errno = 0;
        const auto size = m_ssl ? SSL_read(m_ssl.get(), buffer, sizeof buffer)
                                : static_cast<int>(::recv(m_socket, buffer, sizeof buffer, 0));
        if (size > 0)
            m_received.append(buffer, static_cast<std::size_t>(size));
        else if (errno == EAGAIN)
            m_timed_out = true;
        return size > 0;
    }

    int m_socket;
    SslCtxPtr m_context;
    SslPtr m_ssl;
    bool m_connected = true;
    bool m_timed_out = false;
    std::string m_received;
};

}
