// OCSP responses (RFC 6960, RFC 9654). Responder named by key, each CertID as it was asked, ArchiveCutoff
// since the CA's start (EN 319 411-2 CSS-6.3.10-02). Pure; safe from any thread.
#pragma once

#include <optional>
#include <vector>

#include "pki/certificate.h"
#include "pki/crl.h"
#include "pki/ocsp_request.h"

namespace qss::pki {

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
    static OcspStatus good() { return OcspStatus(Kind::good, {}); }
    static OcspStatus revoked(Revocation revocation) { return OcspStatus(Kind::revoked, revocation); }
    static OcspStatus unknown() { return OcspStatus(Kind::unknown, {}); }
    [[nodiscard]] Bytes encode() const; // CertStatus

private:
    enum class Kind { good, revoked, unknown };
    OcspStatus(Kind kind, Revocation revocation) : m_kind(kind), m_revocation(revocation) {}
    Kind m_kind;
    Revocation m_revocation;
};

// The responder's certificate, which came with a response of `sign_ocsp_response`. Nothing is verified.
Result<Certificate> responder_of(ByteView response);

// What all responses about one issuer's certificates share, encoded once.
class OcspAuthority {
public:
    static Result<OcspAuthority> make(const Certificate& issuer, const Certificate& responder);

    [[nodiscard]] bool is_issuer_in(const CertId& id) const;
    // DER of the CertID with SHA-1, as most clients make it.
    [[nodiscard]] Bytes cert_id(ByteView serial) const;

private:
    friend Result<Bytes> sign_ocsp_response(const struct OcspResponseContents&, const crypto::Signer&);
    struct Hashes {
        int algorithm; // NID
        Bytes name;
        Bytes key;
    };
    std::vector<Hashes> m_hashes;
    Bytes m_single_extensions; // ArchiveCutoff
    Bytes m_responder_id;      // byKey
    Bytes m_certificates;      // the responder's, sent along
};

struct OcspSingle {
    Bytes cert_id; // DER
    OcspStatus status;
};

struct OcspResponseContents {
    const OcspAuthority& authority;
    std::vector<OcspSingle> singles; // all of that authority's certificates
    TimePoint produced_at;
    TimePoint this_update;
    TimePoint next_update;
    ByteView nonce; // empty: none
};

// OCSPResponse, DER. `signer` holds the responder's key.
Result<Bytes> sign_ocsp_response(const OcspResponseContents& contents, const crypto::Signer& signer);

}
