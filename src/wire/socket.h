// Unix stream sockets for both ends: frames written with one system call, frames read through a small
// fixed buffer. One thread at a time for each object.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/result.h"
#include "wire/frame.h"

namespace qss::wire {

// "what: reason", from errno.
tl::unexpected<Error> fail_errno(ErrorCode code, std::string_view what);

// Removes a socket that nobody listens on any more; `already_exists` when somebody does.
Result<Descriptor> listen_at(const std::string& path);
// `unavailable` when nobody listens or the queue is full.
Result<Descriptor> connect_to(const std::string& path);

enum class Sent {
    all,
    nothing,   // not one byte went out: the peer can not have acted on it
    partially, // the stream is useless from here on
};
// Until `deadline`; never raises SIGPIPE.
Sent send_frame(int fd, const Header& header, ByteView body, std::chrono::steady_clock::time_point deadline);

class FrameReader {
public:
    explicit FrameReader(int fd) : m_fd(fd) {}

    // nullopt: the stream ended between two frames.
    Result<std::optional<Header>> header();
    // The body that belongs to the last header: read it or skip it.
    Result<Bytes> body(std::size_t size);
    Status skip(std::size_t size);

private:
    Result<std::size_t> refill(); // 0: the stream has ended
    [[nodiscard]] ByteView buffered() const { return {m_buffer.data() + m_begin, m_end - m_begin}; }

    int m_fd;
    std::array<std::uint8_t, 16 * 1024> m_buffer{};
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
};

}
