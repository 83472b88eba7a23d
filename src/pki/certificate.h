// X.509 certificates (RFC 5280), parsed strictly: DER, one certificate, nothing after. Pure; a
// Certificate is immutable and safe from any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/validity.h"
#include "crypto/keys.h"

namespace qss::pki {

class Certificate {
public:
    static Result<Certificate> from_der(ByteView der); // up to limits::certificate_size
    static Result<Certificate> from_pem(std::string_view pem); // the first one

    [[nodiscard]] const Bytes& der() const { return m_der; }
    [[nodiscard]] std::string pem() const; // 64 columns, "\n"
    [[nodiscard]] Bytes sha256() const;    // of the DER
    [[nodiscard]] const crypto::PublicKey& public_key() const { return m_public_key; }
    [[nodiscard]] Bytes serial() const;    // contents of the INTEGER, big-endian
    [[nodiscard]] TimePoint not_before() const;
    [[nodiscard]] TimePoint not_after() const; // the last second in which it is valid
    [[nodiscard]] Validity validity() const { return {not_before(), not_after()}; }
    [[nodiscard]] std::string subject_attribute(std::string_view oid) const; // UTF-8; empty: absent
    [[nodiscard]] Bytes subject_der() const;   // the Name
    [[nodiscard]] Bytes subject_key_id() const; // of the extension, or made by its method 1
    [[nodiscard]] std::string subject() const; // RFC 2253, for people
    // Where its list of revocations is (RFC 5280 4.2.1.13); empty: no place, or more than one.
    [[nodiscard]] std::string crl_url() const;
    [[nodiscard]] bool is_ca() const;
    [[nodiscard]] bool is_only_for(std::string_view purpose) const; // OID: its one extended key usage
    [[nodiscard]] X509* handle() const { return m_x509.get(); }

    // Signature and names: `issuer` signed this one. No times, no path.
    [[nodiscard]] Status check_issued_by(const Certificate& issuer) const;
    [[nodiscard]] Status check_valid_at(TimePoint time) const; // `expired` outside its validity

private:
    Certificate(std::shared_ptr<X509> x509, crypto::PublicKey key, Bytes der);
    std::shared_ptr<X509> m_x509;
    crypto::PublicKey m_public_key;
    Bytes m_der;
};

// RFC 5280 6.1 through OpenSSL (X509_V_FLAG_X509_STRICT): leaf, intermediates, one anchor; and all of them
// are valid at `time`, `expired` otherwise.
Status check_path(const Certificate& leaf, std::span<const Certificate> intermediates,
                  const Certificate& root, TimePoint time);

}
