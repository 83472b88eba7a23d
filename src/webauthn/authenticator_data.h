// Authenticator data (WebAuthn Level 2 6.1) and the credential public key in it (COSE, ES256 alone),
// read strictly and written for the software authenticator. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace qss::webauthn {

inline constexpr std::uint8_t flag_user_present = 0x01;
inline constexpr std::uint8_t flag_user_verified = 0x04;
inline constexpr std::uint8_t flag_backup_eligible = 0x08;
inline constexpr std::uint8_t flag_backed_up = 0x10;
inline constexpr std::uint8_t flag_attested_data = 0x40;
inline constexpr std::uint8_t flag_extensions = 0x80;

struct AttestedCredential {
    Bytes aaguid;                 // 16 bytes
    Bytes credential_id;
    crypto::PublicKey public_key; // P-256
};

struct AuthenticatorData {
    std::uint8_t flags = 0;
    std::uint32_t sign_count = 0;
    std::optional<AttestedCredential> attested;
};

enum class Ceremony { registration, assertion };

// verification_failed unless rpIdHash is that of `rp_id`; user present and verified; not backup
// eligible (the key stays on its device); no extensions; credential data exactly in a registration.
Result<AuthenticatorData> check_authenticator_data(ByteView data, std::string_view rp_id, Ceremony ceremony);

Bytes encode_authenticator_data(std::string_view rp_id, std::uint8_t flags, std::uint32_t sign_count);
Bytes encode_attested_credential(ByteView aaguid, ByteView credential_id, const crypto::PublicKey& key);

}
