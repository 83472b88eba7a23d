// The lint's rules for key identifiers, usages and basic constraints (RFC 5280 4.2.1, EN 319 412-2 4.3.2).
#include <algorithm>

#include "pki/asn1.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

constexpr std::uint16_t key_encipherment = 0x2000;
constexpr std::uint16_t key_agreement = 0x0800;
constexpr std::uint16_t for_encryption = key_encipherment | key_agreement;

bool authority_id_has(const LintView& view, std::uint8_t tag)
{
    return std::any_of(view.authority_key_id.begin(), view.authority_key_id.end(),
                       [&](const Tlv& field) { return field.tag == tag; });
}

constexpr std::uint8_t key_id = 0x80;
constexpr std::uint8_t cert_issuer = 0xA1;
constexpr std::uint8_t cert_serial = 0x82;

bool authority_id_names_the_key(const LintView& view, const Profile&)
{
    return !view.has(oids::authority_key_identifier) || authority_id_has(view, key_id);
}

bool authority_issuer_has_its_serial(const LintView& view, const Profile&)
{
    return !authority_id_has(view, cert_issuer) || authority_id_has(view, cert_serial);
}

bool authority_serial_has_its_issuer(const LintView& view, const Profile&)
{
    return !authority_id_has(view, cert_serial) || authority_id_has(view, cert_issuer);
}

bool subject_id_is_method_1(const LintView& view, const Profile&)
{
    const auto expected = key_identifier(view.certificate->public_key().spki());
    return !view.subject_key_id || (expected && equal_public(*view.subject_key_id, *expected));
}

bool is_ca(const LintView& view)
{
    return !view.basic_constraints.empty() && view.basic_constraints.front().tag == 0x01;
}

bool path_length_is_a_cas(const LintView& view, const Profile&)
{
    return is_ca(view) || view.basic_constraints.empty();
}

bool ca_signs_certificates(const LintView& view, const Profile&)
{
    return !view.key_usage || (*view.key_usage & key_cert_sign) != 0;
}

bool leaf_signs_no_certificates(const LintView& view, const Profile&)
{
    return !view.key_usage || (*view.key_usage & key_cert_sign) == 0;
}

// EN 319 412-2 table 1
enum class Setting { none, a, b, c, d, e, f };

Setting setting_of(std::uint16_t usage)
{
    const auto encryption = static_cast<std::uint16_t>(usage & for_encryption);
    const auto signing = static_cast<std::uint16_t>(usage & ~for_encryption);
    if (encryption == for_encryption)
        return Setting::none;
    const bool only_signing = encryption == 0;
    if (signing == content_commitment)
        return only_signing ? Setting::a : Setting::none;
    if (signing == (content_commitment | digital_signature))
        return only_signing ? Setting::b : Setting::f;
    if (signing == digital_signature)
        return only_signing ? Setting::c : Setting::d;
    return signing == 0 && !only_signing ? Setting::e : Setting::none;
}

bool usage_is_a_setting(const LintView& view, const Profile&)
{
    return !view.key_usage || setting_of(*view.key_usage) != Setting::none;
}

bool usage_commits(const LintView& view, const Profile&)
{
    if (!view.key_usage)
        return true;
    const auto setting = setting_of(*view.key_usage);
    return setting != Setting::c && setting != Setting::d && setting != Setting::e;
}

bool usage_is_not_mixed(const LintView& view, const Profile&)
{
    return !view.key_usage || setting_of(*view.key_usage) != Setting::f;
}

bool usage_is_preferred(const LintView& view, const Profile&)
{
    return !view.key_usage || setting_of(*view.key_usage) != Setting::b;
}

using enum Applies;
constexpr Rule rules[] = {
    {"pkix.authority_key_identifier_keyid_missing",
     "authorityKeyIdentifier has a keyIdentifier (RFC 5280 4.2.1.1)", all, authority_id_names_the_key},
    {"pkix.aki_with_cert_issuer_but_serial_number_absent",
     "authorityCertIssuer comes with its serial number (RFC 5280 4.2.1.1)", all,
     authority_issuer_has_its_serial},
    {"pkix.aki_with_serial_number_but_cert_issuer_absent",
     "authorityCertSerialNumber comes with its issuer (RFC 5280 4.2.1.1)", all,
     authority_serial_has_its_issuer},
    {"pkix.unknown_subject_key_identifier_calculation_method",
     "subjectKeyIdentifier is SHA-1 of the key (RFC 5280 4.2.1.2, method 1)", all, subject_id_is_method_1},
    {"pkix.basic_constraints_has_pathlen_for_non_ca", "only a CA has a path length (RFC 5280 4.2.1.9)",
     end_entities, path_length_is_a_cas},
    {"pkix.ca_certificate_keycertsign_keyusage_not_set",
     "an authority may sign certificates (RFC 5280 4.2.1.3)", authorities, ca_signs_certificates},
    {"pkix.ee_certificate_keycertsign_keyusage_set", "nobody else may sign certificates (RFC 5280 4.2.1.3)",
     end_entities, leaf_signs_no_certificates},
    {"etsi.en_319_412_2.nat-4.3.2-1.unknown_key_usage_setting",
     "keyUsage is one of the settings A to F (EN 319 412-2 NAT-4.3.2-1)", qualified, usage_is_a_setting},
    {"etsi.en_319_412_2.nat-4.3.2-1.invalid_content_commitment_setting",
     "a person's keyUsage commits to content: A, B or F (EN 319 412-2 NAT-4.3.2-1)", natural, usage_commits},
    {"etsi.en_319_412_3.leg-4.3.1-3.invalid_content_commitment_setting",
     "a seal's keyUsage commits to content: A, B or F (EN 319 412-3 LEG-4.3.1-3)", legal, usage_commits},
    {"etsi.en_319_412_2.nat-4.3.2-1.mixed_key_usage_setting",
     "keyUsage does not mix signing and encryption (EN 319 412-2 NAT-4.3.2-1)", qualified,
     usage_is_not_mixed},
    {"etsi.en_319_412_2.nat-4.3.2-3.non_preferred_content_commitment_setting",
     "a person's keyUsage is type A (EN 319 412-2 NAT-4.3.2-3)", natural, usage_is_preferred},
    {"etsi.en_319_412_3.leg-4.3.1-4.non_preferred_content_commitment_setting",
     "a seal's keyUsage is type A (EN 319 412-3 LEG-4.3.1-4)", legal, usage_is_preferred},
};

}

std::span<const Rule> key_rules()
{
    return rules;
}

}
