// PKCS#10 certification requests (RFC 2986). Only the public key of a request is used: subject and
// attributes are the issuer's to decide. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace qss::pki {

class Csr {
public:
    // Strict DER up to limits::csr_size; the request's own signature, which proves possession of the
    // key, must hold (`verification_failed`) under an algorithm that we accept.
    static Result<Csr> from_der(ByteView der);
    static Result<Csr> from_pem(std::string_view pem);

    [[nodiscard]] const crypto::PublicKey& public_key() const { return m_public_key; }
    [[nodiscard]] const Bytes& der() const { return m_der; }

private:
    Csr(crypto::PublicKey key, Bytes der) : m_public_key(std::move(key)), m_der(std::move(der)) {}
    crypto::PublicKey m_public_key;
    Bytes m_der;
};

// A request with CN alone, for tools that make their own keys. DER.
Result<Bytes> make_csr(std::string_view common_name, const crypto::Signer& signer);

}
