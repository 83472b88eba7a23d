// WebAuthn assertions (Level 2 7.2) as signature activation data. `clientDataJSON` is checked by the
// limited verification algorithm (5.8.1.2), byte for byte, without a JSON parser. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace qss::webauthn {

struct Assertion {
    Bytes credential_id;
    Bytes authenticator_data;
    Bytes client_data_json;
    Bytes signature; // ES256: DER ECDSA-Sig-Value
};

struct RelyingParty {
    std::string rp_id;
    std::vector<std::string> origins; // "https://approve.example.com"
};

struct AssertionFacts {
    std::uint32_t sign_count = 0;
};

// 5.8.1.2: type, challenge, origin, crossOrigin false; a further member may follow, a topOrigin may
// not. `type` is "webauthn.get" or "webauthn.create".
Status check_client_data(ByteView client_data_json, std::string_view type, ByteView challenge,
                         std::span<const std::string> origins);

// UP=1, UV=1, BE=0 (device-bound), no attested data, no extensions, rpIdHash, the signature.
// verification_failed, with what it was, on any of them.
Result<AssertionFacts> check_assertion(const Assertion& assertion, ByteView challenge, const RelyingParty& rp,
                                       const crypto::PublicKey& key);

}
