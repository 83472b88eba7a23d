// The listening side of a role: Unix socket (mode 0660), peer credentials checked at accept, one
// reader thread for each connection, a bounded pool of workers for the handlers. A frame that breaks
// the table's rules closes its connection; it is never half understood (after OpenSSH's monitor.c).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::wire {

// What a dispatcher says to a frame's header, before the body is read.
enum class Permit { allowed, refused_now, violation };

class Dispatcher {
public:
    virtual ~Dispatcher() = default;
    // violation: unknown type or body above the type's own limit: the connection is closed.
    // refused_now: known, but not in this state: the peer gets `conflict`.
    virtual Permit permit(std::uint16_t type, std::size_t body_size) const = 0;
    // Runs on a worker. `malformed` closes the connection; any other error goes back to the peer.
    virtual Result<Bytes> handle(std::uint16_t type, ByteView body) = 0;
};

struct ServerOptions {
    std::string socket_path;
    std::vector<uid_t> allowed_uids; // effective uids of peers; empty: only our own
    unsigned workers = 4;
};

class Server {
public:
    static Result<std::unique_ptr<Server>> listen(ServerOptions options, Dispatcher& dispatcher);
    virtual ~Server() = default;
    // Serves until stop(); then finishes what is under way.
    virtual void run() = 0;
    // Async-signal-safe.
    virtual void stop() = 0;
};

}
