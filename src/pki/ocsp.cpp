#include "pki/ocsp.h"

#include <openssl/ocsp.h>

#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/extensions.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, crypto::Deleter<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, crypto::Deleter<OCSP_BASICRESP_free>>;

Bytes encode_status(const OcspStatus& status)
{
    if (!status.revocation())
        return der::implicitly(0, {}); // good
    const auto& [revoked_at, reason] = *status.revocation();
    const auto why = reason == 0 ? Bytes{} : der::explicitly(0, der::enumerated(reason));
    return der::explicitly(1, concat({der::generalized_time(revoked_at), why})); // [1] IMPLICIT SEQUENCE
}

}

Bytes encode_ocsp_error(OcspError error)
{
    return der::sequence({der::enumerated(static_cast<std::uint8_t>(error))});
}

Result<Certificate> responder_of(ByteView response)
{
    const auto* cursor = response.data();
    const ResponsePtr parsed(d2i_OCSP_RESPONSE(nullptr, &cursor, static_cast<long>(response.size())));
    const BasicPtr basic(parsed ? OCSP_response_get1_basic(parsed.get()) : nullptr);
    const auto* certificates = basic ? OCSP_resp_get0_certs(basic.get()) : nullptr;
    if (certificates == nullptr || sk_X509_num(certificates) < 1)
        return fail(ErrorCode::malformed, "OCSP response with a certificate: " + crypto::openssl_errors());
    TRY_ASSIGN(der, encode_der(i2d_X509, sk_X509_value(certificates, 0)));
    return Certificate::from_der(der);
}

Result<OcspAuthority> OcspAuthority::make(const Certificate& issuer, const Certificate& responder)
{
    TRY_ASSIGN(key_hash, key_identifier(issuer.public_key().spki()));
    TRY_ASSIGN(responder_id, key_identifier(responder.public_key().spki()));
    const auto cutoff = der::generalized_time(issuer.not_before());
    OcspAuthority authority;
    authority.m_issuer =
        concat({der::sequence({der::oid(oids::sha1), der::null()}),
                der::octet_string(crypto::sha1(issuer.subject_der())), der::octet_string(key_hash)});
    authority.m_single_extensions =
        der::explicitly(1, der::sequence({extension(oids::ocsp_archive_cutoff, Critical::no, cutoff)}));
    authority.m_responder_id = der::explicitly(2, der::octet_string(responder_id));
    authority.m_certificates = der::explicitly(0, der::sequence({responder.der()}));
    return authority;
}

Result<Bytes> sign_ocsp_response(const OcspResponseContents& contents, const crypto::Signer& signer)
{
    if (contents.nonce.size() > ocsp_nonce_max_size)
        return fail(ErrorCode::invalid_argument, "nonce is longer than 128 bytes (RFC 9654)");
    const auto& authority = contents.authority;
    const auto cert_id = der::sequence({authority.m_issuer, der::integer(contents.serial)});
    const auto single = der::sequence(
        {cert_id, encode_status(contents.status), der::generalized_time(contents.this_update),
         der::explicitly(0, der::generalized_time(contents.next_update)), authority.m_single_extensions});
    Bytes extensions;
    if (!contents.nonce.empty())
        extensions = der::explicitly(
            1, der::sequence({extension(oids::ocsp_nonce, Critical::no, der::octet_string(contents.nonce))}));
    const auto data = der::sequence({authority.m_responder_id, der::generalized_time(contents.produced_at),
                                     der::sequence({single}), extensions});
    TRY_ASSIGN(signature, der::signature_fields(data, signer));
    const auto basic = der::sequence({data, signature, authority.m_certificates});
    return der::sequence({der::enumerated(0), der::explicitly(0, der::sequence({der::oid(oids::ocsp_basic),
                                                                                der::octet_string(basic)}))});
}

}
