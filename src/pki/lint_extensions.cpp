// The lint's rules for which extensions are there and which are critical (RFC 5280 4.2, EN 319 412-2 4.3).
#include <set>

#include "pki/lint_rules.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

inline constexpr std::string_view issuer_alt_name = "2.5.29.18";
inline constexpr std::string_view name_constraints = "2.5.29.30";
inline constexpr std::string_view policy_mappings = "2.5.29.33";
inline constexpr std::string_view policy_constraints = "2.5.29.36";
inline constexpr std::string_view inhibit_any_policy = "2.5.29.54";

template <const std::string_view& oid>
bool has(const LintView& view, const Profile&)
{
    return view.has(oid);
}

template <const std::string_view& oid>
bool has_not(const LintView& view, const Profile&)
{
    return !view.has(oid);
}

template <const std::string_view& oid>
bool is_not_critical(const LintView& view, const Profile&)
{
    return !view.is_critical(oid);
}

template <const std::string_view& oid>
bool is_critical(const LintView& view, const Profile&)
{
    return !view.has(oid) || view.is_critical(oid);
}

bool none_is_twice(const LintView& view, const Profile&)
{
    std::set<std::string> seen;
    for (const auto& extension : view.extensions)
        if (!seen.insert(extension.oid).second)
            return false;
    return true;
}

bool purpose_may_be_critical(const LintView& view, const Profile& profile)
{
    return profile.has(Feature::critical_purpose) || !view.is_critical(oids::extended_key_usage);
}

using enum Applies;
constexpr Rule rules[] = {
    {"pkix.duplicate_extension", "each extension once (RFC 5280 4.2)", all, none_is_twice},
    {"pkix.authority_key_identifier_extension_absent", "authorityKeyIdentifier is there (RFC 5280 4.2.1.1)",
     all, has<oids::authority_key_identifier>},
    {"pkix.certificate_skid_ca_missing", "an authority has subjectKeyIdentifier (RFC 5280 4.2.1.2)",
     authorities, has<oids::subject_key_identifier>},
    {"pkix.certificate_skid_end_entity_missing", "subjectKeyIdentifier is there (RFC 5280 4.2.1.2)",
     end_entities, has<oids::subject_key_identifier>},
    {"pkix.ca_certificate_no_ku_extension", "an authority has keyUsage (RFC 5280 4.2.1.3)", authorities,
     has<oids::key_usage>},
    {"etsi.en_319_412_2.key_usage_extension_absent", "keyUsage is there (EN 319 412-2 NAT-4.3.2-1)",
     end_entities, has<oids::key_usage>},
    {"etsi.en_319_412_2.certificate_policies_extension_absent",
     "certificatePolicies is there (EN 319 412-2 GEN-4.3.3)", qualified, has<oids::certificate_policies>},
    {"etsi.en_319_412_2.authority_info_access_extension_absent",
     "authorityInfoAccess is there (EN 319 412-2 GEN-4.4.1)", qualified, has<oids::authority_info_access>},
    {"etsi.en_319_412_2.qc_statements_extension_absent", "qcStatements is there (EN 319 412-5 QCS-5)",
     qualified, has<oids::qc_statements>},
    {"etsi.en_319_412_2.name_constraints_extension_present", "no nameConstraints (EN 319 412-2 4.3.8)",
     end_entities, has_not<name_constraints>},
    {"etsi.en_319_412_2.policy_mappings_extension_present", "no policyMappings (EN 319 412-2 4.3.4)",
     end_entities, has_not<policy_mappings>},
    {"etsi.en_319_412_2.policy_constraints_extension_present", "no policyConstraints (EN 319 412-2 4.3.9)",
     end_entities, has_not<policy_constraints>},
    {"etsi.en_319_412_2.inhibit_any_policy_extension_present", "no inhibitAnyPolicy (EN 319 412-2 4.3.12)",
     end_entities, has_not<inhibit_any_policy>},
    {"pkix.key_usage_extension_not_critical", "keyUsage is critical (RFC 5280 4.2.1.3)", all,
     is_critical<oids::key_usage>},
    {"pkix.basic_constraints_extension_not_critical",
     "an authority's basicConstraints is critical (RFC 5280 4.2.1.9)", authorities,
     is_critical<oids::basic_constraints>},
    {"pkix.extended_key_usage_extension_with_timestamping_not_critical",
     "a TSU's extKeyUsage is critical (RFC 3161 2.3)", time_stamping, is_critical<oids::extended_key_usage>},
    {"etsi.en_319_412_2.gen-4.3.10-1.eku_extension_is_critical",
     "extKeyUsage is not critical, but a TSU's (EN 319 412-2 GEN-4.3.10-1)", all, purpose_may_be_critical},
    {"pkix.authority_key_identifier_critical", "authorityKeyIdentifier is not critical (RFC 5280 4.2.1.1)",
     all, is_not_critical<oids::authority_key_identifier>},
    {"pkix.certificate_skid_extension_critical", "subjectKeyIdentifier is not critical (RFC 5280 4.2.1.2)",
     all, is_not_critical<oids::subject_key_identifier>},
    {"pkix.authority_information_access_extension_critical",
     "authorityInfoAccess is not critical (RFC 5280 4.2.2.1)", all,
     is_not_critical<oids::authority_info_access>},
    {"etsi.en_319_412_2.gen-4.3.3-1.critical_certificate_policies_extension",
     "certificatePolicies is not critical (EN 319 412-2 GEN-4.3.3-1)", all,
     is_not_critical<oids::certificate_policies>},
    {"etsi.en_319_412_2.gen-4.3.11-5.crl_extension_is_critical",
     "cRLDistributionPoints is not critical (EN 319 412-2 GEN-4.3.11-5)", all,
     is_not_critical<oids::crl_distribution_points>},
    {"etsi.en_319_412_2.gen-4.3.5-1.san_extension_is_critical",
     "subjectAltName is not critical (EN 319 412-2 GEN-4.3.5-1)", all,
     is_not_critical<oids::subject_alt_name>},
    {"etsi.en_319_412_2.gen-4.3.6-1.ian_extension_is_critical",
     "issuerAltName is not critical (EN 319 412-2 GEN-4.3.6-1)", all, is_not_critical<issuer_alt_name>},
    {"etsi.en_319_412_5.qcs-4.1-02.qcstatements_extension_is_critical",
     "qcStatements is not critical (EN 319 412-5 QCS-4.1-02)", all, is_not_critical<oids::qc_statements>},
};

}

std::span<const Rule> extension_rules()
{
    return rules;
}

}
