// What the SAM signs with its evidence key: that a key is inside and whose it is (KeyAttestation, for
// the CA), that an authenticator was bound (LinkRecord, for evidence), that a key was destroyed
// (RevocationReceipt). Pure.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "statements/signed.h"

namespace qss::statements {

struct KeyAttestation { // tag "QSS-KEY-v1"
    KeyId key_id;
    SignerId signer_id;
    PackId pack_id;
    Bytes spki;                 // DER
    Bytes statement_hash;       // SHA-256 of the registration statement's encoding
    Bytes ca_nonce;             // 32 bytes
    std::string key_store;      // "software" or "pkcs11"
    bool sandbox = false;       // u64 0 or 1
    TimePoint attested_at;

    [[nodiscard]] Bytes encode() const;
    static Result<KeyAttestation> decode(ByteView encoding);
};

struct LinkRecord { // tag "QSS-LINK-v1"
    SignerId signer_id;
    AuthenticatorId authenticator_id;
    Bytes credential_id;
    Bytes public_key_spki;      // P-256, DER
    Bytes aaguid;               // 16 bytes
    Bytes statement_hash;
    Bytes attestation_hash;     // SHA-256 of the attestation object
    TimePoint bound_at;

    [[nodiscard]] Bytes encode() const;
    static Result<LinkRecord> decode(ByteView encoding);
};

struct RevocationReceipt { // tag "QSS-REVOKED-v1"
    KeyId key_id;
    SignerId signer_id;
    Bytes certificate_sha256;   // empty when none was linked
    std::uint64_t reason = 0;   // RFC 5280 5.3.1
    TimePoint revoked_at;
    std::string requested_by;   // as the SAM was told: "credential:…", "operator:…"; "order:…" of officers
    TimePoint requested_at;     // as the SAM was told

    [[nodiscard]] Bytes encode() const;
    static Result<RevocationReceipt> decode(ByteView encoding);
};

}
