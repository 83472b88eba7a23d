// How a phone logs in: a challenge signed with its device key, for a token that reads and rejects. An
// unknown device gets a challenge like any other, so that ids cannot be probed. Challenges are single use and
// live 60 seconds. They are authenticated, not remembered, until a device has used them: however many
// somebody asks for, no other's phone is kept out (docs/invariants.md 12). Safe from any thread.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "service/callers.h"
#include "service/tokens.h"
#include "store/store.h"

namespace qss::service {

// What the device key signs: canonical "QSS-DEVICE-v1" { device id, challenge }.
Bytes device_login_message(const DeviceId& device, ByteView challenge);

class Devices {
public:
    static constexpr std::int64_t challenge_life_ms = 60'000;
    static constexpr std::size_t logins_within_life = 60; // of one device

    Devices(store::Store& store, Tokens& tokens, const Clock& clock, Random& random);

    Bytes challenge(const DeviceId& device); // 32 bytes
    // `signature`: raw r || s, 64 bytes, as WebCrypto has it. unauthenticated: one answer for all.
    // rate_limited: a device that logs in again and again.
    Result<IssuedToken> token(const DeviceId& device, ByteView challenge, ByteView signature);
    Result<Phone> authenticate(std::string_view token);

private:
    struct Used {
        Bytes challenge;
        TimePoint expires_at;
    };
    [[nodiscard]] Bytes challenge_mac(const DeviceId& device, ByteView part) const;
    // When it ends; nothing: it is not ours, another device's, or over.
    [[nodiscard]] std::optional<TimePoint> expiry_of(const DeviceId& device, ByteView challenge) const;
    Status use_up(const DeviceId& device, Used used);

    store::Store& m_store;
    Tokens& m_tokens;
    const Clock& m_clock;
    Random& m_random;
    const Secret m_challenge_key; // of this process alone
    std::mutex m_mutex; // guards the next two
    std::unordered_map<std::string, std::vector<Used>> m_used; // by device, until they expire
    TimePoint m_forget_at;
};

}
