#include "pki/der.h"

#include <bit>

#include <openssl/objects.h>

#include "pki/asn1.h"

namespace qss::pki::der {

namespace {

enum Tag : std::uint8_t {
    tag_boolean = 0x01,
    tag_integer = 0x02,
    tag_bit_string = 0x03,
    tag_octet_string = 0x04,
    tag_null = 0x05,
    tag_enumerated = 0x0A,
    tag_utf8_string = 0x0C,
    tag_printable_string = 0x13,
    tag_ia5_string = 0x16,
    tag_sequence = 0x30,
    tag_set = 0x31,
};

}

Bytes tlv(std::uint8_t tag, ByteView contents)
{
    Bytes out{tag};
    const auto size = contents.size();
    if (size < 0x80) {
        out.push_back(static_cast<std::uint8_t>(size));
    } else {
        const int octets = (static_cast<int>(std::bit_width(size)) + 7) / 8;
        out.push_back(static_cast<std::uint8_t>(0x80 | octets));
        for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
            out.push_back(static_cast<std::uint8_t>(size >> shift));
    }
    out.insert(out.end(), contents.begin(), contents.end());
    return out;
}

Bytes sequence(std::initializer_list<ByteView> parts)
{
    return tlv(tag_sequence, concat(parts));
}

Bytes set(std::initializer_list<ByteView> parts)
{
    return tlv(tag_set, concat(parts));
}

Bytes explicitly(std::uint8_t number, ByteView value)
{
    return tlv(static_cast<std::uint8_t>(0xA0 | number), value);
}

Bytes implicitly(std::uint8_t number, ByteView contents)
{
    return tlv(static_cast<std::uint8_t>(0x80 | number), contents);
}

Bytes oid(std::string_view dotted)
{
    const ObjectPtr object(OBJ_txt2obj(std::string(dotted).c_str(), 1));
    QSS_ASSERT(object != nullptr);
    auto encoded = encode_der(i2d_ASN1_OBJECT, object.get());
    QSS_ASSERT(encoded.has_value());
    return *encoded;
}

Bytes integer(std::uint64_t value)
{
    Bytes contents;
    do {
        contents.insert(contents.begin(), static_cast<std::uint8_t>(value));
        value >>= 8;
    } while (value != 0);
    if (contents.front() >= 0x80)
        contents.insert(contents.begin(), 0);
    return integer(contents);
}

Bytes integer(ByteView contents)
{
    QSS_ASSERT(!contents.empty() && contents.front() < 0x80);
    return tlv(tag_integer, contents);
}

Bytes enumerated(std::uint8_t value)
{
    QSS_ASSERT(value < 0x80);
    return tlv(tag_enumerated, Bytes{value});
}

Bytes boolean_true()
{
    return tlv(tag_boolean, Bytes{0xFF});
}

Bytes null()
{
    return tlv(tag_null, {});
}

Bytes octet_string(ByteView value)
{
    return tlv(tag_octet_string, value);
}

Bytes bit_string(ByteView value)
{
    return tlv(tag_bit_string, concat({Bytes{0}, value}));
}

Bytes named_bits(std::uint16_t bits)
{
    QSS_ASSERT(bits != 0);
    const auto trailing = std::countr_zero(bits);
    const auto high = static_cast<std::uint8_t>(bits >> 8);
    if (trailing >= 8)
        return tlv(tag_bit_string, Bytes{static_cast<std::uint8_t>(trailing - 8), high});
    return tlv(tag_bit_string,
               Bytes{static_cast<std::uint8_t>(trailing), high, static_cast<std::uint8_t>(bits)});
}

Bytes utf8_string(std::string_view text)
{
    return tlv(tag_utf8_string, as_bytes(text));
}

Bytes printable_string(std::string_view text)
{
    return tlv(tag_printable_string, as_bytes(text));
}

Bytes ia5_string(std::string_view text)
{
    return tlv(tag_ia5_string, as_bytes(text));
}

Bytes time(TimePoint time)
{
    const auto value = time_to_asn1(time);
    auto encoded = encode_der(i2d_ASN1_TIME, value.get());
    QSS_ASSERT(encoded.has_value());
    return *encoded;
}

Bytes generalized_time(TimePoint time)
{
    const auto value = time_to_generalized(time);
    auto encoded = encode_der(i2d_ASN1_GENERALIZEDTIME, value.get());
    QSS_ASSERT(encoded.has_value());
    return *encoded;
}

Bytes algorithm_identifier(crypto::SignatureAlgorithm algorithm)
{
    using enum crypto::SignatureAlgorithm;
    QSS_ASSERT(algorithm != rsa_pss_sha256 && algorithm != rsa_pss_sha384 && algorithm != rsa_pss_sha512);
    const bool ecdsa = algorithm == ecdsa_sha256 || algorithm == ecdsa_sha384 || algorithm == ecdsa_sha512;
    const auto identifier = oid(crypto::oid(algorithm));
    // RFC 4055 5: parameters NULL for RSA; RFC 5758 3.2: absent for ECDSA.
    return ecdsa ? sequence({identifier}) : sequence({identifier, null()});
}

Result<Bytes> signature_fields(ByteView tbs, const crypto::Signer& signer)
{
    const auto algorithm = crypto::default_signature_algorithm(signer.public_key().type());
    const auto digest = crypto::Digest::of(crypto::hash_of(algorithm), tbs);
    TRY_ASSIGN(signature, signer.sign(algorithm, digest));
    if (crypto::is_rsa(signer.public_key().type()))
        TRY(signer.public_key().verify(algorithm, digest, signature));
    return concat({algorithm_identifier(algorithm), bit_string(signature)});
}

Result<Bytes> sign(ByteView tbs, const crypto::Signer& signer)
{
    TRY_ASSIGN(fields, signature_fields(tbs, signer));
    return sequence({tbs, fields});
}

}
