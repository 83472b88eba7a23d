// One key of the time-stamping unit with its certificate: whether it may be used, and what tokens take from
// it (RFC 3161 2.3; EN 319 422 6). Immutable; safe from any thread.
#pragma once

#include <memory>
#include <optional>

#include "pki/timestamp_token.h"
#include "tsa/record.h"

namespace qss::tsa {

class Unit {
public:
    // invalid_argument or verification_failed, saying what does not hold: the certificate is the issuer's,
    // for this key, for time-stamping alone.
    static Result<Unit> make(KeyRow row, std::shared_ptr<const crypto::Signer> signer,
                             const SettingsRow& settings);

    [[nodiscard]] const KeyRow& row() const { return m_row; }
    [[nodiscard]] const pki::Certificate& issuer() const { return m_issuer; }
    [[nodiscard]] const pki::Certificate& certificate() const { return m_certificate; }
    [[nodiscard]] const pki::TimestampUnit& encoded() const { return m_encoded; }
    [[nodiscard]] const crypto::Signer& signer() const { return *m_signer; }

    // TSA-3: `gone` once revoked; `expired` outside the certificate's validity, the key's usage period or the
    // algorithm's own end.
    [[nodiscard]] Status check_may_stamp(TimePoint time) const;

private:
    Unit(KeyRow row, pki::Certificate certificate, pki::Certificate issuer, pki::TimestampUnit encoded,
         std::shared_ptr<const crypto::Signer> signer, Validity key_usage);
    KeyRow m_row;
    pki::Certificate m_certificate;
    pki::Certificate m_issuer;
    pki::TimestampUnit m_encoded;
    std::shared_ptr<const crypto::Signer> m_signer;
    Validity m_certificate_validity;
    Validity m_issuer_validity;
    Validity m_key_usage;
};

}
