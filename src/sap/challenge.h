// The challenge that the authenticator signs: SHA-256 over the canonical encoding of everything that
// is approved (TS 119 431-1 SIG-6.3.1-11/-13). Phone and SAM compute it themselves; it
// never travels. Specified byte by byte in docs/protocol-sam.md. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "crypto/algorithms.h"
#include "crypto/digest.h"

namespace qss::sap {

struct ChallengeInput { // tag "QSS-SAD-v1"; encoded in this order
    SessionId session_id;
    Bytes nonce;                     // 32 bytes
    TimePoint expires_at;            // u64, Unix milliseconds
    SignerId signer_id;
    KeyId key_id;
    Bytes certificate_sha256;        // 32 bytes, of the DER signing certificate
    crypto::SignatureAlgorithm signature_algorithm; // two texts: OID of the hash, then the name
                                                    // of the signature algorithm ("RSA-PKCS1-SHA256")
    std::vector<crypto::Digest> digests; // u64 count, then each digest, in order
    Bytes display_hash; // SHA-256 of the encoded DisplayRecord
    std::string rp_id;

    [[nodiscard]] Bytes encode() const;
    static Result<ChallengeInput> decode(ByteView encoding); // 1 to 100 digests
    [[nodiscard]] Bytes challenge() const; // SHA-256(encode()), 32 bytes
};

// What an authenticator bound already signs to let another one join: SHA-256 over
// "QSS-ADD-v1" { signer id, the SAM's binding challenge, new credential's SPKI, rp_id }.
Bytes addition_challenge(const SignerId& signer, ByteView binding_challenge, ByteView new_spki,
                         std::string_view rp_id);

// What the enrolment key of the registration statement signs to let the first one join: the encoding of
// "QSS-ENROL-v1" with the same fields.
Bytes enrolment_message(const SignerId& signer, ByteView binding_challenge, ByteView new_spki,
                        std::string_view rp_id);

}
