// The attestation statement format "packed" (WebAuthn Level 2 8.2): by a certificate chain up to one of
// the anchors given, or by the credential's own key. Pure.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace qss::webauthn {

struct PackedStatement {
    Bytes signature;        // ES256 over authenticator data || SHA-256 of the client data
    std::vector<Bytes> x5c; // DER, the attestation certificate first; empty: self attestation
};

// The signature holds under the attestation certificate, which obeys 8.2.1 (version 3, subject,
// basic constraints, AAGUID extension) and leads to an anchor at `now`.
Status check_attestation_chain(const PackedStatement& statement, const crypto::Digest& signed_digest,
                               ByteView aaguid, std::span<const Bytes> anchors, TimePoint now);

}
