// Time-stamps for applications, within their pack's quota, and for anyone, within one rate for all; and
// what the unit must be told: its CA's lists. Safe from any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "service/callers.h"
#include "service/role_clients.h"
#include "store/store.h"

namespace qss::service {

class Timestamps {
public:
    struct Parts {
        store::Store& store;
        TsaClient& tsa;
        CaClient& ca;
        const Clock& clock;
    };
    explicit Timestamps(const Parts& parts) : m(parts) {}
    ~Timestamps(); // stop()
    Timestamps(const Timestamps&) = delete;
    Timestamps& operator=(const Timestamps&) = delete;

    void start();
    void stop(); // what waits is answered first

    // A TimeStampToken with its certificates and no nonce. quota_reached; `unavailable` while no time-stamp
    // can be given: one that was not given is not counted.
    Result<Bytes> stamp(const Application& by, const crypto::Digest& digest);
    // Of a TimeStampReq, whatever it says: the unit answers. Those that come while others are under way go
    // together. `done` runs once, on another thread, or here when too many wait: `unavailable`, as while the
    // unit is away.
    using Done = std::function<void(Result<Bytes>)>;
    void answer(Bytes request, Done done);
    Result<std::int64_t> remaining(const Application& by);

    // Shows the unit its CA's new lists, at most once in 30 seconds; an error has been logged.
    Status keep_current();

private:
    struct Waiting {
        Bytes request;
        Done done;
    };
    void send_batches();
    void send(std::vector<Waiting> batch);

    Parts m;
    std::mutex m_mutex; // guards the next two
    TimePoint m_next{};
    std::set<std::string> m_shown; // hashes of the lists that it has seen
    std::mutex m_queue_mutex; // guards the next two
    std::vector<Waiting> m_queue;
    bool m_stopping = false;
    std::condition_variable m_wake;
    std::vector<std::thread> m_senders;
};

}
