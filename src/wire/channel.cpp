#include "wire/channel.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include <fcntl.h>
#include <google/protobuf/message_lite.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "proto/wire.pb.h"
#include "wire/socket.h"

namespace qss::wire {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

// A call that waits, on its caller's stack. Whoever takes it out of the link's table owns its outcome:
// the reader, which then signals, or the caller, whose time is up. POSIX semaphores may be destroyed as
// soon as the wait returned, which is why this is not a condition variable.
class Pending {
public:
    explicit Pending(std::uint16_t type) : m_type(type) { ::sem_init(&m_done, 0, 0); }
    ~Pending() { ::sem_destroy(&m_done); }
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    [[nodiscard]] std::uint16_t type() const { return m_type; }

    void finish(Result<Bytes> body, ReplyStatus status)
    {
        m_body = std::move(body);
        m_status = status;
        m_finished.store(true, std::memory_order_release);
        ::sem_post(&m_done);
    }

    // False: not signalled in time; then `wait` or Link::leave must follow.
    bool wait_until(Deadline deadline)
    {
        const auto since_epoch = deadline.time_since_epoch();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
        const timespec until{seconds.count(), std::chrono::nanoseconds(since_epoch - seconds).count()};
        while (::sem_clockwait(&m_done, CLOCK_MONOTONIC, &until) != 0)
            if (errno != EINTR)
                return false;
        return m_finished.load(std::memory_order_acquire);
    }

    void wait()
    {
        while (::sem_wait(&m_done) != 0) {}
        QSS_ASSERT(m_finished.load(std::memory_order_acquire));
    }

    [[nodiscard]] Result<Bytes>& body() { return m_body; }
    [[nodiscard]] ReplyStatus status() const { return m_status; }

private:
    std::uint16_t m_type;
    sem_t m_done{};
    std::atomic<bool> m_finished = false;
    Result<Bytes> m_body;                   // written before m_finished
    ReplyStatus m_status = ReplyStatus::ok; // written before m_finished
};

// One connection with its reader. Broken once, it stays so; the channel makes another.
class Link {
public:
    explicit Link(Descriptor fd) : m_fd(std::move(fd)), m_reader([this] { read_replies(); }) {}
    ~Link()
    {
        ::shutdown(m_fd.get(), SHUT_RDWR);
        m_reader.join();
    }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] bool broken() const { return m_broken.load(std::memory_order_acquire); }

    // False: broken already.
    bool enter(std::uint64_t request_id, Pending& pending)
    {
        const std::lock_guard lock(m_mutex);
        if (broken())
            return false;
        m_pending.emplace(request_id, &pending);
        return true;
    }

    // False: the reader has it and will finish it.
    bool leave(std::uint64_t request_id)
    {
        const std::lock_guard lock(m_mutex);
        return m_pending.erase(request_id) == 1;
    }

    Sent send(const Header& header, ByteView body, Deadline deadline)
    {
        const std::unique_lock lock(m_write_mutex, deadline);
        if (!lock.owns_lock())
            return Sent::nothing;
        const auto sent = send_frame(m_fd.get(), header, body, deadline);
        if (sent == Sent::partially)
            ::shutdown(m_fd.get(), SHUT_RDWR); // the reader notices and breaks the link
        return sent;
    }

private:
    void read_replies()
    {
        FrameReader reader(m_fd.get());
        while (read_one(reader)) {}
        ::shutdown(m_fd.get(), SHUT_RDWR);
        std::unordered_map<std::uint64_t, Pending*> left;
        {
            const std::lock_guard lock(m_mutex);
            m_broken.store(true, std::memory_order_release);
            left.swap(m_pending);
        }
        for (const auto& [id, pending] : left)
            pending->finish(fail(ErrorCode::unavailable, "the connection broke during the call"),
                            ReplyStatus::ok);
    }

    bool read_one(FrameReader& reader)
    {
        const auto header = reader.header();
        if (!header || !*header)
            return false;
        auto body = reader.body((*header)->body_size);
        if (!body)
            return false;
        Pending* pending = nullptr;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_pending.find((*header)->request_id);
            if (found == m_pending.end())
                return true; // its caller has given up
            if (found->second->type() != (*header)->type)
                return false;
            pending = found->second;
            m_pending.erase(found);
        }
        pending->finish(std::move(body), (*header)->status);
        return true;
    }

    Descriptor m_fd;
    std::mutex m_mutex;
    std::unordered_map<std::uint64_t, Pending*> m_pending; // guarded by m_mutex
    std::atomic<bool> m_broken = false;                    // set under m_mutex
    std::timed_mutex m_write_mutex;                        // one frame at a time on m_fd
    std::thread m_reader;                                  // last: starts when the rest is there
};

