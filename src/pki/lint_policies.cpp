// The lint's rules for certificatePolicies (RFC 5280 4.2.1.4, EN 319 412-2 4.3.3, EN 319 411-2 5.3).
#include <algorithm>
#include <set>

#include "pki/lint_rules.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

// The policies of EN 319 411-1 5.3 and 411-2 5.3 that name a type of certificate.
bool names_a_type(const LintPolicy& policy)
{
    return policy.oid.starts_with("0.4.0.194112.1.") || policy.oid.starts_with("0.4.0.2042.1.");
}

bool none_is_twice(const LintView& view, const Profile&)
{
    std::set<std::string> seen;
    for (const auto& policy : view.policies)
        seen.insert(policy.oid);
    return seen.size() == view.policies.size();
}

bool none_is_qualified(const LintView& view, const Profile&)
{
    return std::none_of(view.policies.begin(), view.policies.end(),
                        [](const auto& policy) { return policy.has_qualifier; });
}

// A policy that is there twice is another rule's.
std::set<std::string> types(const LintView& view)
{
    std::set<std::string> found;
    for (const auto& policy : view.policies)
        if (names_a_type(policy))
            found.insert(policy.oid);
    return found;
}

bool one_type_at_most(const LintView& view, const Profile&)
{
    return types(view).size() <= 1;
}

bool a_type_is_there(const LintView& view, const Profile&)
{
    return view.policies.empty() || !types(view).empty();
}

bool the_type_fits(const LintView& view, const Profile& profile)
{
    const auto found = types(view);
    return found.size() != 1 || *found.begin() == profile.qualified->policy;
}

using enum Applies;
constexpr Rule rules[] = {
    {"pkix.duplicate_certificate_policy_oids", "each policy once (RFC 5280 4.2.1.4)", all, none_is_twice},
    {"pkix.certificate_policies_policy_has_qualifier", "policies have no qualifiers (RFC 5280 4.2.1.4)", all,
     none_is_qualified},
    {"etsi.en_319_412_2.qcs-5.2-1.multiple_certificate_type_policy_identifiers_present",
     "one policy says the type (EN 319 412-2 QCS-5.2-1)", qualified, one_type_at_most},
    {"etsi.en_319_412_2.qcs-5.2-1.recommended_certificate_type_policy_identifier_missing",
     "a policy says the type (EN 319 412-2 QCS-5.2-1)", qualified, a_type_is_there},
    {"etsi.en_319_412_2.qcs-5.2-2.mismatched_policy_identifier_for_certificate_type",
     "the policy is that of the type (EN 319 412-2 QCS-5.2-2)", qualified, the_type_fits},
};

}

std::span<const Rule> policy_rules()
{
    return rules;
}

}
