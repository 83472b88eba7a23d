// Heap that one waiting call costs the HTTP server (docs/performance.md: 24 KiB at most): a child process
// serves mutual TLS and parks every request; this one opens the connections, sends one request on each and
// reads the child's heap before and after. Usage: bench-http-waiting [connections]
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/server.h"
#include "unit/http/test_pki.h"

namespace {

using namespace qss;

void put(int pipe, std::uint64_t value)
{
    if (write(pipe, &value, sizeof value) != sizeof value)
        std::_Exit(1);
}

std::uint64_t get(int pipe)
{
    std::uint64_t value = 0;
    if (read(pipe, &value, sizeof value) != sizeof value)
        std::_Exit(1);
    return value;
}

// Answers each number on `questions` with "requests waiting" and "heap in use".
void serve(int questions, int answers)
{
    const SystemClock clock;
    SystemRandom random;
    auto server = std::move(*http::Server::create(2, clock, random));
    auto& pki = test::TestPki::instance();
    http::ListenerOptions options;
    options.tls = http::TlsOptions{.certificates = {{pki.file("ecdsa.pem"), pki.file("ecdsa.key")}},
                                   .client_certificate = http::ClientCertificate::required,
                                   .client_ca_file = pki.file("access-ca.pem")};
    std::mutex mutex;
    std::vector<std::pair<http::Request, http::Responder>> waiting; // as a real waiting call keeps them
    waiting.reserve(20'000);
    const auto port = server->listen(options, [&](http::Request request, http::Responder responder) {
        const std::lock_guard lock(mutex);
        waiting.emplace_back(std::move(request), std::move(responder));
    });
    server->start();
    put(answers, *port);
    std::uint64_t question = 0;
    while (read(questions, &question, sizeof question) == sizeof question) {
        const std::lock_guard lock(mutex);
        put(answers, waiting.size());
        put(answers, mallinfo2().uordblks + mallinfo2().hblkhd);
    }
    std::_Exit(0);
}

void open_one(SSL_CTX* context, std::uint16_t port)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    SSL* ssl = SSL_new(context); // kept open until the end of the process
    const std::string request = "POST /users/somebody@example.com/sign HTTP/1.1\r\nHost: localhost\r\n"
                                "Content-Type: application/json;charset=utf-8\r\nAuthorization: Bearer " +
                                std::string(300, 'x') + "\r\nContent-Length: 82\r\n\r\n" +
                                std::string(82, 'y');
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        SSL_set_fd(ssl, socket) != 1 || SSL_connect(ssl) != 1 ||
        SSL_write(ssl, request.data(), static_cast<int>(request.size())) <= 0) {
        std::perror("connection");
        std::exit(1);
    }
}

struct Usage {
    std::uint64_t waiting;
    std::uint64_t heap;
};

Usage ask(int questions, int answers)
{
    put(questions, 0);
    const auto waiting = get(answers);
    return {waiting, get(answers)};
}

}

int main(int argc, char** argv)
{
    const auto connections = static_cast<std::uint64_t>(argc > 1 ? std::atoi(argv[1]) : 1000);
    signal(SIGPIPE, SIG_IGN);
    const rlimit files{65'536, 65'536};
    setrlimit(RLIMIT_NOFILE, &files);
    auto& pki = test::TestPki::instance();
    int questions[2];
    int answers[2];
    if (pipe(questions) != 0 || pipe(answers) != 0)
        return 1;
    const pid_t child = fork();
    if (child == 0) {
        close(questions[1]);
        serve(questions[0], answers[1]);
    }
    const auto port = static_cast<std::uint16_t>(get(answers[0]));
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_use_certificate(context, pki.client.certificate.get());
    SSL_CTX_use_PrivateKey(context, pki.client.key.get());
    for (int i = 0; i < 20; ++i)
        open_one(context, port);
    Usage before{};
    while (before.waiting < 20)
        before = ask(questions[1], answers[0]);
    for (std::uint64_t i = 0; i < connections; ++i)
        open_one(context, port);
    Usage after{};
    while (after.waiting < 20 + connections)
        after = ask(questions[1], answers[0]);
    std::printf("{\"connections\": %llu, \"heap_bytes_each\": %llu}\n",
                static_cast<unsigned long long>(connections),
                static_cast<unsigned long long>((after.heap - before.heap) / connections));
    close(questions[1]);
    waitpid(child, nullptr, 0);
    return 0;
}
