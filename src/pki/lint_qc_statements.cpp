// The lint's rules for qcStatements (EN 319 412-5) and for the validity-assured short-term certificate (EN
// 319 412-1 5.2, EN 319 411-1 GEN-6.6.1-04, RFC 9608).
#include <algorithm>
#include <set>

#include "pki/lint_rules.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

inline constexpr std::string_view qc_cc_legislation = "0.4.0.1862.1.7";
inline constexpr std::string_view qc_syntax_v1 = "1.3.6.1.5.5.7.11.1"; // RFC 3039
constexpr std::uint8_t tag_sequence = 0x30;

// Without the extension, that alone is the finding.
template <const std::string_view& oid>
bool has(const LintView& view, const Profile&)
{
    return view.statements.empty() || view.statement(oid) != nullptr;
}

template <const std::string_view& oid>
bool has_not(const LintView& view, const Profile&)
{
    return view.statement(oid) == nullptr;
}

bool none_is_twice(const LintView& view, const Profile&)
{
    std::set<std::string> seen;
    for (const auto& statement : view.statements)
        seen.insert(statement.oid);
    return seen.size() == view.statements.size();
}

// SEQUENCE OF OBJECT IDENTIFIER, of one
bool type_is_the_profiles(const LintView& view, const Profile& profile)
{
    const auto* statement = view.statement(oids::qc_type);
    if (statement == nullptr)
        return true;
    const auto types =
        statement->info.size() == 1 ? read_tlvs(statement->info.front().contents) : std::nullopt;
    return types && types->size() == 1 && dotted(types->front()) == profile.qualified->type;
}

struct Location {
    std::string url;
    std::string language;
};

// SEQUENCE OF SEQUENCE { url, language }
std::vector<Location> disclosures(const LintView& view)
{
    const auto* statement = view.statement(oids::qc_pds);
    const auto all = statement != nullptr && statement->info.size() == 1
                         ? read_tlvs(statement->info.front().contents)
                         : std::nullopt;
    std::vector<Location> locations;
    for (const auto& location : all.value_or(std::vector<Tlv>{})) {
        const auto parts = read_tlvs(location.contents);
        if (location.tag == tag_sequence && parts && parts->size() == 2)
            locations.push_back({to_string((*parts)[0].contents), to_string((*parts)[1].contents)});
    }
    return locations;
}

bool disclosures_are_https(const LintView& view, const Profile&)
{
    const auto all = disclosures(view);
    return std::all_of(all.begin(), all.end(),
                       [](const auto& pds) { return pds.url.starts_with("https://"); });
}

// The one language that this project publishes; ISO 639-1 writes it in lower case.
bool disclosures_are_english(const LintView& view, const Profile&)
{
    const auto all = disclosures(view);
    return std::all_of(all.begin(), all.end(), [](const auto& pds) { return pds.language == "en"; });
}

bool is_assured(const LintView& view)
{
    return view.has(oids::validity_assured);
}

bool revocable(const LintView& view)
{
    return view.has(oids::crl_distribution_points) || view.has_access(oids::access_ocsp);
}

bool assured_is_not_revocable(const LintView& view, const Profile&)
{
    return !is_assured(view) || !revocable(view);
}

bool assured_has_no_status(const LintView& view, const Profile&)
{
    return !is_assured(view) || view.has(oids::no_rev_avail);
}

bool no_status_is_assured(const LintView& view, const Profile&)
{
    return !view.has(oids::no_rev_avail) || is_assured(view);
}

using enum Applies;
constexpr Rule rules[] = {
    {"qss.qcs-4.1-02a.statement_twice", "each statement once (EN 319 412-5 QCS-4.1-02A)", qualified,
     none_is_twice},
    {"etsi.en_319_412_5.qcs-5.01.qc_compliance_qualified_statement_absent",
     "QcCompliance is there (EN 319 412-5 QCS-5-01)", qualified, has<oids::qc_compliance>},
    {"etsi.en_319_412_5.qcs-5.01.qc_sscd_qualified_statement_absent",
     "QcSSCD is there (EN 319 412-5 QCS-5-01, EN 319 411-2 GEN-6.6.1-03)", qualified, has<oids::qc_sscd>},
    {"etsi.en_319_412_5.qcs-5.01.qc_type_qualified_statement_absent",
     "QcType is there (EN 319 412-5 QCS-5-01)", qualified, has<oids::qc_type>},
    {"etsi.en_319_412_5.qcs-5.01.qc_cc_legislation_qualified_statement_present",
     "no QcCClegislation under the law of the Union (EN 319 412-5 QCS-5-01)", qualified,
     has_not<qc_cc_legislation>},
    {"pkix.prohibited_qualified_statement_present", "no statement of RFC 3039 (RFC 3739 3.2.6.1)", qualified,
     has_not<qc_syntax_v1>},
    {"etsi.en_319_412_5.gen-4.2.3.qc_type_mismatch", "QcType is the profile's alone (EN 319 412-5 QCS-4.2.3)",
     qualified, type_is_the_profiles},
    {"etsi.en_319_412_5.gen-4.3.4.url_scheme_not_https",
     "the disclosure statement is found by https (EN 319 412-5 QCS-4.3.4)", qualified, disclosures_are_https},
    {"etsi.en_319_412_5.gen-4.3.4.iso_language_code_invalid",
     "the disclosure statement's language is \"en\" (EN 319 412-5 QCS-4.3.4, ISO 639-1)", qualified,
     disclosures_are_english},
    {"qss.gen-6.6.1-05.assured_and_revocable",
     "a validity-assured certificate has no CRL and no responder (EN 319 411-1 GEN-6.6.1-04, -05)", all,
     assured_is_not_revocable},
    {"qss.gen-4.4.1-8a.no_rev_avail_absent",
     "a validity-assured certificate has noRevAvail (EN 319 412-2 GEN-4.4.1-8A)", all, assured_has_no_status},
    {"qss.rfc9608.no_rev_avail_alone", "only a validity-assured certificate has noRevAvail (RFC 9608 2)", all,
     no_status_is_assured},
};

}

std::span<const Rule> qc_statement_rules()
{
    return rules;
}

}
