#include "pki/timestamp_request.h"

#include <openssl/ts.h>

#include "base/limits.h"
#include "pki/asn1.h"
#include "pki/der.h"

namespace qss::pki {

namespace {

using enum TimestampFailure;
using crypto::HashAlgorithm;
using RequestPtr = std::unique_ptr<TS_REQ, crypto::Deleter<TS_REQ_free>>;

tl::expected<HashAlgorithm, TimestampFailure> read_algorithm(const X509_ALGOR* algorithm)
{
    const ASN1_OBJECT* object = nullptr;
    int parameters = V_ASN1_UNDEF;
    X509_ALGOR_get0(&object, &parameters, nullptr, algorithm);
    if (parameters != V_ASN1_UNDEF && parameters != V_ASN1_NULL) // RFC 5754 2: absent, or NULL
        return tl::unexpected(bad_algorithm);
    switch (OBJ_obj2nid(object)) {
    case NID_sha256: return HashAlgorithm::sha256;
    case NID_sha384: return HashAlgorithm::sha384;
    case NID_sha512: return HashAlgorithm::sha512;
    default: return tl::unexpected(bad_algorithm);
    }
}

ByteView view_of(const ASN1_STRING* string)
{
    return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

}

TimestampRequest TimestampRequest::of(crypto::Digest digest)
{
    // RFC 5754 2: without parameters.
    auto imprint = der::sequence(
        {der::sequence({der::oid(crypto::oid(digest.algorithm()))}), der::octet_string(digest.bytes())});
    return {std::move(digest), std::move(imprint), {}, {}, SendCertificates::yes};
}

tl::expected<TimestampRequest, TimestampFailure> parse_timestamp_request(ByteView der)
{
    if (der.empty() || der.size() > limits::timestamp_request_size)
        return tl::unexpected(bad_data_format);
    const auto* cursor = der.data();
    const RequestPtr request(d2i_TS_REQ(nullptr, &cursor, static_cast<long>(der.size())));
    const auto again = request ? encode_der(i2d_TS_REQ, request.get()) : Result<Bytes>(Bytes());
    if (!request || !again || !equal_public(*again, der)) {
        crypto::openssl_errors();
        return tl::unexpected(bad_data_format);
    }
    if (TS_REQ_get_version(request.get()) != 1)
        return tl::unexpected(bad_request);
    auto* imprint = TS_REQ_get_msg_imprint(request.get());
    const auto algorithm = read_algorithm(TS_MSG_IMPRINT_get_algo(imprint));
    if (!algorithm)
        return tl::unexpected(algorithm.error());
    auto digest = crypto::Digest::from_bytes(*algorithm, view_of(TS_MSG_IMPRINT_get_msg(imprint)));
    if (!digest)
        return tl::unexpected(bad_data_format);
    if (TS_REQ_get_ext_count(request.get()) > 0)
        return tl::unexpected(unaccepted_extension);

    TimestampRequest out{std::move(*digest), {}, {}, {}, SendCertificates::no};
    out.imprint = encode_der(i2d_TS_MSG_IMPRINT, imprint).value_or(Bytes());
    if (const auto* policy = TS_REQ_get_policy_id(request.get()))
        out.policy = encode_der(i2d_ASN1_OBJECT, policy).value_or(Bytes());
    if (const auto* nonce = TS_REQ_get_nonce(request.get()))
        out.nonce = encode_der(i2d_ASN1_INTEGER, nonce).value_or(Bytes());
    if (TS_REQ_get_cert_req(request.get()) != 0) {
        // OpenSSL keeps whatever byte said TRUE; without extensions it is the last one.
        if (der.back() != 0xFF)
            return tl::unexpected(bad_data_format);
        out.certificates = SendCertificates::yes;
    }
    QSS_ASSERT(!out.imprint.empty());
    return out;
}

}
