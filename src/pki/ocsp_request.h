// OCSP requests (RFC 6960 4.1, RFC 9654), parsed strictly: DER, nothing after. Who signed one, if anybody
// did, does not matter: status is public (EN 319 411-2 CSS-6.3.10). Pure; immutable, safe from any thread.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::pki {

inline constexpr std::size_t ocsp_nonce_max_size = 128; // RFC 9654 2.1
inline constexpr std::size_t ocsp_singles_max = 8;      // certificates asked about in one request

// Names one certificate by hashes of its issuer's name and key, and its serial number. The hash is the
// asker's choice: SHA-1, which all clients have, or SHA-2.
struct CertId {
    Bytes der;              // as it came, up to limits::ocsp_cert_id_size; a response repeats it
    int hash = 0;           // OpenSSL's NID of one that is supported
    Bytes issuer_name_hash;
    Bytes issuer_key_hash;
    Bytes serial;           // contents of the INTEGER, positive

    // malformed; unsupported: another hash.
    static Result<CertId> from_der(ByteView der);
};

class OcspRequest {
public:
    // Up to limits::ocsp_request_size. malformed: not a version 1 request for 1 to 8 certificates, a nonce
    // that is not of 1 to 128 bytes, or a critical extension that is not known.
    static Result<OcspRequest> from_der(ByteView der);

    [[nodiscard]] const std::vector<CertId>& ids() const { return m_ids; }
    [[nodiscard]] const Bytes& nonce() const { return m_nonce; } // empty: none

private:
    OcspRequest() = default;
    std::vector<CertId> m_ids;
    Bytes m_nonce;
};

}
