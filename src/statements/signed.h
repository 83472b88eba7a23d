// A statement is a canonical encoding (base/canonical.h) that somebody signed with ECDSA P-256 and
// SHA-256, so that others can check it without trusting who carries it. Transport form:
// canonical "QSS-SIGNED-v1" { encoding, SHA-256 of the signing key's SPKI, signature }. Pure.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace qss::statements {

struct SignedStatement {
    Bytes encoding;      // what is signed, tag first
    Bytes signer_key_id; // SHA-256 of the SPKI, 32 bytes
    Bytes signature;     // DER ECDSA-Sig-Value over SHA-256(encoding)

    static Result<SignedStatement> decode(ByteView transport); // up to limits::statement_size + signature
    [[nodiscard]] Bytes encode() const;
    [[nodiscard]] Bytes hash() const; // SHA-256(encoding), 32 bytes
    [[nodiscard]] Status verify(const crypto::PublicKey& key) const; // checks signer_key_id as well
};

Result<SignedStatement> sign_statement(Bytes encoding, const crypto::Signer& signer);

}
