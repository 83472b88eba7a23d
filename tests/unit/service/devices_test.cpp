#include "service/devices.h"

#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

// r || s of an ECDSA-Sig-Value on P-256.
Bytes raw_of(ByteView der)
{
    Bytes raw;
    for (std::size_t at = 2; at < der.size();) {
        auto integer = der.subspan(at + 2, der[at + 1]);
        at += 2 + integer.size();
        if (integer.size() > 32)
            integer = integer.last(32);
        raw.insert(raw.end(), 32 - integer.size(), 0);
        raw.insert(raw.end(), integer.begin(), integer.end());
    }
    return raw;
}

class DevicesTest : public SigningBed {
protected:
    DevicesTest() { add(m_id); }

    void add(const DeviceId& id)
    {
        ASSERT_TRUE(m_store->write([&](sqlite::Database& db) {
            return store::Phones(db).add(store::Device{id, m_user.id, "phone", m_key.public_key().spki(),
                                                       store::DeviceStatus::active, start});
        }));
    }
    Bytes sign(const DeviceId& id, ByteView challenge)
    {
        const auto digest =
            crypto::Digest::of(crypto::HashAlgorithm::sha256, device_login_message(id, challenge));
        return raw_of(*m_key.sign(crypto::SignatureAlgorithm::ecdsa_sha256, digest));
    }
    ErrorCode refusal_of(const DeviceId& id, ByteView challenge, ByteView signature)
    {
        const auto token = m_devices.token(id, challenge, signature);
        EXPECT_FALSE(token);
        return token ? ErrorCode::internal : token.error().code;
    }

    const DeviceId m_id = DeviceId::generate(m_random);
    Tokens m_tokens{Secret(Bytes(32, 6)), {}, m_clock, m_random};
    Devices m_devices{*m_store, m_tokens, m_clock, m_random};
};

TEST_F(DevicesTest, ASignedChallengeLogsInOnce)
{
    const auto challenge = m_devices.challenge(m_id);
    EXPECT_EQ(challenge.size(), 32U);
    EXPECT_EQ(refusal_of(m_id, challenge, Bytes(64, 1)), ErrorCode::unauthenticated);
    EXPECT_EQ(refusal_of(m_id, challenge, Bytes(63, 1)), ErrorCode::unauthenticated);
    const auto token = m_devices.token(m_id, challenge, sign(m_id, challenge));
    ASSERT_TRUE(token) << token.error().detail;
    EXPECT_EQ(m_devices.authenticate(token->token)->device_id, m_id);
    EXPECT_EQ(refusal_of(m_id, challenge, sign(m_id, challenge)), ErrorCode::unauthenticated);
}

TEST_F(DevicesTest, AChallengeIsOursForOneDeviceAndAMinute)
{
    const Bytes made_up(32, 9);
    EXPECT_EQ(refusal_of(m_id, made_up, sign(m_id, made_up)), ErrorCode::unauthenticated);
    auto altered = m_devices.challenge(m_id);
    altered.front() ^= 1; // later, it would say
    EXPECT_EQ(refusal_of(m_id, altered, sign(m_id, altered)), ErrorCode::unauthenticated);
    const auto other = DeviceId::generate(m_random);
    add(other);
    const auto challenge = m_devices.challenge(m_id);
    EXPECT_EQ(refusal_of(other, challenge, sign(other, challenge)), ErrorCode::unauthenticated);
    m_clock.advance(Milliseconds(Devices::challenge_life_ms));
    EXPECT_EQ(refusal_of(m_id, challenge, sign(m_id, challenge)), ErrorCode::unauthenticated);
}

TEST_F(DevicesTest, AnUnknownOrRemovedDeviceGetsNoToken)
{
    const auto unknown = DeviceId::generate(m_random);
    const auto challenge = m_devices.challenge(unknown);
    EXPECT_EQ(refusal_of(unknown, challenge, sign(unknown, challenge)), ErrorCode::unauthenticated);
    const auto before = m_devices.challenge(m_id);
    ASSERT_TRUE(m_store->write([this](sqlite::Database& db) -> Status {
        TRY(store::Phones(db).move(m_id, store::DeviceStatus::active, store::DeviceStatus::removing));
        return {};
    }));
    EXPECT_EQ(refusal_of(m_id, before, sign(m_id, before)), ErrorCode::unauthenticated);
}

TEST_F(DevicesTest, AFloodOfChallengesKeepsNobodyOut)
{
    const auto early = m_devices.challenge(m_id);
    for (int i = 0; i < 50'000; ++i)
        (void)m_devices.challenge(DeviceId::generate(m_random));
    EXPECT_TRUE(m_devices.token(m_id, early, sign(m_id, early)));
    const auto late = m_devices.challenge(m_id);
    EXPECT_TRUE(m_devices.token(m_id, late, sign(m_id, late)));
}

TEST_F(DevicesTest, ADeviceThatLogsInWithoutEndIsLimitedAlone)
{
    const auto log_in = [this](const DeviceId& id) {
        const auto challenge = m_devices.challenge(id);
        return m_devices.token(id, challenge, sign(id, challenge));
    };
    for (std::size_t i = 0; i < Devices::logins_within_life; ++i)
        EXPECT_TRUE(log_in(m_id));
    EXPECT_EQ(log_in(m_id).error().code, ErrorCode::rate_limited);
    const auto other = DeviceId::generate(m_random);
    add(other);
    EXPECT_TRUE(log_in(other));
    m_clock.advance(Milliseconds(Devices::challenge_life_ms));
    EXPECT_TRUE(log_in(m_id));
}

}
}
