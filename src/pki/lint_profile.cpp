// The lint's last rules: a certificate has what its profile has, and nothing else.
#include <algorithm>
#include <set>

#include "pki/asn1.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

constexpr std::uint8_t tag_boolean = 0x01;
constexpr std::uint8_t tag_integer = 0x02;
constexpr std::uint8_t tag_utf8_string = 0x0C;
constexpr std::uint8_t tag_printable_string = 0x13;
constexpr std::uint8_t tag_sequence = 0x30;
constexpr std::uint8_t general_name_dns = 0x82;
constexpr std::uint8_t general_name_ip = 0x87;

using Oids = std::set<std::string, std::less<>>;

Oids expected_extensions(const Profile& profile)
{
    Oids expected;
    const auto add = [&](bool present, std::string_view oid) {
        if (present)
            expected.emplace(oid);
    };
    add(profile.ca != CaRole::end_entity, oids::basic_constraints);
    add(true, oids::key_usage);
    add(true, oids::subject_key_identifier);
    add(true, oids::authority_key_identifier);
    add(!profile.extended_key_usage.empty(), oids::extended_key_usage);
    add(profile.policies != Policies::none, oids::certificate_policies);
    add(profile.has(Feature::crl_point), oids::crl_distribution_points);
    add(profile.has(Feature::ca_issuers) || profile.has(Feature::ocsp), oids::authority_info_access);
    add(profile.qualified != nullptr, oids::qc_statements);
    add(profile.has(Feature::validity_assured), oids::validity_assured);
    add(profile.has(Feature::validity_assured), oids::no_rev_avail);
    add(profile.key_use != std::chrono::days(0), oids::private_key_usage_period);
    add(profile.has(Feature::ocsp_no_check), oids::ocsp_no_check);
    add(profile.has(Feature::alt_names), oids::subject_alt_name);
    return expected;
}

bool extensions_are_the_profiles(const LintView& view, const Profile& profile)
{
    Oids found;
    for (const auto& extension : view.extensions)
        found.insert(extension.oid);
    return found == expected_extensions(profile);
}

bool criticality_is_the_profiles(const LintView& view, const Profile& profile)
{
    return std::all_of(view.extensions.begin(), view.extensions.end(), [&](const auto& extension) {
        const bool expected =
            extension.oid == oids::basic_constraints || extension.oid == oids::key_usage ||
            (extension.oid == oids::extended_key_usage && profile.has(Feature::critical_purpose));
        return extension.critical == expected;
    });
}

bool usage_is_the_profiles(const LintView& view, const Profile& profile)
{
    return view.key_usage == profile.key_usage;
}

bool purpose_is_the_profiles(const LintView& view, const Profile& profile)
{
    if (profile.extended_key_usage.empty())
        return view.purposes.empty();
    return view.purposes.size() == 1 && view.purposes.front() == profile.extended_key_usage;
}

bool constraints_are_the_profiles(const LintView& view, const Profile& profile)
{
    const auto& fields = view.basic_constraints;
    const bool ca =
        !fields.empty() && fields[0].tag == tag_boolean && equal_public(fields[0].contents, Bytes{0xFF});
    switch (profile.ca) {
    case CaRole::end_entity: return fields.empty();
    case CaRole::any_path: return ca && fields.size() == 1;
    case CaRole::path_zero:
        return ca && fields.size() == 2 && fields[1].tag == tag_integer &&
               equal_public(fields[1].contents, Bytes{0});
    }
    return false;
}

// EN 319 412-2 GEN-4.3.1-1; the profiles' key identifiers are all method 1, 20 octets.
bool authority_id_is_a_key_id(const LintView& view, const Profile& profile)
{
    const auto& fields = view.authority_key_id;
    const bool alone = fields.size() == 1 && fields[0].tag == 0x80 && fields[0].contents.size() == 20;
    return alone && (!profile.is_self_signed() ||
                     (view.subject_key_id && equal_public(fields[0].contents, *view.subject_key_id)));
}

bool is_self_issued_as_the_profile(const LintView& view, const Profile& profile)
{
    return equal_public(view.tbs[3].whole, view.tbs[5].whole) == profile.is_self_signed();
}

