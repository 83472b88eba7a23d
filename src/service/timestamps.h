// Time-stamps for applications, within their pack's quota, and for anyone, within one rate for all; and
// what the unit must be told: its CA's lists. Safe from any thread.
#pragma once

#include <mutex>
#include <set>

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

    // A TimeStampToken with its certificates and no nonce. quota_reached; `unavailable` while no time-stamp
    // can be given: one that was not given is not counted.
    Result<Bytes> stamp(const Application& by, const crypto::Digest& digest);
    // Of a TimeStampReq, whatever it says: the unit answers. `unavailable`: the unit is away.
    Result<Bytes> answer(ByteView request);
    Result<std::int64_t> remaining(const Application& by);

    // Shows the unit its CA's new lists, at most once in 30 seconds; an error has been logged.
    Status keep_current();

private:
    Parts m;
    std::mutex m_mutex; // guards the rest
    TimePoint m_next{};
    std::set<std::string> m_shown; // hashes of the lists that it has seen
};

}
