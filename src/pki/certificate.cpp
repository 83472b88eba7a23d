#include "pki/certificate.h"

#include <algorithm>

#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "pki/asn1.h"

namespace qss::pki {

namespace {

using StorePtr = std::unique_ptr<X509_STORE, crypto::Deleter<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, crypto::Deleter<X509_STORE_CTX_free>>;
using PurposesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, crypto::Deleter<EXTENDED_KEY_USAGE_free>>;
using PointsPtr = std::unique_ptr<CRL_DIST_POINTS, crypto::Deleter<CRL_DIST_POINTS_free>>;
using StackPtr =
    std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;

Result<crypto::PublicKey> key_of(const X509* x509)
{
    TRY_ASSIGN(spki, encode_der(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(x509)));
    return crypto::PublicKey::from_spki(spki);
}

}

Certificate::Certificate(std::shared_ptr<X509> x509, crypto::PublicKey key, Bytes der)
    : m_x509(std::move(x509)), m_public_key(std::move(key)), m_der(std::move(der))
{
}

Result<Certificate> Certificate::from_der(ByteView der)
{
    if (der.size() > limits::certificate_size)
        return fail(ErrorCode::too_large, "certificate");
    const auto* cursor = der.data();
    crypto::X509Ptr parsed(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    if (!parsed || cursor != der.data() + der.size())
        return fail(ErrorCode::malformed, "certificate: " + crypto::openssl_errors());
    TRY_ASSIGN(again, encode_der(i2d_X509, parsed.get()));
    if (!equal_public(again, der))
        return fail(ErrorCode::malformed, "certificate is not DER");
    // Fills the cache of extensions now, so that later readers only read.
    if (X509_check_purpose(parsed.get(), -1, 0) != 1 ||
        (X509_get_extension_flags(parsed.get()) & EXFLAG_INVALID) != 0 || X509_get_version(parsed.get()) != 2)
        return fail(ErrorCode::malformed, "certificate's extensions: " + crypto::openssl_errors());
    if ((ASN1_STRING_type(X509_get0_serialNumber(parsed.get())) & V_ASN1_NEG) != 0)
        return fail(ErrorCode::malformed, "certificate's serial number is negative");
    TRY_ASSIGN(not_before, time_from_asn1(X509_get0_notBefore(parsed.get())));
    TRY_ASSIGN(not_after, time_from_asn1(X509_get0_notAfter(parsed.get())));
    if (not_after < not_before)
        return fail(ErrorCode::malformed, "certificate ends before it begins");
    TRY_ASSIGN(key, key_of(parsed.get()));
    return Certificate(std::shared_ptr<X509>(std::move(parsed)), std::move(key), to_bytes(der));
}

Result<Certificate> Certificate::from_pem(std::string_view pem)
{
    if (pem.size() > 2 * limits::certificate_size)
        return fail(ErrorCode::too_large, "certificate");
    const crypto::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const crypto::X509Ptr parsed(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!parsed)
        return fail(ErrorCode::malformed, "PEM certificate: " + crypto::openssl_errors());
    TRY_ASSIGN(der, encode_der(i2d_X509, parsed.get()));
    return from_der(der);
}

std::string Certificate::pem() const
{
    return to_pem("CERTIFICATE", m_der);
}

Bytes Certificate::sha256() const
{
    return crypto::sha256(m_der);
}

Bytes Certificate::serial() const
{
    return integer_contents(X509_get0_serialNumber(m_x509.get()));
}

TimePoint Certificate::not_before() const
{
    const auto time = time_from_asn1(X509_get0_notBefore(m_x509.get()));
    QSS_ASSERT(time.has_value());
    return *time;
}

TimePoint Certificate::not_after() const
{
    const auto time = time_from_asn1(X509_get0_notAfter(m_x509.get()));
    QSS_ASSERT(time.has_value());
    return *time;
}

std::string Certificate::subject_attribute(std::string_view oid) const
{
    const ObjectPtr object(OBJ_txt2obj(std::string(oid).c_str(), 1));
    const auto* name = X509_get_subject_name(m_x509.get());
    const int index = object ? X509_NAME_get_index_by_OBJ(name, object.get(), -1) : -1;
    if (index < 0)
        return {};
    unsigned char* out = nullptr;
    const int size = ASN1_STRING_to_UTF8(&out, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
    if (size < 0)
        return {};
    std::string text(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
    OPENSSL_free(out);
    return text;
}

Bytes Certificate::subject_der() const
{
    auto name = encode_der(i2d_X509_NAME, X509_get_subject_name(m_x509.get()));
    QSS_ASSERT(name.has_value());
    return *name;
}

Bytes Certificate::subject_key_id() const
{
    if (const auto* id = X509_get0_subject_key_id(m_x509.get())) {
        const auto* data = ASN1_STRING_get0_data(id);
        return Bytes(data, data + ASN1_STRING_length(id));
    }
    auto id = key_identifier(m_public_key.spki());
    QSS_ASSERT(id.has_value());
    return *id;
}

std::string Certificate::subject() const
{
    const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(bio.get(), X509_get_subject_name(m_x509.get()), 0,
                       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

std::string Certificate::crl_url() const
{
    const PointsPtr points(static_cast<CRL_DIST_POINTS*>(
        X509_get_ext_d2i(m_x509.get(), NID_crl_distribution_points, nullptr, nullptr)));
    if (!points || sk_DIST_POINT_num(points.get()) != 1)
        return {};
    const auto* point = sk_DIST_POINT_value(points.get(), 0);
    const bool by_its_issuer = point->reasons == nullptr && point->CRLissuer == nullptr;
    return by_its_issuer ? url_of(point->distpoint) : std::string();
}

bool Certificate::is_ca() const
{
    return X509_check_ca(m_x509.get()) == 1;
}

bool Certificate::is_only_for(std::string_view purpose) const
{
    const PurposesPtr purposes(static_cast<EXTENDED_KEY_USAGE*>(
        X509_get_ext_d2i(m_x509.get(), NID_ext_key_usage, nullptr, nullptr)));
    const ObjectPtr wanted(OBJ_txt2obj(std::string(purpose).c_str(), 1));
    return purposes && wanted && sk_ASN1_OBJECT_num(purposes.get()) == 1 &&
           OBJ_cmp(wanted.get(), sk_ASN1_OBJECT_value(purposes.get(), 0)) == 0;
}

Status Certificate::check_issued_by(const Certificate& issuer) const
{
    if (const int code = X509_check_issued(issuer.handle(), m_x509.get()); code != X509_V_OK)
        return fail(ErrorCode::verification_failed,
                    std::string("certificate's issuer: ") + X509_verify_cert_error_string(code));
    if (!is_accepted_signature(X509_get_signature_nid(m_x509.get())))
        return fail(ErrorCode::verification_failed, "certificate's signature algorithm is not accepted");
    if (X509_verify(m_x509.get(), issuer.public_key().handle()) != 1)
        return fail(ErrorCode::verification_failed, "certificate's signature: " + crypto::openssl_errors());
    return {};
}

Status Certificate::check_valid_at(TimePoint time) const
{
    if (!validity().covers(time))
        return fail(ErrorCode::expired, "certificate is valid from " + to_rfc3339(not_before()) + " to " +
                                            to_rfc3339(not_after()));
    return {};
}

Status check_path(const Certificate& leaf, std::span<const Certificate> intermediates,
                  const Certificate& root, TimePoint time)
{
    const StorePtr store(X509_STORE_new());
    const StackPtr untrusted(sk_X509_new_null());
    const StoreContextPtr context(X509_STORE_CTX_new());
    bool ok = store && untrusted && context && X509_STORE_add_cert(store.get(), root.handle()) == 1;
    for (const auto& intermediate : intermediates)
        ok = ok && sk_X509_push(untrusted.get(), intermediate.handle()) > 0;
    ok = ok && X509_STORE_CTX_init(context.get(), store.get(), leaf.handle(), untrusted.get()) == 1;
    if (!ok)
        return fail(ErrorCode::internal, crypto::openssl_errors());
    // OpenSSL's own look at the time ends a second too early; ours follows.
    auto* parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE |
                                                X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_auth_level(parameters, 2); // 112 bits: no SHA-1, no RSA below 2048
    X509_VERIFY_PARAM_set_depth(parameters, 4);
    if (X509_verify_cert(context.get()) != 1) {
        const int code = X509_STORE_CTX_get_error(context.get());
        crypto::openssl_errors();
        return fail(ErrorCode::verification_failed,
                    std::string("certificate path: ") + X509_verify_cert_error_string(code));
    }
    TRY(leaf.check_valid_at(time));
    for (const auto& intermediate : intermediates)
        TRY(intermediate.check_valid_at(time));
    return root.check_valid_at(time);
}

}