bool validity_is_the_profiles(const LintView& view, const Profile& profile)
{
    // Both ends count (RFC 5280 4.1.2.5).
    const auto& certificate = *view.certificate;
    return certificate.not_after() - certificate.not_before() + std::chrono::seconds(1) <=
           profile.max_validity;
}

std::optional<TimePoint> generalized(const Tlv& field, std::uint8_t tag)
{
    const auto text = as_text(field.contents);
    const GeneralizedTimePtr time(ASN1_GENERALIZEDTIME_new());
    if (field.tag != tag || text.size() != 15 || text.back() != 'Z' ||
        ASN1_GENERALIZEDTIME_set_string(time.get(), std::string(text).c_str()) != 1)
        return std::nullopt;
    const auto point = time_from_asn1(time.get());
    return point ? std::optional(*point) : std::nullopt;
}

bool key_use_is_the_profiles(const LintView& view, const Profile& profile)
{
    if (profile.key_use == std::chrono::days(0))
        return view.key_use.empty();
    if (view.key_use.size() != 2)
        return false;
    const auto from = generalized(view.key_use[0], 0x80);
    const auto to = generalized(view.key_use[1], 0x81);
    const auto& certificate = *view.certificate;
    return from && to && *from == certificate.not_before() && *to > *from && *to <= certificate.not_after() &&
           *to - *from + std::chrono::seconds(1) <= profile.key_use;
}

bool policies_are_the_profiles(const LintView& view, const Profile& profile)
{
    const auto& policies = view.policies;
    const auto own = [](const std::string& oid) { return oid.starts_with("1."); }; // ISO's arc, not ETSI's
    switch (profile.policies) {
    case Policies::none: return policies.empty();
    case Policies::any: return policies.size() == 1 && policies[0].oid == oids::any_policy;
    case Policies::own: return policies.size() == 1 && own(policies[0].oid);
    case Policies::qualified_and_own:
        return policies.size() == 2 && policies[0].oid == profile.qualified->policy && own(policies[1].oid);
    }
    return false;
}

bool is_plain_http(const std::string& uri)
{
    constexpr std::string_view scheme = "http://";
    return uri.starts_with(scheme) && uri.find(':', scheme.size()) == std::string::npos; // no port
}

// One full name and one of each access, and nothing else.
bool locations_are_the_profiles(const LintView& view, const Profile& profile)
{
    const auto points = static_cast<std::size_t>(profile.has(Feature::crl_point) ? 1 : 0);
    const bool plain = std::all_of(view.crl_points.begin(), view.crl_points.end(), [](const auto& point) {
        return point.is_plain && point.uris.size() == 1 && is_plain_http(point.uris[0]);
    });
    const bool http = std::all_of(view.access.begin(), view.access.end(), [](const auto& access) {
        return access.is_uri && is_plain_http(access.uri);
    });
    const auto accesses = static_cast<std::size_t>((profile.has(Feature::ca_issuers) ? 1 : 0) +
                                                   (profile.has(Feature::ocsp) ? 1 : 0));
    return view.crl_points.size() == points && plain && http && view.access.size() == accesses &&
           view.has_access(oids::access_ca_issuers) == profile.has(Feature::ca_issuers) &&
           view.has_access(oids::access_ocsp) == profile.has(Feature::ocsp);
}

bool alt_names_are_the_profiles(const LintView& view, const Profile& profile)
{
    const bool known = std::all_of(view.alt_names.begin(), view.alt_names.end(), [](const auto& name) {
        return name.tag == general_name_dns || name.tag == general_name_ip;
    });
    return known && view.alt_names.empty() != profile.has(Feature::alt_names);
}

bool statements_are_the_profiles(const LintView& view, const Profile& profile)
{
    if (profile.qualified == nullptr)
        return view.statements.empty();
    Oids found;
    for (const auto& statement : view.statements) {
        const bool bare = statement.oid == oids::qc_compliance || statement.oid == oids::qc_sscd;
        if (bare != statement.info.empty() || (!bare && statement.info.front().tag != tag_sequence))
            return false;
        found.insert(statement.oid);
    }
    const bool claims = found.erase(std::string(oids::qc_syntax_v2)) == 1;
    if (claims && view.semantics() != profile.qualified->semantics)
        return false;
    const auto same = [](auto a, const std::string& b) { return a == b; };
    const std::string_view expected[] = {oids::qc_compliance, oids::qc_sscd, oids::qc_pds, oids::qc_type};
    return std::equal(std::begin(expected), std::end(expected), found.begin(), found.end(), same);
}

