#include "client/cades.h"

#include <algorithm>

#include "pki/asn1.h"
#include "pki/der.h"

namespace qss::client {

namespace {

namespace der = pki::der;

constexpr std::uint8_t tag_set = 0x31;
constexpr std::uint8_t tag_context_0 = 0xA0;      // [0], constructed
constexpr std::uint8_t tag_directory_name = 0xA4; // GeneralName, [4] EXPLICIT
constexpr std::size_t chain_limit = 8;

constexpr auto oid_data = "1.2.840.113549.1.7.1";
constexpr auto oid_signed_data = "1.2.840.113549.1.7.2";
constexpr auto oid_mgf1 = "1.2.840.113549.1.1.8";
constexpr auto oid_content_type = "1.2.840.113549.1.9.3";
constexpr auto oid_message_digest = "1.2.840.113549.1.9.4";
constexpr auto oid_signing_time = "1.2.840.113549.1.9.5";
constexpr auto oid_signing_certificate_v2 = "1.2.840.113549.1.9.16.2.47";

// X.690 11.6: the elements of a SET OF in ascending order of their encodings.
Bytes set_of(std::uint8_t tag, std::vector<Bytes> elements)
{
    std::sort(elements.begin(), elements.end());
    Bytes content;
    for (const auto& element : elements)
        content.insert(content.end(), element.begin(), element.end());
    return der::tlv(tag, content);
}

// RFC 5754 2: no parameters with SHA-2.
Bytes digest_algorithm(crypto::HashAlgorithm algorithm)
{
    return der::sequence({der::oid(crypto::oid(algorithm))});
}

bool is_pss(crypto::SignatureAlgorithm algorithm)
{
    return algorithm == crypto::SignatureAlgorithm::rsa_pss_sha256 ||
           algorithm == crypto::SignatureAlgorithm::rsa_pss_sha384 ||
           algorithm == crypto::SignatureAlgorithm::rsa_pss_sha512;
}

// RFC 4055 3.1 for PSS: the salt is as long as the hash.
Bytes signature_algorithm(crypto::SignatureAlgorithm algorithm)
{
    if (!is_pss(algorithm))
        return der::algorithm_identifier(algorithm);
    const auto hash = crypto::hash_of(algorithm);
    const auto hash_id = der::sequence({der::oid(crypto::oid(hash)), der::null()});
    const auto parameters = der::sequence({der::explicitly(0, hash_id),
                                           der::explicitly(1, der::sequence({der::oid(oid_mgf1), hash_id})),
                                           der::explicitly(2, der::integer(crypto::digest_size(hash)))});
    return der::sequence({der::oid(crypto::oid(algorithm)), parameters});
}

Bytes attribute(std::string_view type, ByteView value)
{
    return der::sequence({der::oid(type), der::set({value})});
}

Result<Bytes> issuer_name(const pki::Certificate& certificate)
{
    return pki::encode_der(i2d_X509_NAME, X509_get_issuer_name(certificate.handle()));
}

Result<Bytes> serial_number(const pki::Certificate& certificate)
{
    return pki::encode_der(i2d_ASN1_INTEGER, X509_get0_serialNumber(certificate.handle()));
}

// RFC 5035 3: hashAlgorithm is SHA-256 by default and so left out; policies left out.
Result<Bytes> signing_certificate_v2(const pki::Certificate& signer)
{
    TRY_ASSIGN(issuer, issuer_name(signer));
    TRY_ASSIGN(serial, serial_number(signer));
    const auto names = der::sequence({der::tlv(tag_directory_name, issuer)});
    const auto id = der::sequence({der::octet_string(signer.sha256()), der::sequence({names, serial})});
    return der::sequence({der::sequence({id})});
}

}

crypto::Digest CadesAttributes::to_be_signed(crypto::HashAlgorithm algorithm) const
{
    return crypto::Digest::of(algorithm, signed_attributes);
}

Result<CadesAttributes> make_cades_attributes(const crypto::Digest& content, const pki::Certificate& signer,
                                              TimePoint signing_time)
{
    TRY_ASSIGN(certificate, signing_certificate_v2(signer));
    std::vector<Bytes> attributes;
    attributes.push_back(attribute(oid_content_type, der::oid(oid_data)));
    attributes.push_back(attribute(oid_message_digest, der::octet_string(content.bytes())));
    // RFC 5652 11.3: the same rule of UTCTime and GeneralizedTime as in certificates.
    attributes.push_back(attribute(oid_signing_time, der::time(signing_time)));
    attributes.push_back(attribute(oid_signing_certificate_v2, certificate));
    return CadesAttributes{set_of(tag_set, std::move(attributes)), content.algorithm()};
}

Result<Bytes> make_cades(const CadesAttributes& attributes, const pki::Certificate& signer,
                         std::span<const pki::Certificate> chain, crypto::SignatureAlgorithm algorithm,
                         ByteView signature)
{
    if (chain.size() > chain_limit)
        return fail(ErrorCode::too_large, "certificate chain");
    const auto hash = crypto::hash_of(algorithm);
    // RFC 5652 5.4: message-digest is by the same algorithm as the signature's own hash.
    if (hash != attributes.content_hash)
        return fail(ErrorCode::invalid_argument, "the document's hash and the signature's are of two kinds");
    TRY(signer.public_key().verify(algorithm, attributes.to_be_signed(hash), signature));

    TRY_ASSIGN(issuer, issuer_name(signer));
    TRY_ASSIGN(serial, serial_number(signer));
    Bytes implicit_attributes = attributes.signed_attributes; // SET OF becomes [0] IMPLICIT
    implicit_attributes.front() = tag_context_0;
    const auto version = der::integer(1);
    const auto signer_info =
        der::sequence({version, der::sequence({issuer, serial}), digest_algorithm(hash), implicit_attributes,
                       signature_algorithm(algorithm), der::octet_string(signature)});

    std::vector<Bytes> certificates{signer.der()};
    for (const auto& certificate : chain)
        certificates.push_back(certificate.der());
    const auto content_type = der::sequence({der::oid(oid_data)}); // detached: no content
    const auto signed_data =
        der::sequence({version, der::set({digest_algorithm(hash)}), content_type,
                       set_of(tag_context_0, std::move(certificates)), der::set({signer_info})});
    return der::sequence({der::oid(oid_signed_data), der::explicitly(0, signed_data)});
}

}
