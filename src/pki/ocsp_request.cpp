#include "pki/ocsp_request.h"

#include <openssl/ocsp.h>

#include "base/limits.h"
#include "pki/asn1.h"

namespace qss::pki {

namespace {

using RequestPtr = std::unique_ptr<OCSP_REQUEST, crypto::Deleter<OCSP_REQUEST_free>>;
using CertIdPtr = std::unique_ptr<OCSP_CERTID, crypto::Deleter<OCSP_CERTID_free>>;

int hash_size(int nid)
{
    switch (nid) {
    case NID_sha1: return 20;
    case NID_sha256: return 32;
    case NID_sha384: return 48;
    case NID_sha512: return 64;
    default: return 0;
    }
}

Bytes contents(const ASN1_STRING* string)
{
    const auto* data = ASN1_STRING_get0_data(string);
    return {data, data + ASN1_STRING_length(string)};
}

// RFC 9654 2.1: an OCTET STRING inside the extension's own.
Result<Bytes> read_nonce(const ASN1_OCTET_STRING* value)
{
    const auto* begin = ASN1_STRING_get0_data(value);
    const auto* cursor = begin;
    const OctetStringPtr inner(d2i_ASN1_OCTET_STRING(nullptr, &cursor, ASN1_STRING_length(value)));
    if (!inner || cursor != begin + ASN1_STRING_length(value)) {
        crypto::openssl_errors();
        return fail(ErrorCode::malformed, "OCSP request's nonce is no OCTET STRING");
    }
    auto nonce = contents(inner.get());
    if (nonce.empty() || nonce.size() > ocsp_nonce_max_size)
        return fail(ErrorCode::malformed, "OCSP request's nonce has not 1 to 128 bytes");
    return nonce;
}

// The one version there is, 1, is the default, which DER leaves out. OpenSSL keeps it to itself.
bool names_a_version(ByteView request)
{
    const auto* cursor = request.data();
    const auto* end = cursor + request.size();
    for (int level = 0; level < 2; ++level) { // OCSPRequest, TBSRequest
        long size = 0;
        int tag = 0;
        int tag_class = 0;
        ASN1_get_object(&cursor, &size, &tag, &tag_class, static_cast<long>(end - cursor));
    }
    return cursor < end && *cursor == 0xA0;
}

Status check_single_extensions(OCSP_ONEREQ* single)
{
    for (int i = 0; i < OCSP_ONEREQ_get_ext_count(single); ++i)
        if (X509_EXTENSION_get_critical(OCSP_ONEREQ_get_ext(single, i)) != 0)
            return fail(ErrorCode::malformed, "OCSP request has a critical extension that is not known");
    return {};
}

Result<Bytes> read_extensions(OCSP_REQUEST* request)
{
    Bytes nonce;
    for (int i = 0; i < OCSP_REQUEST_get_ext_count(request); ++i) {
        auto* extension = OCSP_REQUEST_get_ext(request, i);
        if (OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_id_pkix_OCSP_Nonce) {
            if (!nonce.empty())
                return fail(ErrorCode::malformed, "OCSP request has two nonces");
            TRY_ASSIGN(value, read_nonce(X509_EXTENSION_get_data(extension)));
            nonce = std::move(value);
        } else if (X509_EXTENSION_get_critical(extension) != 0) {
            return fail(ErrorCode::malformed, "OCSP request has a critical extension that is not known");
        }
    }
    return nonce;
}

}

Result<CertId> CertId::from_der(ByteView der)
{
    if (der.size() > limits::ocsp_cert_id_size)
        return fail(ErrorCode::too_large, "CertID");
    const auto* cursor = der.data();
    const CertIdPtr parsed(d2i_OCSP_CERTID(nullptr, &cursor, static_cast<long>(der.size())));
    if (!parsed || cursor != der.data() + der.size())
        return fail(ErrorCode::malformed, "CertID: " + crypto::openssl_errors());
    TRY_ASSIGN(again, encode_der(i2d_OCSP_CERTID, parsed.get()));
    if (!equal_public(again, der))
        return fail(ErrorCode::malformed, "CertID is not DER");
    ASN1_OCTET_STRING* name = nullptr;
    ASN1_OCTET_STRING* key = nullptr;
    ASN1_OBJECT* algorithm = nullptr;
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(&name, &algorithm, &key, &serial, parsed.get());
    const int hash = OBJ_obj2nid(algorithm);
    if (hash_size(hash) == 0)
        return fail(ErrorCode::unsupported, "CertID's hash algorithm");
    if (ASN1_STRING_length(name) != hash_size(hash) || ASN1_STRING_length(key) != hash_size(hash))
        return fail(ErrorCode::malformed, "CertID's hashes have another length");
    if (ASN1_STRING_type(serial) != V_ASN1_INTEGER) // a negative one
        return fail(ErrorCode::malformed, "CertID's serial number is not positive");
    return CertId{to_bytes(der), hash, contents(name), contents(key), integer_contents(serial)};
}

Result<OcspRequest> OcspRequest::from_der(ByteView der)
{
    if (der.size() > limits::ocsp_request_size)
        return fail(ErrorCode::too_large, "OCSP request");
    const auto* cursor = der.data();
    const RequestPtr request(d2i_OCSP_REQUEST(nullptr, &cursor, static_cast<long>(der.size())));
    if (!request || cursor != der.data() + der.size())
        return fail(ErrorCode::malformed, "OCSP request: " + crypto::openssl_errors());
    TRY_ASSIGN(again, encode_der(i2d_OCSP_REQUEST, request.get()));
    if (!equal_public(again, der) || names_a_version(der))
        return fail(ErrorCode::malformed, "OCSP request is not DER of version 1");
    const int count = OCSP_request_onereq_count(request.get());
    if (count < 1 || count > static_cast<int>(ocsp_singles_max))
        return fail(ErrorCode::malformed, "OCSP request asks about no certificate, or about more than 8");
    OcspRequest out;
    for (int i = 0; i < count; ++i) {
        auto* single = OCSP_request_onereq_get0(request.get(), i);
        TRY(check_single_extensions(single));
        TRY_ASSIGN(id_der, encode_der(i2d_OCSP_CERTID, OCSP_onereq_get0_id(single)));
        TRY_ASSIGN(id, CertId::from_der(id_der));
        out.m_ids.push_back(std::move(id));
    }
    TRY_ASSIGN(nonce, read_extensions(request.get()));
    out.m_nonce = std::move(nonce);
    return out;
}

}
