#include "statements/subject_rules.h"

#include <algorithm>

#include "base/countries.h"
#include "base/limits.h"
#include "base/text.h"
#include "statements/names.h"

namespace qss::statements {

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_lower_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

// RFC 5321 4.1.2 Dot-string, lower case.
bool is_local_part(std::string_view text)
{
    constexpr std::string_view special = "!#$%&'*+-/=?^_`{|}~.";
    const bool characters = std::all_of(text.begin(), text.end(), [&](char c) {
        return is_lower_alnum(c) || special.find(c) != std::string_view::npos;
    });
    return !text.empty() && text.size() <= 64 && characters && text.front() != '.' && text.back() != '.' &&
           text.find("..") == std::string_view::npos;
}

// RFC 1123 2.1, lower case, at least two labels.
bool is_domain(std::string_view text)
{
    int labels = 0;
    while (true) {
        const auto dot = text.find('.');
        const auto label = text.substr(0, dot);
        const bool characters =
            std::all_of(label.begin(), label.end(), [](char c) { return is_lower_alnum(c) || c == '-'; });
        if (label.empty() || label.size() > 63 || !characters || label.front() == '-' || label.back() == '-')
            return false;
        ++labels;
        if (dot == std::string_view::npos)
            return labels >= 2;
        text.remove_prefix(dot + 1);
    }
}

Status check_person_name(std::string_view name, std::string_view what)
{
    const auto cited = std::string(what) + " (EN 319 412-2 NAT-4.2.4-12)";
    TRY(check_shown_text(name, cited, limits::name_size));
    if (!has_letter(name))
        return fail(ErrorCode::invalid_argument, cited + " is empty or has no letter");
    if (!has_only_name_characters(name))
        return fail(ErrorCode::invalid_argument, cited + " has a character that names do not have");
    if (!in_one_script(name))
        return fail(ErrorCode::invalid_argument,
                    std::string(what) + " mixes scripts (EN 319 412-2 NAT-4.2.4-19)");
    return {};
}

}

Status check_email(std::string_view email)
{
    const auto at = email.rfind('@');
    if (email.size() > limits::email_size || at == std::string_view::npos ||
        !is_local_part(email.substr(0, at)) || !is_domain(email.substr(at + 1)))
        return fail(ErrorCode::invalid_argument,
                    "e-mail address is not one, or not in lower case (RFC 5321 4.1.2)");
    return {};
}

Result<std::string> normalise_email(std::string_view email)
{
    std::string lower(email.substr(0, limits::email_size + 1));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    TRY(check_email(lower));
    return lower;
}

Status check_mobile(std::string_view mobile)
{
    // ITU-T E.164 6.2.1: country code and number, at most 15 digits, no leading zero.
    const bool shape = mobile.size() >= 8 && mobile.size() <= 16 && mobile[0] == '+' && mobile[1] != '0' &&
                       std::all_of(mobile.begin() + 1, mobile.end(), is_digit);
    if (!shape)
        return fail(ErrorCode::invalid_argument,
                    "mobile number is not \"+\" and 7 to 15 digits (E.164 6.2.1)");
    return {};
}

Result<std::string> normalise_mobile(std::string_view mobile)
{
    std::string number(mobile.substr(0, limits::mobile_size));
    if (number.starts_with("00"))
        number = "+" + number.substr(2);
    TRY(check_mobile(number));
    return number;
}

Status check_country(std::string_view country)
{
    if (!is_country(country))
        return fail(ErrorCode::invalid_argument,
                    "country is not an ISO 3166-1 alpha-2 code (EN 319 412-2 NAT-4.2.4-1)");
    return {};
}

Status check_organisation(std::string_view organisation)
{
    TRY(check_shown_text(organisation, "organisation (EN 319 412-2 NAT-4.2.4-6)", limits::name_size));
    if (!has_letter(organisation))
        return fail(ErrorCode::invalid_argument, "organisation has no letter (EN 319 412-2 NAT-4.2.4-6)");
    return {};
}

Status check_person_names(std::string_view given_name, std::string_view surname)
{
    TRY(check_person_name(given_name, "given name"));
    TRY(check_person_name(surname, "surname"));
    if (!in_one_script(std::string(given_name) + " " + std::string(surname)))
        return fail(ErrorCode::invalid_argument, "names mix scripts (EN 319 412-2 NAT-4.2.4-19)");
    return {};
}

}
