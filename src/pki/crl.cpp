#include "pki/crl.h"

#include <array>

#include <openssl/x509v3.h>

#include "base/limits.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/extensions.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

constexpr std::uint32_t ca_compromise = 2;
constexpr std::array<std::pair<std::uint32_t, std::string_view>, 7> reasons = {
    {{0, "unspecified"},
     {1, "keyCompromise"},
     {ca_compromise, "cACompromise"},
     {3, "affiliationChanged"},
     {4, "superseded"},
     {5, "cessationOfOperation"},
     {9, "privilegeWithdrawn"}}};

using CrlPtr = std::unique_ptr<X509_CRL, crypto::Deleter<X509_CRL_free>>;
using PointPtr = std::unique_ptr<ISSUING_DIST_POINT, crypto::Deleter<ISSUING_DIST_POINT_free>>;

Bytes encode_entry(const RevokedEntry& entry)
{
    const auto& [revoked_at, reason] = entry.revocation;
    Bytes extensions;
    if (reason != 0)
        extensions = der::sequence({extension(oids::crl_reason, Critical::no, der::enumerated(reason))});
    return der::sequence({der::integer(entry.serial), der::time(revoked_at), extensions});
}

Result<std::uint64_t> number_of(const X509_CRL* crl)
{
    int critical = 0;
    const IntegerPtr number(
        static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl, NID_crl_number, &critical, nullptr)));
    std::uint64_t value = 0;
    if (!number || critical != 0 || ASN1_INTEGER_get_uint64(&value, number.get()) != 1)
        return fail(ErrorCode::malformed, "CRL has no usable crlNumber");
    return value;
}

// A critical extension that we do not know may change what the list means (RFC 5280 5.2).
Status check_no_critical_extension(X509_CRL* crl)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
        auto* extension = X509_CRL_get_ext(crl, i);
        const bool known =
            OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_issuing_distribution_point;
        if (X509_EXTENSION_get_critical(extension) != 0 && !known)
            return fail(ErrorCode::unsupported, "CRL has a critical extension");
    }
    return {};
}

// A place alone. Whatever else the extension can say changes what the list covers: certificates of other
// issuers, some reasons, CAs or users only.
Result<std::string> distribution_point_of(const X509_CRL* crl)
{
    int critical = 0;
    const PointPtr point(static_cast<ISSUING_DIST_POINT*>(
        X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, nullptr)));
    if (!point && critical == -1)
        return std::string();
    if (!point || critical != 1) // RFC 5280 5.2.5: critical
        return fail(ErrorCode::malformed, "CRL's issuingDistributionPoint");
    auto url = url_of(point->distpoint);
    if (url.empty() || point->onlyuser != 0 || point->onlyCA != 0 || point->onlysomereasons != nullptr ||
        point->indirectCRL != 0 || point->onlyattr != 0)
        return fail(ErrorCode::unsupported, "CRL's issuingDistributionPoint is more than one URL");
    if (url.size() > limits::url_size)
        return fail(ErrorCode::too_large, "URL of a CRL's issuingDistributionPoint");
    return url;
}

}

Status check_revocation_reason(std::uint32_t reason)
{
    if (reason == ca_compromise || revocation_reason_name(reason).empty())
        return fail(ErrorCode::invalid_argument, "revocation reason is not one of 0, 1, 3, 4, 5, 9");
    return {};
}

Status check_authority_revocation_reason(std::uint32_t reason)
{
    return reason == ca_compromise ? Status{} : check_revocation_reason(reason);
}

Result<std::uint32_t> revocation_reason_from_string(std::string_view name)
{
    for (const auto& [reason, reason_name] : reasons)
        if (reason_name == name)
            return reason;
    return fail(ErrorCode::invalid_argument, "reasons of revocation are unspecified, keyCompromise, "
                                             "affiliationChanged, superseded, cessationOfOperation, "
                                             "privilegeWithdrawn; of a CA, cACompromise");
}

std::string_view revocation_reason_name(std::uint32_t reason)
{
    for (const auto& [known, name] : reasons)
        if (known == reason)
            return name;
    return "";
}

CrlShard shard_of(ByteView serial, std::uint32_t count)
{
    QSS_ASSERT(count >= 1 && count <= limits::crl_shards);
    return {serial.size() < 2 ? 0 : serial[1] % count, count};
}

