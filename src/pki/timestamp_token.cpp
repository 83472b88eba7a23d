#include "pki/timestamp_token.h"

#include <algorithm>
#include <vector>

#include "base/encoding.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/extensions.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

constexpr std::uint8_t tag_octet_string = 0x04;
constexpr std::uint8_t tag_set = 0x31;
constexpr std::uint8_t general_name_directory = 4;

enum class PkiStatus : std::uint8_t { granted = 0, rejection = 2, revocation_notification = 5 };

// RFC 5652 5.3, X.690 11.6: signed attributes are in DER, whose SET OF is sorted.
Bytes sorted(std::vector<Bytes> elements)
{
    std::sort(elements.begin(), elements.end());
    Bytes all;
    for (const auto& element : elements)
        all.insert(all.end(), element.begin(), element.end());
    return all;
}

Bytes attribute(std::string_view oid, ByteView value)
{
    return der::sequence({der::oid(oid), der::set({value})});
}

// Accuracy: seconds, or milliseconds below one.
Bytes encode_accuracy(Milliseconds accuracy)
{
    const auto ms = static_cast<std::uint64_t>(accuracy.count());
    if (ms == 1000)
        return der::sequence({der::integer(1)});
    auto millis = der::integer(ms);
    millis.front() = 0x80; // [0] IMPLICIT
    return der::sequence({millis});
}

// EN 319 422 9.1: esi4-qtstStatement-1, no more. TSTInfo's extensions are [1] IMPLICIT.
Bytes qualified_extensions()
{
    const auto statement = der::sequence({der::oid(oids::qualified_timestamp)});
    return der::explicitly(1, extension(oids::qc_statements, Critical::no, der::sequence({statement})));
}

Bytes status_info(PkiStatus status, ByteView more)
{
    return der::sequence({der::integer(static_cast<std::uint64_t>(status)), more});
}

Bytes free_text(std::string_view text)
{
    return der::sequence({der::utf8_string(text)});
}

}

Bytes encode_gen_time(TimePoint time)
{
    constexpr std::uint8_t tag_generalized_time = 0x18;
    std::string digits; // YYYYMMDDhhmmssmmm
    for (const char c : to_rfc3339(time))
        if (c >= '0' && c <= '9')
            digits.push_back(c);
    auto out = digits.substr(0, 14);
    auto fraction = digits.substr(14);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (!fraction.empty())
        out += "." + fraction;
    return der::tlv(tag_generalized_time, as_bytes(out + "Z"));
}

Bytes timestamp_serial(TimePoint time, Random& random)
{
    constexpr std::size_t time_size = 6;
    Bytes serial(timestamp_serial_size);
    const auto ms = static_cast<std::uint64_t>(to_unix_ms(time));
    for (std::size_t i = 0; i < time_size; ++i)
        serial[i] = static_cast<std::uint8_t>(ms >> (8 * (time_size - 1 - i)));
    random.fill(std::span(serial).subspan(time_size));
    QSS_ASSERT(serial[0] < 0x80 && (serial[0] != 0 || serial[1] >= 0x80)); // minimal: 1989 to 6429
    return serial;
}

Result<TimestampUnit> TimestampUnit::make(const Certificate& unit, std::span<const Certificate> above,
                                          const Profile& profile)
{
    if (profile.accuracy < Milliseconds(1) || profile.accuracy > Milliseconds(1000))
        return fail(ErrorCode::invalid_argument, "accuracy: 1 to 1000 ms (EN 319 421 TIS-7.7.2-03)");
    TRY_ASSIGN(issuer, encode_der(i2d_X509_NAME, X509_get_issuer_name(unit.handle())));
    TimestampUnit out;
    out.m_algorithm = crypto::default_signature_algorithm(unit.public_key().type());
    const auto hash = crypto::hash_of(out.m_algorithm);
    out.m_policy = der::oid(profile.policy);
    out.m_accuracy = encode_accuracy(profile.accuracy);
    out.m_name = der::explicitly(0, der::explicitly(general_name_directory, unit.subject_der()));
    out.m_extensions = qualified_extensions();
    out.m_content_type = attribute(oids::cms_content_type, der::oid(oids::tst_info));
    // RFC 5816 2.2.1, RFC 5035 5.4.1: SHA-256 is the default and not written.
    const auto certificate_id = der::sequence({der::octet_string(unit.sha256())});
    out.m_signing_certificate =
        attribute(oids::cms_signing_certificate_v2, der::sequence({der::sequence({certificate_id})}));
    out.m_digest_algorithm = der::sequence({der::oid(crypto::oid(hash))});
    out.m_signature_algorithm = der::algorithm_identifier(out.m_algorithm);
    out.m_signer_id = der::sequence({issuer, der::integer(unit.serial())});
    auto whole = attribute(oids::cms_message_digest, der::octet_string(Bytes(crypto::digest_size(hash))));
    whole.resize(whole.size() - crypto::digest_size(hash));
    out.m_digest_prefix = std::move(whole);
    std::vector<Bytes> certificates{unit.der()};
    for (const auto& certificate : above)
        certificates.push_back(certificate.der());
    out.m_certificates = der::explicitly(0, sorted(std::move(certificates))); // [0] IMPLICIT SET
    return out;
}

