// Certificate revocation lists (RFC 5280 5; EN 319 411-1 CSS-6.3.9): direct, final, complete for the
// certificates that they cover: all of the issuer's, or one shard's. Revoked certificates stay listed after
// they expire, so expiredCertsOnCRL (2.5.29.60) is present. Pure; a Crl is immutable and safe from any
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
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

// nextUpdate of a last list, after which there is none (EN 319 411-1 CSS-6.3.9-06).
inline constexpr TimePoint no_next_update = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) +
                                            std::chrono::hours(24) - std::chrono::seconds(1);

// One of the lists into which an issuer's certificates are divided: `number` from 0, below `count`.
struct CrlShard {
    std::uint32_t number = 0;
    std::uint32_t count = 1;
    friend bool operator==(const CrlShard&, const CrlShard&) = default;
};

// The list that covers a certificate, of `count`: by the first random byte of its serial number
// (random_serial).
CrlShard shard_of(ByteView serial, std::uint32_t count);

struct CrlContents {
    std::uint64_t number = 1; // monotonic for each list of an issuer
    TimePoint this_update;
    TimePoint next_update;
    std::vector<RevokedEntry> revoked;
    std::string distribution_point{}; // URL of a shard's list; empty: the list covers all certificates
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
    [[nodiscard]] bool is_last() const { return m_next_update == no_next_update; }
    // The URL that the certificates have whom the list covers (RFC 5280 5.2.5); empty: it covers all.
    [[nodiscard]] const std::string& distribution_point() const { return m_distribution_point; }
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
    std::string m_distribution_point;
};

// tbs becomes a CRL of `signer`, read back.
Result<Crl> sign_crl(ByteView tbs, const crypto::Signer& signer);

}
