#include "tsa/unit.h"

#include <openssl/x509v3.h>

#include "pki/asn1.h"
#include "pki/name.h"

namespace qss::tsa {

namespace {

using UsagePeriodPtr = std::unique_ptr<PKEY_USAGE_PERIOD, crypto::Deleter<PKEY_USAGE_PERIOD_free>>;

// privateKeyUsagePeriod (RFC 3280 4.2.1.4), within the certificate's own validity where it is silent.
Result<Validity> key_usage_of(const pki::Certificate& certificate)
{
    auto usage = certificate.validity();
    int found = 0; // -1: absent; -2: more than one; 0 or 1: there, and whether critical
    const UsagePeriodPtr period(static_cast<PKEY_USAGE_PERIOD*>(
        X509_get_ext_d2i(certificate.handle(), NID_private_key_usage_period, &found, nullptr)));
    if (!period && found != -1)
        return fail(ErrorCode::invalid_argument, "the certificate's privateKeyUsagePeriod");
    if (period && period->notBefore != nullptr) {
        TRY_ASSIGN(from, pki::time_from_asn1(period->notBefore));
        usage.not_before = std::max(usage.not_before, from);
    }
    if (period && period->notAfter != nullptr) {
        TRY_ASSIGN(until, pki::time_from_asn1(period->notAfter));
        usage.not_after = std::min(usage.not_after, until);
    }
    return usage;
}

// RFC 3161 2.3: the one purpose, in a critical extension; EN 319 422 6.1: keyUsage for signatures alone.
Status check_purpose(const pki::Certificate& certificate)
{
    const int at = X509_get_ext_by_NID(certificate.handle(), NID_ext_key_usage, -1);
    if (!certificate.is_only_for(pki::oids::time_stamping) || at < 0 ||
        X509_EXTENSION_get_critical(X509_get_ext(certificate.handle(), at)) != 1)
        return fail(ErrorCode::invalid_argument, "the certificate is not for time-stamping alone");
    if ((X509_get_key_usage(certificate.handle()) &
         ~std::uint32_t{KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION}) != 0)
        return fail(ErrorCode::invalid_argument, "the certificate's key may do more than sign");
    return {};
}

}

Unit::Unit(KeyRow row, pki::Certificate certificate, pki::Certificate issuer, pki::TimestampUnit encoded,
           std::shared_ptr<const crypto::Signer> signer, Validity key_usage)
    : m_row(std::move(row)), m_certificate(std::move(certificate)), m_issuer(std::move(issuer)),
      m_encoded(std::move(encoded)), m_signer(std::move(signer)),
      m_certificate_validity(m_certificate.validity()), m_issuer_validity(m_issuer.validity()),
      m_key_usage(key_usage)
{
}

Result<Unit> Unit::make(KeyRow row, std::shared_ptr<const crypto::Signer> signer, const SettingsRow& settings)
{
    TRY_ASSIGN(certificate, pki::Certificate::from_der(row.certificate));
    TRY_ASSIGN(issuer, pki::Certificate::from_der(row.issuer));
    if (!issuer.is_ca())
        return fail(ErrorCode::invalid_argument, "issuer is no CA");
    TRY(certificate.check_issued_by(issuer));
    if (!equal_public(certificate.public_key().spki(), row.key.spki))
        return fail(ErrorCode::invalid_argument, "the certificate is for another key");
    TRY(check_purpose(certificate));
    TRY_ASSIGN(key_usage, key_usage_of(certificate));
    TRY_ASSIGN(encoded,
               pki::TimestampUnit::make(certificate, {&issuer, 1}, {settings.policy, settings.accuracy}));
    return Unit(std::move(row), std::move(certificate), std::move(issuer), std::move(encoded),
                std::move(signer), key_usage);
}

Status Unit::check_may_stamp(TimePoint time) const
{
    if (m_row.revoked_at)
        return fail(ErrorCode::gone, "the unit's certificate was revoked");
    if (!m_certificate_validity.covers(time) || !m_issuer_validity.covers(time))
        return fail(ErrorCode::expired, "the unit's certificate is not valid now");
    if (!m_key_usage.covers(time))
        return fail(ErrorCode::expired, "the unit's key may not be used any more");
    return crypto::check_may_sign(m_certificate.public_key().type(), time);
}

}
