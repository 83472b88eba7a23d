#include "wire/socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace qss::wire {

namespace {

Result<sockaddr_un> address_of(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return fail(ErrorCode::invalid_argument, "socket path is empty or longer than 107 bytes: " + path);
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    return address;
}

const sockaddr* generic(const sockaddr_un& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

Result<Descriptor> make_socket(int flags)
{
    Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    if (!fd.valid())
        return fail_errno(ErrorCode::io, "socket");
    return fd;
}

// True when the descriptor is ready in time. A hung-up peer counts as ready: the next call says so.
bool wait_writable(int fd, std::chrono::steady_clock::time_point deadline)
{
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return false;
        pollfd poll_fd{fd, POLLOUT, 0};
        const int count = ::poll(&poll_fd, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
        if (count > 0)
            return true;
        if (count < 0 && errno != EINTR)
            return false;
    }
}

}

tl::unexpected<Error> fail_errno(ErrorCode code, std::string_view what)
{
    const int number = errno;
    return fail(code, std::string(what) + ": " + std::generic_category().message(number));
}

Result<Descriptor> connect_to(const std::string& path)
{
    TRY_ASSIGN(address, address_of(path));
    TRY_ASSIGN(fd, make_socket(SOCK_NONBLOCK)); // a full queue answers at once
    if (::connect(fd.get(), generic(address), sizeof address) != 0)
        return fail_errno(ErrorCode::unavailable, "connect to " + path);
    return fd;
}

Result<Descriptor> listen_at(const std::string& path)
{
    TRY_ASSIGN(address, address_of(path));
    if (connect_to(path))
        return fail(ErrorCode::already_exists, "another process listens at " + path);
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && (!S_ISSOCK(status.st_mode) || ::unlink(path.c_str()) != 0))
        return fail(ErrorCode::already_exists, "in the way of the socket: " + path);
    TRY_ASSIGN(fd, make_socket(SOCK_NONBLOCK));
    // Before bind, so that there is no moment in which others may connect.
    if (::fchmod(fd.get(), 0600) != 0 || ::bind(fd.get(), generic(address), sizeof address) != 0)
        return fail_errno(ErrorCode::io, "bind " + path);
    if (::chmod(path.c_str(), 0660) != 0 || ::listen(fd.get(), 128) != 0)
        return fail_errno(ErrorCode::io, "listen at " + path);
    return fd;
}

Sent send_frame(int fd, const Header& header, ByteView body, std::chrono::steady_clock::time_point deadline)
{
    auto head = encode_header(header);
    const std::size_t total = head.size() + body.size();
    std::size_t done = 0;
    while (done < total) {
        iovec parts[2];
        std::size_t count = 0;
        if (done < head.size())
            parts[count++] = {head.data() + done, head.size() - done};
        const auto body_done = done > head.size() ? done - head.size() : 0;
        if (body_done < body.size()) // iovec has no const: sendmsg only reads
            parts[count++] = {const_cast<std::uint8_t*>(body.data() + body_done), body.size() - body_done};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = count;
        const auto sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait_writable(fd, deadline))
                break;
        } else if (errno != EINTR) {
            break;
        }
    }
    if (done == total)
        return Sent::all;
    return done == 0 ? Sent::nothing : Sent::partially;
}

Result<std::size_t> FrameReader::refill()
{
    if (m_begin == m_end)
        m_begin = m_end = 0;
    if (m_begin > 0) {
        std::copy(m_buffer.begin() + static_cast<std::ptrdiff_t>(m_begin),
                  m_buffer.begin() + static_cast<std::ptrdiff_t>(m_end), m_buffer.begin());
        m_end -= m_begin;
        m_begin = 0;
    }
    for (;;) {
        const auto got = ::recv(m_fd, m_buffer.data() + m_end, m_buffer.size() - m_end, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(ErrorCode::io, "recv");
        m_end += static_cast<std::size_t>(got);
        return static_cast<std::size_t>(got);
    }
}

Result<std::optional<Header>> FrameReader::header()
{
    while (m_end - m_begin < header_size) {
        TRY_ASSIGN(got, refill());
        if (got == 0 && m_begin == m_end)
            return std::nullopt;
        if (got == 0)
            return fail(ErrorCode::malformed, "the stream ended within a header");
    }
    TRY_ASSIGN(header, decode_header(buffered().first<header_size>()));
    m_begin += header_size;
    return header;
}

Result<Bytes> FrameReader::body(std::size_t size)
{
    Bytes out(size);
    const auto have = std::min(size, m_end - m_begin);
    std::copy_n(buffered().begin(), have, out.begin());
    m_begin += have;
    for (std::size_t done = have; done < size;) {
        const auto got = ::recv(m_fd, out.data() + done, size - done, MSG_WAITALL);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(ErrorCode::malformed, "the stream ended within a body");
        done += static_cast<std::size_t>(got);
    }
    return out;
}

Status FrameReader::skip(std::size_t size)
{
    for (;;) {
        const auto have = std::min(size, m_end - m_begin);
        m_begin += have;
        size -= have;
        if (size == 0)
            return {};
        TRY_ASSIGN(got, refill());
        if (got == 0)
            return fail(ErrorCode::malformed, "the stream ended within a body");
    }
}

}