Error error_from(ByteView body)
{
    proto::ErrorReply message;
    if (!message.ParseFromArray(body.data(), static_cast<int>(body.size())) ||
        message.code() > static_cast<std::uint32_t>(ErrorCode::internal))
        return {ErrorCode::internal, "error reply does not parse"};
    return {static_cast<ErrorCode>(message.code()), message.detail()};
}

}

class Channel::Impl {
public:
    explicit Impl(std::string socket_path) : m_socket_path(std::move(socket_path)) {}

    Result<Bytes> call(std::uint16_t type, ByteView body, Deadline deadline)
    {
        // A link that was dead before a byte went out is worth one more try.
        for (int attempts_left = 1;; --attempts_left) {
            TRY_ASSIGN(link, live_link());
            auto outcome = try_call(*link, type, body, deadline);
            if (outcome)
                return std::move(*outcome);
            if (std::chrono::steady_clock::now() >= deadline)
                return fail(ErrorCode::timed_out, "the role does not take requests");
            if (attempts_left == 0)
                return fail(ErrorCode::unavailable, "the role closes its connections");
            forget(link);
        }
    }

    Result<std::shared_ptr<Link>> live_link()
    {
        std::shared_ptr<Link> old; // dies, and joins its reader, after the lock is gone
        const std::lock_guard lock(m_mutex);
        if (m_link && !m_link->broken())
            return m_link;
        TRY_ASSIGN(fd, connect_to(m_socket_path));
        const int flags = ::fcntl(fd.get(), F_GETFL);
        if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) < 0)
            return fail_errno(ErrorCode::io, "fcntl");
        old = std::move(m_link);
        m_link = std::make_shared<Link>(std::move(fd));
        return m_link;
    }

private:
    // nullopt: nothing was sent.
    std::optional<Result<Bytes>> try_call(Link& link, std::uint16_t type, ByteView body, Deadline deadline)
    {
        const auto request_id = m_next_id.fetch_add(1, std::memory_order_relaxed);
        Pending pending(type);
        if (!link.enter(request_id, pending))
            return std::nullopt;
        const Header header{static_cast<std::uint32_t>(body.size()), request_id, type, ReplyStatus::ok};
        const auto sent = link.send(header, body, deadline);
        if (sent == Sent::nothing) {
            if (!link.leave(request_id))
                pending.wait();
            return std::nullopt;
        }
        if (!pending.wait_until(deadline)) {
            if (link.leave(request_id))
                return fail(ErrorCode::timed_out, "no reply in time");
            pending.wait();
        }
        if (pending.body() && pending.status() == ReplyStatus::error)
            return fail(error_from(*pending.body()));
        return std::move(pending.body());
    }

    void forget(const std::shared_ptr<Link>& link)
    {
        const std::lock_guard lock(m_mutex);
        if (m_link == link)
            m_link.reset();
    }

    const std::string m_socket_path;
    std::atomic<std::uint64_t> m_next_id = 1;
    std::mutex m_mutex;
    std::shared_ptr<Link> m_link; // guarded by m_mutex; shared with calls under way
};

Channel::Channel(std::string socket_path) : m_impl(std::make_unique<Impl>(std::move(socket_path))) {}

Channel::~Channel() = default;

Status Channel::call(std::uint16_t type, const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite& reply, Milliseconds timeout)
{
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto size = request.ByteSizeLong();
    if (size > limits::wire_message_size)
        return fail(ErrorCode::too_large, "request above the limit of the wire");
    Bytes body(size);
    if (!request.SerializeToArray(body.data(), static_cast<int>(size)))
        return fail(ErrorCode::internal, "request does not serialise");
    TRY_ASSIGN(answer, m_impl->call(type, body, deadline));
    if (!reply.ParseFromArray(answer.data(), static_cast<int>(answer.size())))
        return fail(ErrorCode::internal, "reply does not parse");
    return {};
}

Status Channel::wait_until_reachable(Milliseconds timeout)
{
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto link = m_impl->live_link();
        if (link)
            return {};
        if (std::chrono::steady_clock::now() >= deadline)
            return fail(link.error());
        ::poll(nullptr, 0, 10); // nothing tells when somebody will listen there
    }
}

}
