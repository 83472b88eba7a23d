#include "pki/ocsp.h"

#include <algorithm>

#include <openssl/ocsp.h>

#include "crypto/digest.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/extensions.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, crypto::Deleter<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, crypto::Deleter<OCSP_BASICRESP_free>>;

// The key as CertID hashes it: contents of the BIT STRING (RFC 6960 4.1.1).
Result<Bytes> key_bits(const Certificate& certificate)
{
    const auto* bits = X509_get0_pubkey_bitstr(certificate.handle());
    if (bits == nullptr)
        return fail(ErrorCode::malformed, "certificate has no key");
    const auto* data = ASN1_STRING_get0_data(bits);
    return Bytes(data, data + ASN1_STRING_length(bits));
}

Bytes hash_of(int algorithm, ByteView data)
{
    using crypto::Digest, crypto::HashAlgorithm;
    switch (algorithm) {
    case NID_sha256: return to_bytes(Digest::of(HashAlgorithm::sha256, data).bytes());
    case NID_sha384: return to_bytes(Digest::of(HashAlgorithm::sha384, data).bytes());
    case NID_sha512: return to_bytes(Digest::of(HashAlgorithm::sha512, data).bytes());
    default: return crypto::sha1(data);
    }
}

}

Bytes OcspStatus::encode() const
{
    switch (m_kind) {
    case Kind::good: return der::implicitly(0, {});
    case Kind::unknown: return der::implicitly(2, {});
    case Kind::revoked: break;
    }
    const auto reason = m_revocation.reason;
    const auto why = reason == 0 ? Bytes{} : der::explicitly(0, der::enumerated(reason));
    // [1] IMPLICIT SEQUENCE
    return der::explicitly(1, concat({der::generalized_time(m_revocation.revoked_at), why}));
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
    TRY_ASSIGN(key, key_bits(issuer));
    TRY_ASSIGN(responder_id, key_identifier(responder.public_key().spki()));
    OcspAuthority authority;
    const auto name = issuer.subject_der();
    for (const int algorithm : {NID_sha1, NID_sha256, NID_sha384, NID_sha512})
        authority.m_hashes.push_back({algorithm, hash_of(algorithm, name), hash_of(algorithm, key)});
    const auto cutoff = der::generalized_time(issuer.not_before());
    authority.m_single_extensions =
        der::explicitly(1, der::sequence({extension(oids::ocsp_archive_cutoff, Critical::no, cutoff)}));
    authority.m_responder_id = der::explicitly(2, der::octet_string(responder_id));
    authority.m_certificates = der::explicitly(0, der::sequence({responder.der()}));
    return authority;
}

bool OcspAuthority::is_issuer_in(const CertId& id) const
{
    return std::any_of(m_hashes.begin(), m_hashes.end(), [&](const Hashes& hashes) {
        return hashes.algorithm == id.hash && equal_public(hashes.name, id.issuer_name_hash) &&
               equal_public(hashes.key, id.issuer_key_hash);
    });
}

Bytes OcspAuthority::cert_id(ByteView serial) const
{
    const auto& sha1 = m_hashes.front();
    return der::sequence({der::sequence({der::oid(oids::sha1), der::null()}), der::octet_string(sha1.name),
                          der::octet_string(sha1.key), der::integer(serial)});
}

Result<Bytes> sign_ocsp_response(const OcspResponseContents& contents, const crypto::Signer& signer)
{
    if (contents.nonce.size() > ocsp_nonce_max_size)
        return fail(ErrorCode::invalid_argument, "nonce is longer than 128 bytes (RFC 9654)");
    const auto& authority = contents.authority;
    Bytes singles;
    for (const auto& single : contents.singles)
        singles =
            concat({singles, der::sequence({single.cert_id, single.status.encode(),
                                            der::generalized_time(contents.this_update),
                                            der::explicitly(0, der::generalized_time(contents.next_update)),
                                            authority.m_single_extensions})});
    Bytes extensions;
    if (!contents.nonce.empty())
        extensions = der::explicitly(
            1, der::sequence({extension(oids::ocsp_nonce, Critical::no, der::octet_string(contents.nonce))}));
    const auto data = der::sequence({authority.m_responder_id, der::generalized_time(contents.produced_at),
                                     der::sequence({singles}), extensions});
    TRY_ASSIGN(signature, der::signature_fields(data, signer));
    const auto basic = der::sequence({data, signature, authority.m_certificates});
    return der::sequence({der::enumerated(0), der::explicitly(0, der::sequence({der::oid(oids::ocsp_basic),
                                                                                der::octet_string(basic)}))});
}

}