Oids allowed_attributes(SubjectKind kind)
{
    const auto set = [](std::initializer_list<std::string_view> types) {
        return Oids(types.begin(), types.end());
    };
    switch (kind) {
    case SubjectKind::provider:
    case SubjectKind::legal_person:
        return set({oids::country, oids::organisation, oids::organisation_identifier, oids::common_name});
    case SubjectKind::natural_person:
        return set({oids::country, oids::organisation, oids::organisation_identifier, oids::surname,
                    oids::given_name, oids::pseudonym, oids::serial_number, oids::common_name});
    case SubjectKind::machine: return set({oids::organisation, oids::common_name});
    }
    return {};
}

Oids required_attributes(SubjectKind kind)
{
    auto required = allowed_attributes(kind);
    if (kind == SubjectKind::provider) // an officer's is without
        required.erase(std::string(oids::organisation_identifier));
    if (kind == SubjectKind::machine)
        required.erase(std::string(oids::organisation));
    if (kind == SubjectKind::natural_person)
        for (const auto optional :
             {oids::organisation_identifier, oids::surname, oids::given_name, oids::pseudonym})
            required.erase(std::string(optional));
    return required;
}

// Each attribute in an RDN of its own.
bool subject_is_the_profiles(const LintView& view, const Profile& profile)
{
    const auto allowed = allowed_attributes(profile.subject);
    Oids found;
    for (const auto& rdn : view.subject) {
        if (rdn.size() != 1 || !allowed.contains(rdn.front().type) || !found.insert(rdn.front().type).second)
            return false;
    }
    const auto required = required_attributes(profile.subject);
    return std::includes(found.begin(), found.end(), required.begin(), required.end());
}

bool text_is_as_we_write_it(const LintView& view, const Profile&)
{
    for (const auto& rdn : view.subject)
        for (const auto& attribute : rdn) {
            const bool printable = attribute.type == oids::country || attribute.type == oids::serial_number;
            const bool control = std::any_of(attribute.value.begin(), attribute.value.end(),
                                             [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
            if (attribute.tag != (printable ? tag_printable_string : tag_utf8_string) || control ||
                attribute.value.empty())
                return false;
        }
    return true;
}

using enum Applies;
constexpr Rule rules[] = {
    {"qss.extensions", "the profile's extensions, and no other", all, extensions_are_the_profiles},
    {"qss.criticality", "critical is what the profile has critical", all, criticality_is_the_profiles},
    {"qss.key_usage", "keyUsage is the profile's", all, usage_is_the_profiles},
    {"qss.extended_key_usage", "extKeyUsage is the profile's one purpose", all, purpose_is_the_profiles},
    {"qss.basic_constraints", "basicConstraints is the profile's", all, constraints_are_the_profiles},
    {"qss.authority_key_identifier", "authorityKeyIdentifier is a key identifier alone (GEN-4.3.1-1)", all,
     authority_id_is_a_key_id},
    {"qss.self_issued", "issuer and subject are one where the profile is self-signed, and there alone", all,
     is_self_issued_as_the_profile},
    {"qss.validity", "validity is no longer than the profile's", all, validity_is_the_profiles},
    {"qss.private_key_usage_period", "the key's use ends when the profile says", all,
     key_use_is_the_profiles},
    {"qss.policies", "policies are the profile's", all, policies_are_the_profiles},
    {"qss.locations", "CRL, responder and issuer are found as in the profile, by http", all,
     locations_are_the_profiles},
    {"qss.alt_names", "a server has host names or addresses, and no other has any", all,
     alt_names_are_the_profiles},
    {"qss.qc_statements", "the profile's statements, and no other (EN 319 412-5)", all,
     statements_are_the_profiles},
    {"qss.subject", "the subject has what the profile needs, once, and nothing else", all,
     subject_is_the_profiles},
    {"qss.subject_encoding", "C and serialNumber are PrintableString, all else UTF8String (RFC 5280 4.1.2.4)",
     all, text_is_as_we_write_it},
};

}

std::span<const Rule> profile_rules()
{
    return rules;
}

}
