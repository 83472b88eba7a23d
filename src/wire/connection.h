// A peer of a role, on the server's side: a thread that reads and judges its frames, a lane of the
// worker pool for what they ask, replies under one mutex. Ends at the peer's end of stream, or at the
// first frame that breaks the table's rules, when everything under way has been answered.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "wire/server.h"
#include "wire/socket.h"
#include "wire/worker_pool.h"

namespace qss::wire {

class Connection {
public:
    Connection(Descriptor fd, Dispatcher& dispatcher, WorkerPool& pool);
    ~Connection(); // joins the reader
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Takes no more frames than have arrived; the rest is answered.
    void drain();
    // The reader has ended and nothing is under way.
    [[nodiscard]] bool finished() const { return m_finished; }

private:
    void read_frames();
    Status read_one(FrameReader& reader, const Header& header);
    void serve(const Header& header, const Bytes& body);
    void reply(const Header& request, ReplyStatus status, ByteView body);
    void reply_error(const Header& request, const Error& error);
    void close_for(std::string_view reason);
    void wait_for_slot();
    void wait_until_idle();
    void release_slot();

    Descriptor m_fd;
    Dispatcher& m_dispatcher;
    WorkerPool& m_pool;
    WorkerPool::Lane m_lane;
    std::mutex m_write_mutex;      // one frame at a time on m_fd
    std::mutex m_slots_mutex;
    std::condition_variable m_slots_changed;
    std::size_t m_in_flight = 0;   // guarded by m_slots_mutex
    std::atomic<bool> m_finished = false;
    std::thread m_reader;          // last: starts when the rest is there
};

}
