// Semantics identifiers (EN 319 412-1 5.1.3 and 5.1.4), the forms that its text and today's validators both
// take.
#include <algorithm>

#include "base/countries.h"
#include "base/limits.h"
#include "base/text.h"
#include "statements/subject_rules.h"

namespace qss::statements {

namespace {

constexpr std::size_t prefix_size = 6; // type, country, hyphen

Status refuse(std::string_view what)
{
    return fail(ErrorCode::invalid_argument, std::string(what));
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

// X.680 41.4 PrintableString.
bool is_printable(char c)
{
    constexpr std::string_view special = " '()+,-./:=?";
    return is_digit(c) || is_capital(c) || (c >= 'a' && c <= 'z') ||
           special.find(c) != std::string_view::npos;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known)
{
    return std::find(known.begin(), known.end(), text) != known.end();
}

// ISO 17442 and its checksum, ISO 7064 MOD 97-10.
Status check_lei(std::string_view lei)
{
    const bool shape =
        lei.size() == 20 && is_digit(lei[18]) && is_digit(lei[19]) &&
        std::all_of(lei.begin(), lei.end(), [](char c) { return is_digit(c) || is_capital(c); });
    if (!shape)
        return refuse("LEI is not 18 capitals or digits and two digits (ISO 17442)");
    int remainder = 0;
    for (const char c : lei)
        remainder = is_digit(c) ? (remainder * 10 + (c - '0')) % 97 : (remainder * 100 + (c - 'A' + 10)) % 97;
    return remainder == 1 ? Status() : refuse("LEI has a wrong checksum (ISO 17442, ISO 7064 MOD 97-10)");
}

// Authority of 2 to 8 capitals, hyphen, number.
Status check_psd(std::string_view reference)
{
    const auto hyphen = reference.find('-');
    const auto authority = reference.substr(0, hyphen);
    const bool shape = hyphen != std::string_view::npos && hyphen + 1 < reference.size() &&
                       authority.size() >= 2 && authority.size() <= 8 &&
                       std::all_of(authority.begin(), authority.end(), is_capital);
    return shape ? Status()
                 : refuse("PSD number is not the authority, \"-\", the number (TS 119 495 GEN-5.2.1-3)");
}

Status check_organisation_country(std::string_view type, std::string_view country)
{
    if (type == "LEI")
        return country == "XG" ? Status() : refuse("LEI's country is XG (EN 319 412-1 LEG-5.1.4-03)");
    // For VAT, Greece and Northern Ireland have codes of their own.
    if (is_country(country) || (type == "VAT" && is_one_of(country, {"EL", "XI"})))
        return {};
    return refuse("organisation identifier's country is not of ISO 3166-1 (EN 319 412-1 LEG-5.1.4-03)");
}

}

Status check_identity_number(std::string_view number)
{
    if (number.empty())
        return {};
    if (number.size() > 64)
        return refuse("identity number is longer than 64 characters (RFC 5280 A.1, ub-serial-number)");
    if (!std::all_of(number.begin(), number.end(), is_printable))
        return refuse("identity number is not a PrintableString (RFC 5280 A.1)");
    if (number.size() <= prefix_size || number[5] != '-')
        return refuse("identity number is not a type, a country, \"-\", the number (EN 319 412-1 NAT-5.1.3)");
    if (!is_one_of(number.substr(0, 3), {"PAS", "IDC", "PNO", "TIN"}))
        return refuse("identity number's type is not PAS, IDC, PNO or TIN (EN 319 412-1 NAT-5.1.3)");
    if (!is_country(number.substr(3, 2)))
        return refuse("identity number's country is not of ISO 3166-1 (EN 319 412-1 NAT-5.1.3)");
    if (number[prefix_size] == ' ' || number.back() == ' ')
        return refuse("identity number has a blank at an end (EN 319 412-1 NAT-5.1.3)");
    return {};
}

Status check_organisation_identifier(std::string_view identifier)
{
    TRY(check_shown_text(identifier, "organisation identifier (EN 319 412-1 LEG-5.1.4-02)",
                         limits::name_size));
    if (identifier.size() <= prefix_size || identifier[5] != '-')
        return refuse("organisation identifier is not a type, a country, \"-\", the number "
                      "(EN 319 412-1 LEG-5.1.4-02)");
    const auto type = identifier.substr(0, 3);
    if (!is_one_of(type, {"VAT", "NTR", "PSD", "LEI"}))
        return refuse(
            "organisation identifier's type is not VAT, NTR, PSD or LEI (EN 319 412-1 LEG-5.1.4-03)");
    TRY(check_organisation_country(type, identifier.substr(3, 2)));
    const auto reference = identifier.substr(prefix_size);
    if (reference.front() == ' ')
        return refuse("organisation identifier has a blank before its number (EN 319 412-1 LEG-5.1.4-02)");
    if (type == "LEI")
        return check_lei(reference);
    return type == "PSD" ? check_psd(reference) : Status();
}

Status check_legal_person(std::string_view country, std::string_view organisation,
                          std::string_view identifier)
{
    TRY(check_country(country));
    TRY(check_organisation(organisation));
    TRY(check_organisation_identifier(identifier));
    if (identifier == organisation)
        return refuse("organisation identifier is the organisation's name (EN 319 412-3 LEG-4.2.1-6)");
    return {};
}

}
