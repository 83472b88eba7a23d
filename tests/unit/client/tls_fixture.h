// For the tests of the client: a directory of its own, certificates made by the openssl program, and a
// TLS server whose answers a test writes. The server runs on one thread and serves one connection after
// the other.
#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "client/tls_stream.h"

namespace qss::client::test {

class Directory {
public:
    Directory()
    {
        std::string name = std::filesystem::temp_directory_path() / "qss-client-XXXXXX";
        m_path = ::mkdtemp(name.data());
    }
    ~Directory() { std::filesystem::remove_all(m_path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const { return m_path / name; }

private:
    std::filesystem::path m_path;
};

inline std::string read_all(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_all(const std::string& path, std::string_view content)
{
    std::ofstream(path, std::ios::binary) << content;
}

// The exit status of `openssl …`, quiet.
inline int openssl(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), "openssl");
    std::vector<char*> argv;
    for (auto& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        const int null = ::open("/dev/null", O_RDWR);
        for (const int descriptor : {0, 1, 2})
            ::dup2(null, descriptor);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A self-signed CA "<name>.pem", "<name>.key".
inline void make_ca(const Directory& directory, const std::string& name)
{
    ASSERT_EQ(openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                       "-keyout", directory / (name + ".key"), "-out", directory / (name + ".pem"), "-subj",
                       "/CN=" + name, "-days", "30", "-addext", "keyUsage=critical,keyCertSign"}),
              0);
}

// "<name>.pem", "<name>.key" under the CA. `new_key`: as `openssl req -newkey` takes it.
inline void issue(const Directory& directory, const std::string& ca, const std::string& name,
                  const std::vector<std::string>& new_key, const std::string& extensions)
{
    std::vector<std::string> request{"req",
                                     "-new",
                                     "-nodes",
                                     "-keyout",
                                     directory / (name + ".key"),
                                     "-out",
                                     directory / (name + ".csr"),
                                     "-subj",
                                     "/CN=" + name};
    request.insert(request.end(), new_key.begin(), new_key.end());
    ASSERT_EQ(openssl(request), 0);
    write_all(directory / (name + ".ext"), extensions);
    ASSERT_EQ(openssl({"x509", "-req", "-in", directory / (name + ".csr"), "-CA", directory / (ca + ".pem"),
                       "-CAkey", directory / (ca + ".key"), "-days", "30", "-extfile",
                       directory / (name + ".ext"), "-out", directory / (name + ".pem")}),
              0);
}

inline const std::vector<std::string> p256_key{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"};

enum class Ask { nothing, client_certificate };

class Server {
public:
    // Gets each request's bytes up to the end of its body; gives bytes to send, "" to close unanswered.
    // An answer that ends with `close_mark` is sent without the mark, and the connection is closed.
    using Script = std::function<std::string(const std::string& request)>;
    static constexpr std::string_view close_mark = "\x01";

    Server(const Directory& directory, const std::string& certificate, Script script, Ask ask = Ask::nothing)
        : m_script(std::move(script)), m_context(SSL_CTX_new(TLS_server_method()))
    {
        SSL_CTX_use_certificate_chain_file(m_context.get(), (directory / (certificate + ".pem")).c_str());
        SSL_CTX_use_PrivateKey_file(m_context.get(), (directory / (certificate + ".key")).c_str(),
                                    SSL_FILETYPE_PEM);
        if (ask == Ask::client_certificate) {
            SSL_CTX_load_verify_file(m_context.get(), (directory / "ca.pem").c_str());
            SSL_CTX_set_verify(m_context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        }
        m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(m_listener, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(m_listener, 8), 0);
        ::getsockname(m_listener, reinterpret_cast<sockaddr*>(&address), &size);
        m_port = ntohs(address.sin_port);
        EXPECT_EQ(::pipe2(m_stop, O_CLOEXEC), 0);
        m_thread = std::thread([this] { run(); });
    }
    ~Server()
    {
        EXPECT_EQ(::write(m_stop[1], "x", 1), 1);
        m_thread.join();
        for (const int descriptor : {m_listener, m_stop[0], m_stop[1]})
            ::close(descriptor);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::string url(const std::string& host = "localhost") const
    {
        return "https://" + host + ":" + std::to_string(m_port);
    }
    [[nodiscard]] int connections() const { return m_connections; }

private:
    bool wait(int descriptor) const
    {
        pollfd entries[] = {{descriptor, POLLIN, 0}, {m_stop[0], POLLIN, 0}};
        return ::poll(entries, 2, 20'000) > 0 && entries[1].revents == 0;
    }

    void run()
    {
        while (wait(m_listener)) {
            const Descriptor socket(::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC));
            ++m_connections;
            const SslPtr ssl(SSL_new(m_context.get()));
            SSL_set_fd(ssl.get(), socket.get());
            if (SSL_accept(ssl.get()) == 1)
                serve(ssl.get(), socket.get());
        }
    }

    void serve(SSL* ssl, int descriptor)
    {
        std::string request;
        while (SSL_has_pending(ssl) == 1 || wait(descriptor)) {
            char piece[4096];
            const int count = SSL_read(ssl, piece, sizeof piece);
            if (count <= 0)
                return;
            request.append(piece, static_cast<std::size_t>(count));
            if (!complete(request))
                continue;
            auto answer = m_script(request);
            request.clear();
            const bool close = answer.empty() || answer.ends_with(close_mark);
            if (answer.ends_with(close_mark))
                answer.pop_back();
            if (!answer.empty())
                SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
            if (close) {
                SSL_shutdown(ssl);
                return;
            }
        }
    }

    static bool complete(const std::string& request)
    {
        const auto end = request.find("\r\n\r\n");
        if (end == std::string::npos)
            return false;
        const auto field = request.find("Content-Length: ");
        const auto length = field < end ? std::stoul(request.substr(field + 16)) : 0;
        return request.size() >= end + 4 + length;
    }

    Script m_script;
    SslCtxPtr m_context;
    int m_listener = -1;
    int m_stop[2] = {-1, -1};
    std::uint16_t m_port = 0;
    std::atomic<int> m_connections = 0;
    std::thread m_thread;
};

inline std::string http_answer(std::string_view status, std::string_view body,
                               std::string_view more_headers = "")
{
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(more_headers) + "\r\n" + std::string(body);
}

}
