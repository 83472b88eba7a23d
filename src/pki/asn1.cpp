#include "pki/asn1.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/objects.h>

#include "base/encoding.h"
#include "crypto/digest.h"

namespace qss::pki {

namespace {

std::time_t to_time_t(TimePoint time)
{
    return static_cast<std::time_t>(
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

}

Result<TimePoint> time_from_asn1(const ASN1_TIME* time)
{
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1)
        return fail(ErrorCode::malformed, "time: " + crypto::openssl_errors());
    using namespace std::chrono;
    const auto date = year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon + 1)) /
                      day(static_cast<unsigned>(parts.tm_mday));
    return TimePoint(sys_days(date)) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

Asn1TimePtr time_to_asn1(TimePoint time)
{
    return Asn1TimePtr(ASN1_TIME_set(nullptr, to_time_t(time)));
}

GeneralizedTimePtr time_to_generalized(TimePoint time)
{
    return GeneralizedTimePtr(ASN1_GENERALIZEDTIME_set(nullptr, to_time_t(time)));
}

Bytes integer_contents(const ASN1_INTEGER* integer)
{
    const auto* data = ASN1_STRING_get0_data(integer);
    Bytes contents(data, data + ASN1_STRING_length(integer));
    if (contents.empty() || contents.front() >= 0x80)
        contents.insert(contents.begin(), 0);
    return contents;
}

IntegerPtr integer_from_contents(ByteView contents)
{
    const crypto::BnPtr number(BN_bin2bn(contents.data(), static_cast<int>(contents.size()), nullptr));
    return IntegerPtr(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
}

IntegerPtr integer_from_u64(std::uint64_t value)
{
    IntegerPtr integer(ASN1_INTEGER_new());
    if (integer && ASN1_INTEGER_set_uint64(integer.get(), value) != 1)
        integer.reset();
    return integer;
}

Result<Bytes> key_identifier(ByteView spki)
{
    // SEQUENCE { algorithm, BIT STRING }; d2i_X509_PUBKEY would build the key as well.
    const auto* cursor = spki.data();
    const SequencePtr parts(d2i_ASN1_SEQUENCE_ANY(nullptr, &cursor, static_cast<long>(spki.size())));
    const auto* key =
        parts && sk_ASN1_TYPE_num(parts.get()) == 2 ? sk_ASN1_TYPE_value(parts.get(), 1) : nullptr;
    if (key == nullptr || key->type != V_ASN1_BIT_STRING)
        return fail(ErrorCode::malformed, "SubjectPublicKeyInfo: " + crypto::openssl_errors());
    const auto* bits = key->value.bit_string;
    return crypto::sha1(
        ByteView(ASN1_STRING_get0_data(bits), static_cast<std::size_t>(ASN1_STRING_length(bits))));
}

std::string url_of(const DIST_POINT_NAME* name)
{
    const bool full_name = name != nullptr && name->type == 0; // not relative to the issuer's
    if (!full_name || sk_GENERAL_NAME_num(name->name.fullname) != 1)
        return {};
    const auto* one = sk_GENERAL_NAME_value(name->name.fullname, 0);
    if (one->type != GEN_URI)
        return {};
    const auto* url = one->d.uniformResourceIdentifier;
    return to_string(ByteView(ASN1_STRING_get0_data(url), static_cast<std::size_t>(ASN1_STRING_length(url))));
}

std::string to_pem(std::string_view label, ByteView der)
{
    constexpr std::size_t columns = 64;
    const auto text = base64_encode(der);
    auto pem = "-----BEGIN " + std::string(label) + "-----\n";
    for (std::size_t at = 0; at < text.size(); at += columns)
        pem += text.substr(at, columns) + "\n";
    return pem + "-----END " + std::string(label) + "-----\n";
}

bool is_accepted_signature(int nid)
{
    static constexpr std::array accepted{
        NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption, NID_sha512WithRSAEncryption, NID_rsassaPss,
        NID_ecdsa_with_SHA256,       NID_ecdsa_with_SHA384,       NID_ecdsa_with_SHA512,
    };
    return std::find(accepted.begin(), accepted.end(), nid) != accepted.end();
}

}
