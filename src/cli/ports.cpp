#include "cli/ports.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/descriptor.h"

namespace qss::cli {

namespace {

constexpr std::chrono::milliseconds patience{3'000};
constexpr int interval_ms = 100;

struct FreeAddress {
    void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};

// 0, or the errno of listening there.
int try_to_listen(const config::Listener& listener)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(listener.address.c_str(), std::to_string(listener.port).c_str(), &hints, &found) != 0)
        return EADDRNOTAVAIL;
    const std::unique_ptr<addrinfo, FreeAddress> address(found);
    const Descriptor socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    if (!socket.valid() || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(socket.get(), address->ai_addr, address->ai_addrlen) != 0 || ::listen(socket.get(), 1) != 0)
        return errno;
    return 0;
}

Status check(std::string_view name, const config::Listener& listener)
{
    const int error = listener.port == 0 ? 0 : try_to_listen(listener);
    if (error == 0)
        return {};
    const auto where = listener.address + " port " + std::to_string(listener.port);
    const auto advice = "; choose another in [listeners." + std::string(name) + "] of qss.toml (0: any)";
    if (error == EADDRINUSE)
        return fail(ErrorCode::conflict, where + " is taken by another program" + advice);
    return fail(ErrorCode::io, "cannot listen on " + where + ": " + std::strerror(error) + advice);
}

Status check_all(const config::Config& config)
{
    TRY(check("mtls", config.mtls));
    TRY(check("tls", config.tls));
    TRY(check("health", config.health));
    return check("public", config.public_);
}

}

Status wait_for_ports(const config::Config& config, int stop_fd)
{
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto status = check_all(config);
        if (status || status.error().code != ErrorCode::conflict || std::chrono::steady_clock::now() >= until)
            return status;
        pollfd stop{stop_fd, POLLIN, 0};
        if (::poll(&stop, 1, interval_ms) > 0)
            return status;
    }
}

}
