// The lint's rules for what is neither name nor extension (RFC 5280 4.1, TS 119 312).
#include <algorithm>

#include "crypto/algorithms.h"
#include "pki/asn1.h"
#include "pki/lint_rules.h"

namespace qss::pki {

namespace {

constexpr std::uint8_t tag_utc_time = 0x17;
constexpr std::uint8_t tag_generalized_time = 0x18;

bool has_shape(const LintView& view, std::uint8_t tag, std::size_t size)
{
    return std::all_of(view.times.begin(), view.times.end(), [&](const Tlv& time) {
        if (time.tag != tag)
            return true;
        const auto digits = time.contents.first(time.contents.empty() ? 0 : time.contents.size() - 1);
        return time.contents.size() == size && time.contents.back() == 'Z' &&
               std::all_of(digits.begin(), digits.end(), [](auto c) { return c >= '0' && c <= '9'; });
    });
}

bool serial_in_range(const LintView& view, const Profile&)
{
    const auto serial = view.tbs[1].contents;
    return !serial.empty() && serial.size() <= 20 && serial.front() < 0x80 &&
           std::any_of(serial.begin(), serial.end(), [](auto octet) { return octet != 0; });
}

bool serial_has_room_for_chance(const LintView& view, const Profile&)
{
    return view.tbs[1].contents.size() >= 16;
}

bool algorithms_match(const LintView& view, const Profile&)
{
    return equal_public(view.inner_algorithm, view.outer_algorithm);
}

bool algorithm_is_listed(const LintView& view, const Profile&)
{
    return is_accepted_signature(X509_get_signature_nid(view.certificate->handle()));
}

bool time_types_are_right(const LintView& view, const Profile&)
{
    const auto& certificate = *view.certificate;
    const TimePoint times[] = {certificate.not_before(), certificate.not_after()};
    constexpr auto of_2050 = std::chrono::sys_days(std::chrono::year(2050) / 1 / 1);
    for (std::size_t i = 0; i < 2; ++i)
        if (view.times[i].tag != (times[i] < of_2050 ? tag_utc_time : tag_generalized_time))
            return false;
    return true;
}

bool utc_times_are_whole(const LintView& view, const Profile&)
{
    return has_shape(view, tag_utc_time, 13); // YYMMDDHHMMSSZ
}

bool generalized_times_are_whole(const LintView& view, const Profile&)
{
    return has_shape(view, tag_generalized_time, 15); // YYYYMMDDHHMMSSZ
}

bool key_is_before_its_sunset(const LintView& view, const Profile&)
{
    const auto& certificate = *view.certificate;
    const auto type = certificate.public_key().type();
    return certificate.not_before() < crypto::issuance_sunset(type) &&
           certificate.not_after() < crypto::use_sunset(type);
}

constexpr Rule rules[] = {
    {"pkix.certificate_serial_number_out_of_range",
     "serial is positive, 20 octets at most (RFC 5280 4.1.2.2)", Applies::all, serial_in_range},
    {"qss.serial_number_too_short", "serial has 16 octets or more, all random (EN 319 411-1)", Applies::all,
     serial_has_room_for_chance},
    {"pkix.certificate_signature_algorithm_mismatch", "inner algorithm is the outer one (RFC 5280 4.1.1.2)",
     Applies::all, algorithms_match},
    {"etsi.en_319_412_2.gen-4.2.2-1.discouraged_signature_algorithm",
     "RSA or ECDSA with SHA-2 (EN 319 412-2 GEN-4.2.2-1, TS 119 312)", Applies::all, algorithm_is_listed},
    {"pkix.wrong_time_useful_type", "UTCTime until 2049, then GeneralizedTime (RFC 5280 4.1.2.5)",
     Applies::all, time_types_are_right},
    {"pkix.utctime_incorrect_syntax", "UTCTime has seconds and Z (RFC 5280 4.1.2.5.1)", Applies::all,
     utc_times_are_whole},
    {"pkix.generalizedtime_incorrect_syntax",
     "GeneralizedTime has seconds, no fraction, and Z "
     "(RFC 5280 4.1.2.5.2)",
     Applies::all, generalized_times_are_whole},
    {"pkix.issuer_unique_id_present", "no issuerUniqueID (RFC 5280 4.1.2.8)", Applies::all,
     [](const LintView& view, const Profile&) { return !view.has_issuer_unique_id; }},
    {"pkix.subject_unique_id_present", "no subjectUniqueID (RFC 5280 4.1.2.8)", Applies::all,
     [](const LintView& view, const Profile&) { return !view.has_subject_unique_id; }},
    {"qss.key_after_its_sunset",
     "a signer's certificate begins and ends while its key may be used (TS 119 312)", Applies::qualified,
     key_is_before_its_sunset},
};

}

std::span<const Rule> certificate_rules()
{
    return rules;
}

}
