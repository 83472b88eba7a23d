#include "cli/health.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/service_access.h"

namespace qss::cli {

namespace {

constexpr std::string_view request = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view expected = "HTTP/1.1 200 ";

struct FreeAddress {
    void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};

// A connected socket, or -1.
int connect_to(const config::Listener& listener, std::uint16_t port)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(listener.address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
        return -1;
    const std::unique_ptr<addrinfo, FreeAddress> address(found);
    const int fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const timeval patience{0, 500'000};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    ::close(fd);
    return -1;
}

}

bool is_ready(const config::Config& config)
{
    const auto port = current_port(config.paths, "health", 0);
    if (port == 0)
        return false;
    const int fd = connect_to(config.health, port);
    if (fd < 0)
        return false;
    std::array<char, 64> answer{};
    std::size_t size = 0;
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
        while (size < expected.size()) {
            const auto got = ::recv(fd, answer.data() + size, answer.size() - size, 0);
            if (got <= 0)
                break;
            size += static_cast<std::size_t>(got);
        }
    }
    ::close(fd);
    return std::string_view(answer.data(), size).starts_with(expected);
}

}
