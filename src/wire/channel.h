// A client's connection to one role: many threads call at once over one Unix socket, requests are told
// apart by id. Connects at the first call and again after a break; a call that was under way at the
// break fails with `unavailable`, since the role may or may not have done it. Safe from any thread.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace google::protobuf {
class MessageLite;
}

namespace qss::wire {

class Channel {
public:
    // `socket_path`: the role's socket. Does not connect yet.
    explicit Channel(std::string socket_path);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // Blocks up to `timeout`: `timed_out` leaves the outcome unknown. An ErrorReply becomes its Error.
    Status call(std::uint16_t type, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply, Milliseconds timeout);

    // Waits until the role accepts connections.
    Status wait_until_reachable(Milliseconds timeout);

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}
