#include "pki/csr.h"

#include <openssl/pem.h>

#include "base/limits.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

using RequestPtr = std::unique_ptr<X509_REQ, crypto::Deleter<X509_REQ_free>>;

}

Result<Csr> Csr::from_der(ByteView der)
{
    if (der.size() > limits::csr_size)
        return fail(ErrorCode::too_large, "certification request");
    const auto* cursor = der.data();
    const RequestPtr request(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der.size())));
    if (!request || cursor != der.data() + der.size())
        return fail(ErrorCode::malformed, "certification request: " + crypto::openssl_errors());
    TRY_ASSIGN(again, encode_der(i2d_X509_REQ, request.get()));
    if (!equal_public(again, der))
        return fail(ErrorCode::malformed, "certification request is not DER");
    auto* raw_key = X509_REQ_get_X509_PUBKEY(request.get());
    if (raw_key == nullptr)
        return fail(ErrorCode::malformed, "certification request has no key");
    TRY_ASSIGN(spki, encode_der(i2d_X509_PUBKEY, raw_key));
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(spki));
    if (!is_accepted_signature(X509_REQ_get_signature_nid(request.get())))
        return fail(ErrorCode::verification_failed,
                    "certification request's signature algorithm is not accepted");
    if (X509_REQ_verify(request.get(), key.handle()) != 1)
        return fail(ErrorCode::verification_failed,
                    "certification request does not prove possession: " + crypto::openssl_errors());
    return Csr(std::move(key), to_bytes(der));
}

Result<Csr> Csr::from_pem(std::string_view pem)
{
    if (pem.size() > 2 * limits::csr_size)
        return fail(ErrorCode::too_large, "certification request");
    const crypto::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const RequestPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
    if (!request)
        return fail(ErrorCode::malformed, "PEM certification request: " + crypto::openssl_errors());
    TRY_ASSIGN(der, encode_der(i2d_X509_REQ, request.get()));
    return from_der(der);
}

Result<Bytes> make_csr(std::string_view common_name, const crypto::Signer& signer)
{
    const Name name{{oids::common_name, std::string(common_name)}};
    TRY_ASSIGN(subject, encode_name(name));
    // RFC 2986 4.1: version 0, subject, key, [0] attributes (none).
    const auto info =
        der::sequence({der::integer(0), subject, signer.public_key().spki(), der::explicitly(0, {})});
    return der::sign(info, signer);
}

}
