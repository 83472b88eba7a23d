// The lint's rules for identifiers whose semantics are claimed: serialNumber of a natural person (EN 319
// 412-1 5.1.3) and organizationIdentifier of a legal one (5.1.4, TS 119 495 5.2.1, ISO 17442).
#include <algorithm>

#include "base/countries.h"
#include "pki/lint_rules.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

struct Identifier {
    std::string scheme; // three characters
    std::string country;
    std::string reference;
};

bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool is_letter(char c)
{
    return is_capital(c) || (c >= 'a' && c <= 'z');
}

// TYPCC-reference; nothing when it has not this form.
std::optional<Identifier> parse(const std::string& text)
{
    const bool shape = text.size() >= 7 && is_capital(text[0]) && is_capital(text[1]) &&
                       (is_capital(text[2]) || text[2] == ':') && is_letter(text[3]) && is_letter(text[4]) &&
                       text[5] == '-';
    if (!shape)
        return std::nullopt;
    return Identifier{text.substr(0, 3), text.substr(3, 2), text.substr(6)};
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known)
{
    return std::find(known.begin(), known.end(), text) != known.end();
}

std::optional<std::string> natural_number(const LintView& view)
{
    if (view.semantics() != oids::semantics_natural)
        return std::nullopt;
    return value_of(view.subject, oids::serial_number);
}

std::optional<std::string> legal_number(const LintView& view)
{
    if (view.semantics() != oids::semantics_legal)
        return std::nullopt;
    return value_of(view.subject, oids::organisation_identifier);
}

// For rules about a part: what does not parse, or is not there, is another rule's finding.
template <std::optional<std::string> (*number)(const LintView&), class Predicate>
bool part_holds(const LintView& view, Predicate predicate)
{
    const auto text = number(view);
    const auto parsed = text ? parse(*text) : std::nullopt;
    return !parsed || predicate(*parsed);
}

bool natural_format(const LintView& view, const Profile&)
{
    const auto text = natural_number(view);
    return !text || text->empty() || parse(*text);
}

bool natural_scheme(const LintView& view, const Profile&)
{
    return part_holds<natural_number>(view, [](const Identifier& identifier) {
        return is_one_of(identifier.scheme, {"PAS", "IDC", "PNO", "TIN", "TAX"});
    });
}

bool natural_scheme_is_not_old(const LintView& view, const Profile&)
{
    return part_holds<natural_number>(
        view, [](const Identifier& identifier) { return identifier.scheme != "TAX"; });
}

bool natural_country(const LintView& view, const Profile&)
{
    return part_holds<natural_number>(
        view, [](const Identifier& identifier) { return is_country(identifier.country); });
}

bool legal_format(const LintView& view, const Profile&)
{
    const auto text = legal_number(view);
    return !text || text->empty() || parse(*text);
}

bool legal_scheme(const LintView& view, const Profile&)
{
    return part_holds<legal_number>(view, [](const Identifier& identifier) {
        return is_one_of(identifier.scheme, {"VAT", "NTR", "PSD", "LEI"});
    });
}

bool legal_country(const LintView& view, const Profile&)
{
    return part_holds<legal_number>(view, [](const Identifier& identifier) {
        if (identifier.scheme == "LEI")
            return identifier.country == "XG";
        // Greece and Northern Ireland have codes of their own for VAT.
        return is_country(identifier.country) ||
               (identifier.scheme == "VAT" && is_one_of(identifier.country, {"EL", "XI"}));
    });
}

// "PSD" CC "-" 2 to 8 capitals "-" number
bool psd_format(const LintView& view, const Profile&)
{
    return part_holds<legal_number>(view, [](const Identifier& identifier) {
        if (identifier.scheme != "PSD")
            return true;
        const auto authority = identifier.reference.substr(0, identifier.reference.find('-'));
        return authority.size() >= 2 && authority.size() <= 8 &&
               identifier.reference.size() > authority.size() + 1 &&
               std::all_of(authority.begin(), authority.end(), is_capital);
    });
}

bool is_lei(const std::string& text)
{
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return text.size() == 20 && digit(text[18]) && digit(text[19]) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return digit(c) || is_capital(c); });
}

bool lei_format(const LintView& view, const Profile&)
{
    return part_holds<legal_number>(view, [](const Identifier& identifier) {
        return identifier.scheme != "LEI" || is_lei(identifier.reference);
    });
}

// ISO 7064 MOD 97-10: letters are 10 to 35, and the whole number is 1 modulo 97.
bool lei_checksum(const LintView& view, const Profile&)
{
    return part_holds<legal_number>(view, [](const Identifier& identifier) {
        if (identifier.scheme != "LEI" || !is_lei(identifier.reference))
            return true;
        int remainder = 0;
        for (const char c : identifier.reference)
            remainder =
                is_capital(c) ? (remainder * 100 + (c - 'A') + 10) % 97 : (remainder * 10 + c - '0') % 97;
        return remainder == 1;
    });
}

constexpr Rule rules[] = {
    {"etsi.en_319_412_1.nat-5.1.3.invalid_identifier_format",
     "serialNumber is type, country, hyphen, number (EN 319 412-1 NAT-5.1.3)", Applies::all, natural_format},
    {"etsi.en_319_412_1.nat-5.1.3.invalid_identifier_scheme",
     "serialNumber's type is PAS, IDC, PNO or TIN (EN 319 412-1 NAT-5.1.3)", Applies::all, natural_scheme},
    {"etsi.en_319_412_1.nat-5.1.3.deprecated_identifier_scheme",
     "serialNumber's type is not TAX, which TIN replaced (EN 319 412-1 NAT-5.1.3)", Applies::all,
     natural_scheme_is_not_old},
    {"etsi.en_319_412_1.nat-5.1.3.invalid_identifier_country",
     "serialNumber's country is of ISO 3166-1 (EN 319 412-1 NAT-5.1.3)", Applies::all, natural_country},
    {"etsi.en_319_412_1.leg-5.1.4-02.invalid_format",
     "organizationIdentifier is type, country, hyphen, number (EN 319 412-1 LEG-5.1.4-02)", Applies::all,
     legal_format},
    {"etsi.en_319_412_1.leg-5.1.4-03.invalid_scheme",
     "organizationIdentifier's type is VAT, NTR, PSD or LEI (EN 319 412-1 LEG-5.1.4-03)", Applies::all,
     legal_scheme},
    {"etsi.en_319_412_1.leg-5.1.4-03.invalid_country",
     "organizationIdentifier's country is one of its type (EN 319 412-1 LEG-5.1.4-03)", Applies::all,
     legal_country},
    {"etsi.ts_119_495.gen-5.2.1-3.invalid_psd_organization_id_format",
     "a PSD number names its authority (TS 119 495 GEN-5.2.1-3)", Applies::all, psd_format},
    {"iso.lei.invalid_lei_format", "a LEI has 20 characters (ISO 17442)", Applies::all, lei_format},
    {"iso.lei.invalid_lei_checksum", "a LEI's last two digits are its checksum (ISO 7064)", Applies::all,
     lei_checksum},
};

}

std::span<const Rule> identifier_rules()
{
    return rules;
}

}
