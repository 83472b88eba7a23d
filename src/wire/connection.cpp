#include "wire/connection.h"

#include <sys/socket.h>

#include "base/limits.h"
#include "base/log.h"
#include "proto/wire.pb.h"

namespace qss::wire {

namespace {

// A peer that does not take its replies for so long holds a worker; it is cut off.
constexpr std::chrono::seconds reply_patience{2};

}

Connection::Connection(Descriptor fd, Dispatcher& dispatcher, WorkerPool& pool)
    : m_fd(std::move(fd)), m_dispatcher(dispatcher), m_pool(pool), m_reader([this] { read_frames(); })
{
}

Connection::~Connection()
{
    m_reader.join();
}

void Connection::drain()
{
    ::shutdown(m_fd.get(), SHUT_RD);
}

void Connection::read_frames()
{
    FrameReader reader(m_fd.get());
    for (;;) {
        const auto header = reader.header();
        if (!header && header.error().code == ErrorCode::malformed)
            close_for(header.error().detail);
        if (!header || !*header) // or the peer has gone
            break;
        if (const auto status = read_one(reader, **header); !status) {
            close_for(status.error().detail);
            break;
        }
    }
    wait_until_idle();
    ::shutdown(m_fd.get(), SHUT_RDWR);
    m_finished = true;
}

Status Connection::read_one(FrameReader& reader, const Header& header)
{
    if (header.status != ReplyStatus::ok)
        return fail(ErrorCode::malformed, "a request with a reply's status");
    switch (m_dispatcher.permit(header.type, header.body_size)) {
    case Permit::violation:
        return fail(ErrorCode::malformed, "message not permitted: type " + std::to_string(header.type) +
                                              ", " + std::to_string(header.body_size) + " bytes");
    case Permit::refused_now:
        TRY(reader.skip(header.body_size));
        reply_error(header, Error{ErrorCode::conflict, "not permitted in this state"});
        return {};
    case Permit::allowed: break;
    }
    TRY_ASSIGN(body, reader.body(header.body_size));
    wait_for_slot();
    m_pool.submit(m_lane, [this, header, body = std::move(body)] {
        serve(header, body);
        release_slot();
    });
    return {};
}

void Connection::serve(const Header& header, const Bytes& body)
{
    const auto result = m_dispatcher.handle(header.type, body);
    if (result)
        return reply(header, ReplyStatus::ok, *result);
    if (result.error().code == ErrorCode::malformed)
        return close_for(result.error().detail);
    reply_error(header, result.error());
}

void Connection::reply(const Header& request, ReplyStatus status, ByteView body)
{
    QSS_ASSERT(body.size() <= limits::wire_message_size);
    const Header header{static_cast<std::uint32_t>(body.size()), request.request_id, request.type, status};
    const auto deadline = std::chrono::steady_clock::now() + reply_patience;
    const std::lock_guard lock(m_write_mutex);
    // A peer that has gone, or does not read, gets no more: half a frame makes the stream useless.
    if (send_frame(m_fd.get(), header, body, deadline) != Sent::all)
        ::shutdown(m_fd.get(), SHUT_RDWR);
}

void Connection::reply_error(const Header& request, const Error& error)
{
    proto::ErrorReply message;
    message.set_code(static_cast<std::uint32_t>(error.code));
    message.set_detail(error.detail.substr(0, 1024));
    Bytes body(message.ByteSizeLong());
    message.SerializeToArray(body.data(), static_cast<int>(body.size()));
    reply(request, ReplyStatus::error, body);
}

void Connection::close_for(std::string_view reason)
{
    log::warning("connection closed", {{"reason", reason}});
    ::shutdown(m_fd.get(), SHUT_RDWR);
}

void Connection::wait_for_slot()
{
    std::unique_lock lock(m_slots_mutex);
    m_slots_changed.wait(lock, [this] { return m_in_flight < limits::wire_requests_in_flight; });
    ++m_in_flight;
}

void Connection::release_slot()
{
    // Notified under the lock: once it is free, the reader may end and this object with it.
    const std::lock_guard lock(m_slots_mutex);
    --m_in_flight;
    m_slots_changed.notify_one();
}

void Connection::wait_until_idle()
{
    std::unique_lock lock(m_slots_mutex);
    m_slots_changed.wait(lock, [this] { return m_in_flight == 0; });
}

}
