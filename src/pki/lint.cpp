#include "pki/lint.h"

#include <algorithm>
#include <array>

#include "pki/lint_rules.h"

namespace qss::pki {

namespace {

constexpr Finding no_asn1{"itu.invalid_asn1_syntax", "every field and extension is what its standard says"};
constexpr Finding no_extensions{"etsi.extensions_field_absent", "extensions are there (RFC 5280 4.1.2.9)"};

using Tables = std::array<std::span<const Rule>, 9>;
Tables standard_tables()
{
    return {certificate_rules(), issuer_rules(),   subject_rules(), identifier_rules(),  extension_rules(),
            key_rules(),         location_rules(), policy_rules(),  qc_statement_rules()};
}

bool applies(const Rule& rule, const Profile& profile)
{
    switch (rule.applies) {
    case Applies::all: return true;
    case Applies::authorities: return profile.ca != CaRole::end_entity;
    case Applies::end_entities: return profile.ca == CaRole::end_entity;
    case Applies::qualified: return profile.qualified != nullptr;
    case Applies::natural: return profile.subject == SubjectKind::natural_person;
    case Applies::legal: return profile.subject == SubjectKind::legal_person;
    case Applies::time_stamping: return profile.id == ProfileId::tsu;
    }
    return true;
}

void ask(std::span<const Rule> rules, const LintView& view, const Profile& profile,
         std::vector<Finding>& findings)
{
    for (const auto& rule : rules)
        if (applies(rule, profile) && !rule.holds(view, profile))
            findings.push_back({rule.code, rule.must});
}

}

std::vector<Finding> lint_findings(const Certificate& certificate, const Profile& profile)
{
    const auto view = LintView::read(certificate);
    if (!view)
        return {no_asn1};
    if (view->extensions.empty())
        return {no_extensions};
    std::vector<Finding> findings;
    for (const auto table : standard_tables())
        ask(table, *view, profile, findings);
    if (findings.empty())
        ask(profile_rules(), *view, profile, findings);
    return findings;
}

Status lint(const Certificate& certificate, const Profile& profile)
{
    const auto findings = lint_findings(certificate, profile);
    if (findings.empty())
        return {};
    const auto& [code, must] = findings.front();
    return fail(ErrorCode::verification_failed,
                "pre-issuance lint: " + std::string(code) + ": " + std::string(must));
}

std::vector<Finding> lint_rules()
{
    std::vector<Finding> all{no_asn1, no_extensions};
    const auto add = [&](std::span<const Rule> rules) {
        for (const auto& rule : rules)
            all.push_back({rule.code, rule.must});
    };
    for (const auto table : standard_tables())
        add(table);
    add(profile_rules());
    return all;
}

}
