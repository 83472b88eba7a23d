// A statement is a canonical encoding (base/canonical.h) that somebody signed with ECDSA P-256 and
// SHA-256, so that others can check it without trusting who carries it. Transport form:
// canonical "QSS-SIGNED-v1" { encoding, SHA-256 of the signing key's SPKI, signature }. Pure.
#pragma once

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace qss::statements {

struct SignedStatement {
    Bytes encoding;      // what is signed, tag first
    Bytes signer_key_id; // SHA-256 of the SPKI, 32 bytes
    Bytes signature;     // DER ECDSA-Sig-Value over SHA-256(encoding)

    // `max_size` bounds the encoding; evidence is the only structure that is longer.
    static Result<SignedStatement> decode(ByteView transport, std::size_t max_size = limits::statement_size);
    [[nodiscard]] Bytes encode() const;
    [[nodiscard]] Bytes hash() const; // SHA-256(encoding), 32 bytes
    [[nodiscard]] Status verify(const crypto::PublicKey& key) const; // checks signer_key_id as well
};

// The id by which a statement names the key that signed it: SHA-256 of the SPKI.
Bytes key_id_of(const crypto::PublicKey& key);

// `signer` holds a P-256 key.
Result<SignedStatement> sign_statement(Bytes encoding, const crypto::Signer& signer);

}
