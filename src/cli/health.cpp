#include "cli/health.h"

#include <array>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "client/files.h"
#include "client/json.h"

namespace qss::cli {

namespace {

constexpr std::string_view request = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

// With port 0 only the running service knows.
std::uint16_t health_port(const config::Config& config)
{
    const auto text = client::read_text_file(config.paths.ports_file.string(), 4096);
    const auto ports = text ? client::parse_object(*text) : fail(text.error());
    const auto port = ports ? client::integer_member(*ports, "health") : fail(ports.error());
    return port && *port > 0 && *port < 65'536 ? static_cast<std::uint16_t>(*port) : std::uint16_t{0};
}

bool connect_to(int fd, const config::Listener& listener, std::uint16_t port)
{
    sockaddr_in v4{};
    if (::inet_pton(AF_INET, listener.address.c_str(), &v4.sin_addr) != 1)
        return false;
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&v4), sizeof v4) == 0;
}

}

bool is_ready(const config::Config& config)
{
    const auto port = health_port(config);
    if (port == 0)
        return false;
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    const timeval patience{0, 500'000};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    std::array<char, 64> answer{};
    std::size_t size = 0;
    if (connect_to(fd, config.health, port) &&
        ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
        while (size < 13) { // "HTTP/1.1 200 "
            const auto got = ::recv(fd, answer.data() + size, answer.size() - size, 0);
            if (got <= 0)
                break;
            size += static_cast<std::size_t>(got);
        }
    }
    ::close(fd);
    return std::string_view(answer.data(), size).starts_with("HTTP/1.1 200 ");
}

}
