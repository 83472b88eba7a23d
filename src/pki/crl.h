// Certificate revocation lists (RFC 5280 5; EN 319 411-1 CSS-6.3.9): complete, direct, final. Revoked
// certificates stay listed after they expire, so expiredCertsOnCRL (2.5.29.60) is present. Pure; a Crl
// is immutable and safe from any thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "pki/certificate.h"

namespace qss::pki {

struct Revocation {
    TimePoint revoked_at;
    std::uint8_t reason = 0; // RFC 5280 5.3.1; 0, unspecified, is not written
};

struct RevokedEntry {
    Bytes serial; // contents of the INTEGER
    Revocation revocation;
};

struct CrlContents {
    std::uint64_t number = 1; // monotonic for each issuer
    TimePoint this_update;
    TimePoint next_update;
    std::vector<RevokedEntry> revoked;
};

inline constexpr std::uint32_t reason_cessation = 5; // cessationOfOperation

// The reasons that we give, SAM and CA alike: revocation is final, so neither hold nor removal (EN 319 411-1
// CSS-6.3.9); nor those of CAs and attribute authorities.
Status check_revocation_reason(std::uint32_t reason);
// Of a CA's certificate: cACompromise too.
Status check_authority_revocation_reason(std::uint32_t reason);
// RFC 5280 5.3.1: "keyCompromise". invalid_argument: none that we give.
Result<std::uint32_t> revocation_reason_from_string(std::string_view name);
[[nodiscard]] std::string_view revocation_reason_name(std::uint32_t reason);

// TBSCertList, DER, in the name of `issuer`.
Result<Bytes> encode_tbs_crl(const Certificate& issuer, const CrlContents& contents);

class Crl {
public:
    static Result<Crl> from_der(ByteView der); // up to limits::crl_size; v2 with a crlNumber

    [[nodiscard]] const Bytes& der() const { return m_der; }
    [[nodiscard]] std::uint64_t number() const { return m_number; }
    [[nodiscard]] TimePoint this_update() const { return m_this_update; }
    [[nodiscard]] TimePoint next_update() const { return m_next_update; }
    [[nodiscard]] bool is_named(const Certificate& issuer) const; // its issuer's name is this subject's
    [[nodiscard]] Status check_signed_by(const Certificate& issuer) const;
    [[nodiscard]] std::optional<Revocation> find(ByteView serial) const;
    [[nodiscard]] std::vector<Bytes> serials() const; // of what it lists

private:
    Crl() = default;
    std::shared_ptr<X509_CRL> m_crl;
    Bytes m_der;
    std::uint64_t m_number = 0;
    TimePoint m_this_update;
    TimePoint m_next_update;
};

// tbs becomes a CRL of `signer`, read back.
Result<Crl> sign_crl(ByteView tbs, const crypto::Signer& signer);

}