Result<Bytes> encode_tbs_crl(const Certificate& issuer, const CrlContents& contents)
{
    Bytes entries;
    for (const auto& entry : contents.revoked) {
        TRY(check_authority_revocation_reason(entry.revocation.reason));
        const auto encoded = encode_entry(entry);
        entries.insert(entries.end(), encoded.begin(), encoded.end());
    }
    const auto extensions = der::sequence(
        {authority_key_identifier(issuer.subject_key_id()),
         extension(oids::crl_number, Critical::no, der::integer(contents.number)),
         contents.distribution_point.empty() ? Bytes{}
                                             : issuing_distribution_point(contents.distribution_point),
         extension(oids::expired_certs_on_crl, Critical::no, der::generalized_time(issuer.not_before()))});
    const auto algorithm = crypto::default_signature_algorithm(issuer.public_key().type());
    auto tbs =
        der::sequence({der::integer(1), der::algorithm_identifier(algorithm), issuer.subject_der(),
                       der::time(contents.this_update), der::time(contents.next_update),
                       entries.empty() ? Bytes{} : der::sequence({entries}), der::explicitly(0, extensions)});
    if (tbs.size() + 1024 > limits::crl_size)
        return fail(ErrorCode::too_large, "CRL");
    return tbs;
}

Result<Crl> Crl::from_der(ByteView der)
{
    if (der.size() > limits::crl_size)
        return fail(ErrorCode::too_large, "CRL");
    const auto* cursor = der.data();
    CrlPtr parsed(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(der.size())));
    if (!parsed || cursor != der.data() + der.size() || X509_CRL_get_version(parsed.get()) != 1)
        return fail(ErrorCode::malformed, "CRL: " + crypto::openssl_errors());
    TRY_ASSIGN(again, encode_der(i2d_X509_CRL, parsed.get()));
    if (!equal_public(again, der))
        return fail(ErrorCode::malformed, "CRL is not DER");
    TRY(check_no_critical_extension(parsed.get()));
    TRY_ASSIGN(distribution_point, distribution_point_of(parsed.get()));
    Crl crl;
    crl.m_distribution_point = std::move(distribution_point);
    TRY_ASSIGN(number, number_of(parsed.get()));
    TRY_ASSIGN(this_update, time_from_asn1(X509_CRL_get0_lastUpdate(parsed.get())));
    TRY_ASSIGN(next_update, time_from_asn1(X509_CRL_get0_nextUpdate(parsed.get())));
    crl.m_number = number;
    crl.m_this_update = this_update;
    crl.m_next_update = next_update;
    crl.m_der = to_bytes(der);
    // The first search sorts the list; done now, later ones only read.
    X509_REVOKED* none = nullptr;
    const auto zero = integer_from_u64(0);
    X509_CRL_get0_by_serial(parsed.get(), &none, zero.get());
    crl.m_crl = std::move(parsed);
    return crl;
}

bool Crl::is_named(const Certificate& issuer) const
{
    return X509_NAME_cmp(X509_CRL_get_issuer(m_crl.get()), X509_get_subject_name(issuer.handle())) == 0;
}

Status Crl::check_signed_by(const Certificate& issuer) const
{
    if (!is_named(issuer))
        return fail(ErrorCode::verification_failed, "CRL is another issuer's");
    if ((X509_get_key_usage(issuer.handle()) & KU_CRL_SIGN) == 0 || !issuer.is_ca())
        return fail(ErrorCode::verification_failed, "CRL's issuer may not sign CRLs");
    if (!is_accepted_signature(X509_CRL_get_signature_nid(m_crl.get())) ||
        X509_CRL_verify(m_crl.get(), issuer.public_key().handle()) != 1)
        return fail(ErrorCode::verification_failed, "CRL's signature: " + crypto::openssl_errors());
    return {};
}

std::optional<Revocation> Crl::find(ByteView serial) const
{
    X509_REVOKED* entry = nullptr;
    const auto number = integer_from_contents(serial);
    if (!number || X509_CRL_get0_by_serial(m_crl.get(), &entry, number.get()) == 0)
        return std::nullopt;
    const auto time = time_from_asn1(X509_REVOKED_get0_revocationDate(entry));
    const std::unique_ptr<ASN1_ENUMERATED, crypto::Deleter<ASN1_ENUMERATED_free>> reason(
        static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
    const long value = reason ? ASN1_ENUMERATED_get(reason.get()) : 0;
    return Revocation{time.value_or(m_this_update),
                      static_cast<std::uint8_t>(value >= 0 && value <= 10 ? value : 0)};
}

std::vector<Bytes> Crl::serials() const
{
    std::vector<Bytes> all;
    auto* const entries = X509_CRL_get_REVOKED(m_crl.get());
    for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i)
        all.push_back(integer_contents(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i))));
    return all;
}

Result<Crl> sign_crl(ByteView tbs, const crypto::Signer& signer)
{
    TRY_ASSIGN(der, der::sign(tbs, signer));
    return Crl::from_der(der);
}

}
