#include "service/devices.h"

#include "base/canonical.h"
#include "crypto/digest.h"
#include "crypto/keys.h"
#include "pki/der.h"
#include "store/phones.h"

namespace qss::service {

namespace {

constexpr std::size_t challenge_size = 32;
constexpr std::size_t raw_signature_size = 64;

Bytes der_integer(ByteView big_endian)
{
    while (big_endian.size() > 1 && big_endian.front() == 0)
        big_endian = big_endian.subspan(1);
    Bytes contents;
    if (big_endian.front() >= 0x80)
        contents.push_back(0);
    contents.insert(contents.end(), big_endian.begin(), big_endian.end());
    return pki::der::integer(contents);
}

// r || s as WebCrypto gives it to ECDSA-Sig-Value (RFC 3279 2.2.3).
Bytes raw_to_der(ByteView raw)
{
    const auto half = raw.size() / 2;
    return pki::der::sequence({der_integer(raw.first(half)), der_integer(raw.subspan(half))});
}

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
    : m_store(store), m_tokens(tokens), m_clock(clock), m_random(random)
{
}

Result<Bytes> Devices::challenge(const DeviceId& device)
{
    auto challenge = m_random.bytes(challenge_size);
    const auto now = m_clock.now();
    const std::lock_guard lock(m_mutex);
    if (m_open.size() >= challenges_limit)
        std::erase_if(m_open, [now](const auto& entry) { return entry.second.expires_at <= now; });
    if (m_open.size() >= challenges_limit)
        return fail(ErrorCode::unavailable, "too many device logins are open");
    m_open.insert_or_assign(qss::to_string(challenge), Open{device, now + Milliseconds(challenge_life_ms)});
    return challenge;
}

bool Devices::take(const DeviceId& device, ByteView challenge)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_open.find(qss::to_string(challenge));
    if (found == m_open.end())
        return false;
    const auto open = found->second;
    m_open.erase(found); // single use, right or wrong
    return open.device == device && open.expires_at > m_clock.now();
}

Result<IssuedToken> Devices::token(const DeviceId& id, ByteView challenge, ByteView signature)
{
    if (!take(id, challenge) || signature.size() != raw_signature_size)
        return refused();
    TRY_ASSIGN(device, m_store.read([&](sqlite::Database& db) { return store::Phones(db).device(id); }));
    if (!device || device->status != store::DeviceStatus::active)
        return refused();
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(device->spki));
    const auto digest =
        crypto::Digest::of(crypto::HashAlgorithm::sha256, device_login_message(id, challenge));
    if (!key.verify(crypto::SignatureAlgorithm::ecdsa_sha256, digest, raw_to_der(signature)))
        return refused();
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
