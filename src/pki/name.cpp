#include "pki/name.h"

#include <algorithm>

#include "base/canonical.h"
#include "base/limits.h"
#include "pki/der.h"

namespace qss::pki {

namespace {

Result<Bytes> encode_value(const Attribute& attribute)
{
    const auto& value = attribute.value;
    constexpr auto max_size = 2 * limits::name_size + 16; // a common name holds two names
    if (value.empty() || value.size() > max_size || !is_valid_utf8(value) ||
        std::any_of(value.begin(), value.end(), [](char c) { return c >= 0 && (c < 0x20 || c == 0x7F); }))
        return fail(ErrorCode::invalid_argument, "name attribute " + std::string(attribute.type));
    if (attribute.type != oids::country && attribute.type != oids::serial_number)
        return der::utf8_string(value);
    if (!is_printable_string(value))
        return fail(ErrorCode::invalid_argument,
                    "name attribute " + std::string(attribute.type) + " is not printable");
    const bool country = value.size() == 2 &&
                         std::all_of(value.begin(), value.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (attribute.type == oids::country && !country)
        return fail(ErrorCode::invalid_argument, "country is not two capital letters");
    if (value.size() > 64) // RFC 5280 A.1: ub-serial-number
        return fail(ErrorCode::invalid_argument, "serialNumber is longer than 64");
    return der::printable_string(value);
}

}

Result<Bytes> encode_name(const Name& name)
{
    Bytes names;
    for (const auto& attribute : name) {
        TRY_ASSIGN(value, encode_value(attribute));
        names = concat({names, der::set({der::sequence({der::oid(attribute.type), value})})});
    }
    return der::sequence({names});
}

bool is_printable_string(std::string_view text)
{
    constexpr std::string_view punctuation = " '()+,-./:=?";
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               punctuation.find(c) != std::string_view::npos;
    });
}

}
