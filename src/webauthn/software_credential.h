// What an authenticator and a browser do between them (WebAuthn Level 2 6.3.2, 6.3.3, 5.8.1.1), in
// software: registrations with packed self attestation, and assertions. For `qss authenticator` and
// for tests; no role uses it. Pure.
#pragma once

#include <string>

#include "webauthn/assertion.h"
#include "webauthn/authenticator_data.h"

namespace qss::webauthn {

// Names this software in the place of a model; it is not a secret.
inline constexpr std::string_view software_aaguid = "QSS-SOFTWARE-KEY";
static_assert(software_aaguid.size() == 16);

struct SoftwareCredential {
    Bytes credential_id;
    std::string rp_id;
    std::string origin;           // "https://approve.example.com"
    const crypto::Signer& key;    // P-256
};

struct Registration {
    Bytes attestation_object;
    Bytes client_data_json;
};

// The user was there and verified, unless a test says otherwise.
inline constexpr std::uint8_t flags_of_a_gesture = flag_user_present | flag_user_verified;

Result<Registration> make_registration(const SoftwareCredential& credential, ByteView challenge,
                                       std::uint8_t flags = flags_of_a_gesture);
Result<Assertion> make_assertion(const SoftwareCredential& credential, ByteView challenge,
                                 std::uint32_t sign_count, std::uint8_t flags = flags_of_a_gesture);

}
