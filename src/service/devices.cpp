#include "service/devices.h"

#include <algorithm>

#include "base/canonical.h"
#include "crypto/digest.h"
#include "crypto/keys.h"
#include "service/raw_signature.h"
#include "store/phones.h"

namespace qss::service {

namespace {

// A challenge: expiry, random, and a MAC over both and the device.
constexpr std::size_t expiry_size = 8;
constexpr std::size_t random_size = 8;
constexpr std::size_t mac_size = 16;

tl::unexpected<Error> refused()
{
    return fail(ErrorCode::unauthenticated, "device login failed");
}

}

Bytes device_login_message(const DeviceId& device, ByteView challenge)
{
    CanonicalWriter message("QSS-DEVICE-v1");
    message.bytes(device.bytes()).bytes(challenge);
    return message.take();
}

Devices::Devices(store::Store& store, Tokens& tokens, const Clock& clock, Random& random)
    : m_store(store), m_tokens(tokens), m_clock(clock), m_random(random), m_challenge_key(random.bytes(32))
{
}

Bytes Devices::challenge_mac(const DeviceId& device, ByteView part) const
{
    CanonicalWriter text("QSS-DEVICE-CHALLENGE-v1");
    text.bytes(device.bytes()).bytes(part);
    auto mac = crypto::hmac_sha256(m_challenge_key.reveal(), text.encoded());
    mac.resize(mac_size);
    return mac;
}

Bytes Devices::challenge(const DeviceId& device)
{
    const auto expires_ms = static_cast<std::uint64_t>(to_unix_ms(m_clock.now()) + challenge_life_ms);
    Bytes challenge;
    for (std::size_t i = 0; i < expiry_size; ++i)
        challenge.push_back(static_cast<std::uint8_t>(expires_ms >> (8 * (expiry_size - 1 - i))));
    const auto unique = m_random.bytes(random_size);
    challenge.insert(challenge.end(), unique.begin(), unique.end());
    const auto mac = challenge_mac(device, challenge);
    challenge.insert(challenge.end(), mac.begin(), mac.end());
    return challenge;
}

std::optional<TimePoint> Devices::expiry_of(const DeviceId& device, ByteView challenge) const
{
    if (challenge.size() != expiry_size + random_size + mac_size)
        return std::nullopt;
    const auto part = challenge.first(expiry_size + random_size);
    if (!equal_constant_time(challenge.last(mac_size), challenge_mac(device, part)))
        return std::nullopt;
    std::uint64_t expires_ms = 0;
    for (const auto byte : part.first(expiry_size))
        expires_ms = (expires_ms << 8) | byte;
    const auto expires_at = from_unix_ms(static_cast<std::int64_t>(expires_ms));
    if (expires_at <= m_clock.now())
        return std::nullopt;
    return expires_at;
}

// Only who has signed gets here: memory is a device's own, and bounded for each.
Status Devices::use_up(const DeviceId& device, Used used)
{
    const auto now = m_clock.now();
    const auto is_over = [now](const Used& one) { return one.expires_at <= now; };
    const std::lock_guard lock(m_mutex);
    if (m_forget_at <= now) {
        for (auto& [_, list] : m_used)
            std::erase_if(list, is_over);
        std::erase_if(m_used, [](const auto& entry) { return entry.second.empty(); });
        m_forget_at = now + Milliseconds(challenge_life_ms);
    }
    auto& list = m_used[qss::to_string(device.bytes())];
    std::erase_if(list, is_over);
    if (std::any_of(list.begin(), list.end(),
                    [&](const Used& one) { return one.challenge == used.challenge; }))
        return refused();
    if (list.size() >= logins_within_life)
        return fail(ErrorCode::rate_limited, "too many log-ins of this device; wait a minute");
    list.push_back(std::move(used));
    return {};
}

Result<IssuedToken> Devices::token(const DeviceId& id, ByteView challenge, ByteView signature)
{
    const auto expires_at = expiry_of(id, challenge);
    const auto der = der_signature(signature);
    if (!expires_at || !der)
        return refused();
    TRY_ASSIGN(device, m_store.read([&](sqlite::Database& db) { return store::Phones(db).device(id); }));
    if (!device || device->status != store::DeviceStatus::active)
        return refused();
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(device->spki));
    const auto digest =
        crypto::Digest::of(crypto::HashAlgorithm::sha256, device_login_message(id, challenge));
    if (!key.verify(crypto::SignatureAlgorithm::ecdsa_sha256, digest, *der))
        return refused();
    TRY(use_up(id, {to_bytes(challenge), *expires_at}));
    return m_tokens.issue_device(id);
}

Result<Phone> Devices::authenticate(std::string_view token)
{
    TRY_ASSIGN(id, m_tokens.verify_device(token));
    TRY_ASSIGN(device, m_store.read([&](sqlite::Database& db) { return store::Phones(db).device(id); }));
    if (!device || device->status != store::DeviceStatus::active)
        return fail(ErrorCode::unauthenticated, "the device has been removed");
    return Phone{device->id, device->user_id};
}

}
