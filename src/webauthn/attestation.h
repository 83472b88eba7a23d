// WebAuthn registration (Level 2 7.1): the attestation object's CBOR (the only general format that the
// SAM parses, with limits), authenticator data, COSE key (ES256 alone), attestation statement "packed"
// with a certificate chain, or self attestation where the policy takes it. Pure.
#pragma once

#include <vector>

#include "base/clock.h"
#include "webauthn/assertion.h"

namespace qss::webauthn {

struct AttestationPolicy {
    bool software_allowed = false;    // a sandbox: packed self attestation is taken
    std::vector<Bytes> roots;         // DER, trust anchors for packed with x5c
};

struct NewCredential {
    Bytes credential_id;              // at most limits::webauthn_credential_id_size
    crypto::PublicKey public_key;     // P-256
    Bytes aaguid;                     // 16 bytes
    std::uint32_t sign_count = 0;
    bool software = false;            // self attestation
};

Result<NewCredential> check_attestation(ByteView attestation_object, ByteView client_data_json,
                                        ByteView challenge, const RelyingParty& rp,
                                        const AttestationPolicy& policy, TimePoint now);

}
