// How a phone logs in: a challenge signed with its device key, for a token that reads and rejects. An
// unknown device gets a challenge like any other, so that ids cannot be probed. Challenges live in
// memory, single use, 60 seconds. Safe from any thread.
#pragma once

#include <mutex>
#include <unordered_map>

#include "base/random.h"
#include "service/callers.h"
#include "service/tokens.h"
#include "store/store.h"

namespace qss::service {

// What the device key signs: canonical "QSS-DEVICE-v1" { device id, challenge }.
Bytes device_login_message(const DeviceId& device, ByteView challenge);

class Devices {
public:
    static constexpr std::int64_t challenge_life_ms = 60'000;
    static constexpr std::size_t challenges_limit = 20'000;

    Devices(store::Store& store, Tokens& tokens, const Clock& clock, Random& random);

    Result<Bytes> challenge(const DeviceId& device); // 32 bytes; `unavailable` when too many are open
    // `signature`: raw r || s, 64 bytes, as WebCrypto has it. unauthenticated: one answer for all.
    Result<IssuedToken> token(const DeviceId& device, ByteView challenge, ByteView signature);
    Result<Phone> authenticate(std::string_view token);

private:
    bool take(const DeviceId& device, ByteView challenge);

    struct Open {
        DeviceId device;
        TimePoint expires_at;
    };
    store::Store& m_store;
    Tokens& m_tokens;
    const Clock& m_clock;
    Random& m_random;
    std::mutex m_mutex;                              // guards m_open
    std::unordered_map<std::string, Open> m_open;    // by challenge
};

}
