// The lint's rules for the names of issuer and subject (EN 319 412-2 4.2.3 and 4.2.4, EN 319 412-3 4.2.1).
#include <algorithm>
#include <set>

#include "base/countries.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

constexpr std::string_view email_address = "1.2.840.113549.1.9.1";

bool country_is_known(const LintName& name)
{
    const auto country = value_of(name, oids::country);
    return country.empty() || is_country(country);
}

bool identifier_is_not_the_name(const LintName& name)
{
    const auto identifier = value_of(name, oids::organisation_identifier);
    return identifier.empty() || identifier != value_of(name, oids::organisation);
}

bool none_is_twice(const LintName& name, std::initializer_list<std::string_view> types)
{
    return std::all_of(types.begin(), types.end(), [&](auto type) { return count(name, type) <= 1; });
}

template <const std::string_view& type>
bool issuer_has(const LintView& view, const Profile&)
{
    return count(view.issuer, type) > 0;
}

template <const std::string_view& type>
bool subject_has(const LintView& view, const Profile&)
{
    return count(view.subject, type) > 0;
}

bool issuer_has_none_twice(const LintView& view, const Profile&)
{
    return none_is_twice(
        view.issuer, {oids::country, oids::organisation, oids::organisation_identifier, oids::common_name});
}

bool person_has_a_name(const LintView& view, const Profile&)
{
    const auto has = [&](auto type) { return count(view.subject, type) > 0; };
    return has(oids::country) && has(oids::common_name) &&
           (has(oids::given_name) || has(oids::surname) || has(oids::pseudonym));
}

bool pseudonym_is_alone(const LintView& view, const Profile&)
{
    return count(view.subject, oids::pseudonym) == 0 ||
           count(view.subject, oids::given_name) + count(view.subject, oids::surname) == 0;
}

bool no_rdn_has_a_type_twice(const LintView& view, const Profile&)
{
    for (const auto* name : {&view.issuer, &view.subject})
        for (const auto& rdn : *name) {
            std::set<std::string> types;
            for (const auto& attribute : rdn)
                types.insert(attribute.type);
            if (types.size() != rdn.size())
                return false;
        }
    return true;
}

constexpr Rule of_issuer[] = {
    {"etsi.en_319_412_2.gen-4.2.3.1-2.country_attribute_absent", "issuer has C (EN 319 412-2 GEN-4.2.3.1-2)",
     Applies::all, issuer_has<oids::country>},
    {"etsi.en_319_412_2.gen-4.2.3.1-2.organization_name_attribute_absent",
     "issuer has O (EN 319 412-2 GEN-4.2.3.1-2)", Applies::all, issuer_has<oids::organisation>},
    {"etsi.en_319_412_2.gen-4.2.3.1-2.common_name_attribute_absent",
     "issuer has CN (EN 319 412-2 GEN-4.2.3.1-2)", Applies::all, issuer_has<oids::common_name>},
    {"etsi.en_319_412_2.gen-4.2.3.1-3.organization_id_and_organization_name_attribute_values_equal",
     "issuer's organizationIdentifier is not its O (EN 319 412-2 GEN-4.2.3.1-3)", Applies::all,
     [](const LintView& view, const Profile&) { return identifier_is_not_the_name(view.issuer); }},
    {"etsi.en_319_412_2.gen-4.2.3.1-5.prohibited_duplicate_attribute_present",
     "issuer has each attribute once (EN 319 412-2 GEN-4.2.3.1-5)", Applies::all, issuer_has_none_twice},
    {"etsi.en_319_412_2.gen-4.2.3.1-6.unknown_country_code",
     "issuer's C is of ISO 3166-1 (EN 319 412-2 GEN-4.2.3.1-6)", Applies::all,
     [](const LintView& view, const Profile&) { return country_is_known(view.issuer); }},
};

constexpr Rule of_subject[] = {
    {"pkix.name_empty", "subject is not empty (RFC 5280 4.1.2.6)", Applies::all,
     [](const LintView& view, const Profile&) { return !view.subject.empty(); }},
    {"pkix.rdn_contains_duplicate_attribute_types", "an RDN has a type once (X.501 9.3)", Applies::all,
     no_rdn_has_a_type_twice},
    {"pkix.subject_email_address_not_in_san", "no e-mail address in the subject (RFC 5280 4.1.2.6)",
     Applies::all,
     [](const LintView& view, const Profile&) { return count(view.subject, email_address) == 0; }},
    {"etsi.en_319_412_2.nat-4.2.4-1.required_attribute_missing",
     "a person's subject has C, CN and a name or a pseudonym (EN 319 412-2 NAT-4.2.4-1)", Applies::natural,
     person_has_a_name},
    {"etsi.en_319_412_2.nat-4.2.4-3.prohibited_duplicate_attribute_present",
     "a person's subject has C and CN once (EN 319 412-2 NAT-4.2.4-3)", Applies::natural,
     [](const LintView& view, const Profile&) {
         return none_is_twice(view.subject, {oids::country, oids::common_name});
     }},
    {"etsi.en_319_412_2.nat-4.2.4-4.mixed_pseudonym_and_name_attributes_present",
     "a pseudonym is alone, without GN and SN (EN 319 412-2 NAT-4.2.4-4)", Applies::natural,
     pseudonym_is_alone},
    {"qss.nat-4.2.4-1.unknown_country_code", "a person's C is of ISO 3166-1 (X.520 6.3.1)", Applies::natural,
     [](const LintView& view, const Profile&) { return country_is_known(view.subject); }},
    {"etsi.en_319_412_3.leg-4.2.1-2.country_attribute_absent",
     "a legal person has C (EN 319 412-3 LEG-4.2.1-2)", Applies::legal, subject_has<oids::country>},
    {"etsi.en_319_412_3.leg-4.2.1-2.organization_name_attribute_absent",
     "a legal person has O (EN 319 412-3 LEG-4.2.1-2)", Applies::legal, subject_has<oids::organisation>},
    {"etsi.en_319_412_3.leg-4.2.1-2.organization_identifier_attribute_absent",
     "a legal person has organizationIdentifier (EN 319 412-3 LEG-4.2.1-2)", Applies::legal,
     subject_has<oids::organisation_identifier>},
    {"etsi.en_319_412_3.leg-4.2.1-2.common_name_attribute_absent",
     "a legal person has CN (EN 319 412-3 LEG-4.2.1-2)", Applies::legal, subject_has<oids::common_name>},
    {"etsi.en_319_412_3.leg-4.2.1-3.prohibited_duplicate_attribute_present",
     "a legal person has each once (EN 319 412-3 LEG-4.2.1-3)", Applies::legal,
     [](const LintView& view, const Profile&) {
         return none_is_twice(view.subject, {oids::country, oids::organisation, oids::organisation_identifier,
                                             oids::common_name});
     }},
    {"etsi.en_319_412_3.leg-4.2.1-4.unknown_country_code",
     "a legal person's C is of ISO 3166-1 (EN 319 412-3 LEG-4.2.1-4)", Applies::legal,
     [](const LintView& view, const Profile&) { return country_is_known(view.subject); }},
    {"etsi.en_319_412_3.leg-4.2.1-6.organization_id_and_organization_name_attribute_values_equal",
     "organizationIdentifier is not O (EN 319 412-3 LEG-4.2.1-6)", Applies::all,
     [](const LintView& view, const Profile&) { return identifier_is_not_the_name(view.subject); }},
};

}

std::span<const Rule> issuer_rules()
{
    return of_issuer;
}

std::span<const Rule> subject_rules()
{
    return of_subject;
}

}
