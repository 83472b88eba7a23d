// The lint's tables of rules, one for each theme. Inner header of `pki`.
#pragma once

#include <span>

#include "pki/lint_view.h"
#include "pki/profile.h"

namespace qss::pki {

enum class Applies { all, authorities, end_entities, qualified, natural, legal, time_stamping };

struct Rule {
    std::string_view code; // pkilint's, or "qss."
    std::string_view must;
    Applies applies;
    bool (*holds)(const LintView& view, const Profile& profile);
};

std::span<const Rule> certificate_rules();  // fields outside names and extensions
std::span<const Rule> issuer_rules();
std::span<const Rule> subject_rules();
std::span<const Rule> identifier_rules();   // serialNumber, organizationIdentifier
std::span<const Rule> extension_rules();    // presence and criticality
std::span<const Rule> key_rules();          // key identifiers, usages, basic constraints
std::span<const Rule> location_rules();     // CRL, OCSP, issuer, server names
std::span<const Rule> policy_rules();
std::span<const Rule> qc_statement_rules();
std::span<const Rule> profile_rules();      // exactly what the profile has; asked last

}
