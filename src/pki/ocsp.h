// OCSP (RFC 6960, RFC 9654): builds responses to one certificate each. Responder named by key, CertID with
// SHA-1 as all clients have it, ArchiveCutoff since the CA's start (EN 319 411-2 CSS-6.3.10-02). Pure; safe
// from any thread.
#pragma once

#include <optional>
#include <vector>

#include "pki/certificate.h"
#include "pki/crl.h"

namespace qss::pki {

inline constexpr std::size_t ocsp_nonce_max_size = 128; // RFC 9654 2.1

// RFC 6960 4.2.1; a status other than successful carries no body.
enum class OcspError : std::uint8_t {
    malformed_request = 1,
    internal_error = 2,
    try_later = 3,
    unauthorized = 6
};
Bytes encode_ocsp_error(OcspError error);

class OcspStatus {
public:
    static OcspStatus good() { return OcspStatus({}); }
    static OcspStatus revoked(Revocation revocation) { return OcspStatus(revocation); }
    [[nodiscard]] const std::optional<Revocation>& revocation() const { return m_revocation; }

private:
    explicit OcspStatus(std::optional<Revocation> revocation) : m_revocation(revocation) {}
    std::optional<Revocation> m_revocation;
};

// The responder's certificate, which came with a response of `sign_ocsp_response`. Nothing is verified.
Result<Certificate> responder_of(ByteView response);

// What all responses about one issuer's certificates share, encoded once.
class OcspAuthority {
public:
    static Result<OcspAuthority> make(const Certificate& issuer, const Certificate& responder);

private:
    friend Result<Bytes> sign_ocsp_response(const struct OcspResponseContents&, const crypto::Signer&);
    Bytes m_issuer;            // the first three fields of CertID
    Bytes m_single_extensions; // ArchiveCutoff
    Bytes m_responder_id;      // byKey
    Bytes m_certificates;      // the responder's, sent along
};

struct OcspResponseContents {
    const OcspAuthority& authority;
    ByteView serial;
    OcspStatus status;
    TimePoint produced_at;
    TimePoint this_update;
    TimePoint next_update;
    ByteView nonce; // empty: none
};

// OCSPResponse, DER. `signer` holds the responder's key.
Result<Bytes> sign_ocsp_response(const OcspResponseContents& contents, const crypto::Signer& signer);

}