Bytes TimestampUnit::encode_info(const TimestampRequest& request, const TimestampFacts& facts) const
{
    // ordering is FALSE, its default.
    return der::sequence({der::integer(1), m_policy, request.imprint, der::integer(facts.serial),
                          encode_gen_time(facts.time), m_accuracy, request.nonce, m_name, m_extensions});
}

Bytes TimestampUnit::signed_attributes(ByteView info) const
{
    const auto digest = crypto::Digest::of(crypto::hash_of(m_algorithm), info);
    return sorted({m_content_type, concat({m_digest_prefix, digest.bytes()}), m_signing_certificate});
}

Bytes TimestampUnit::encode_token(const TimestampRequest& request, ByteView info, ByteView attributes,
                                  ByteView signature) const
{
    static const auto content_oid = der::oid(oids::tst_info); // looking it up costs more than a digest
    static const auto signed_data_oid = der::oid(oids::cms_signed_data);
    const auto signer_info =
        der::sequence({der::integer(1), m_signer_id, m_digest_algorithm, der::explicitly(0, attributes),
                       m_signature_algorithm, der::tlv(tag_octet_string, signature)});
    const auto content = der::sequence({content_oid, der::explicitly(0, der::octet_string(info))});
    const bool with_certificates = request.certificates == SendCertificates::yes;
    const auto signed_data =
        der::sequence({der::integer(3), der::set({m_digest_algorithm}), content,
                       with_certificates ? m_certificates : Bytes(), der::set({signer_info})});
    return der::sequence({signed_data_oid, der::explicitly(0, signed_data)});
}

Result<std::vector<Bytes>> sign_timestamps(const TimestampUnit& unit, std::span<const TimestampDraft> drafts,
                                           const crypto::Signer& signer)
{
    const auto algorithm = unit.m_algorithm;
    std::vector<Bytes> infos, attributes;
    std::vector<crypto::Digest> digests;
    for (const auto& draft : drafts) {
        infos.push_back(unit.encode_info(draft.request, draft.facts));
        attributes.push_back(unit.signed_attributes(infos.back()));
        digests.push_back(
            crypto::Digest::of(crypto::hash_of(algorithm), der::tlv(tag_set, attributes.back())));
    }
    TRY_ASSIGN(signatures, signer.sign_each(algorithm, digests));
    std::vector<Bytes> tokens;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        if (crypto::is_rsa(signer.public_key().type())) // a faulty one can give the key away
            TRY(signer.public_key().verify(algorithm, digests[i], signatures[i]));
        tokens.push_back(unit.encode_token(drafts[i].request, infos[i], attributes[i], signatures[i]));
    }
    return tokens;
}

Bytes granted_timestamp(ByteView token)
{
    return der::sequence({status_info(PkiStatus::granted, {}), token});
}

Bytes refused_timestamp(TimestampFailure failure, std::string_view text)
{
    constexpr std::uint8_t tag_bit_string = 0x03;
    const auto bit = static_cast<unsigned>(failure); // X.690 11.2.2: up to the last bit that is set
    Bytes bits(2 + bit / 8);
    bits.front() = static_cast<std::uint8_t>(7 - bit % 8);
    bits.back() = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    return der::sequence(
        {status_info(PkiStatus::rejection, concat({free_text(text), der::tlv(tag_bit_string, bits)}))});
}

Bytes revoked_timestamp()
{
    return der::sequence({status_info(PkiStatus::revocation_notification,
                                      free_text("the certificate of this time-stamping unit was revoked"))});
}

}
