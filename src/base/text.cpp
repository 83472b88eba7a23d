#include "base/text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/canonical.h"

namespace qss {

namespace {

// Controls, formatting characters, line and paragraph separators, odd blanks, surrogates, private
// use, tags and variation selectors (general categories Cc, Cf, Zl, Zp, Zs but U+0020, Cs, Co);
// symbols without ink: the blank pattern of Braille, the null notehead.
constexpr std::array<std::pair<char32_t, char32_t>, 28> not_shown{{
    {0x0000, 0x001F},   {0x007F, 0x00A0},   {0x00AD, 0x00AD},    {0x034F, 0x034F}, {0x0600, 0x0605},
    {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},    {0x115F, 0x1160}, {0x1680, 0x1680},
    {0x17B4, 0x17B5},   {0x180B, 0x180E},   {0x2000, 0x200F},    {0x2028, 0x202F}, {0x205F, 0x206F},
    {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},    {0xD800, 0xF8FF}, {0xFDD0, 0xFDEF},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},    {0xFFF0, 0xFFFF}, {0x1BCA0, 0x1BCA3},
    {0x1D159, 0x1D159}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
}};

bool is_shown(char32_t point)
{
    if ((point & 0xFFFE) == 0xFFFE) // noncharacters, two in each plane
        return false;
    return std::none_of(not_shown.begin(), not_shown.end(),
                        [&](const auto& range) { return point >= range.first && point <= range.second; });
}

}

std::u32string decode_utf8(std::string_view valid)
{
    std::u32string points;
    points.reserve(valid.size());
    for (const char c : valid) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) == 0x80U)
            points.back() = (points.back() << 6) | (byte & 0x3FU);
        else if (byte < 0x80)
            points.push_back(byte);
        else
            points.push_back(byte & (byte < 0xE0 ? 0x1FU : byte < 0xF0 ? 0x0FU : 0x07U));
    }
    return points;
}

Status check_shown_text(std::string_view text, std::string_view what, std::size_t max_size)
{
    const std::string name(what);
    if (text.size() > max_size)
        return fail(ErrorCode::invalid_argument,
                    name + " is longer than " + std::to_string(max_size) + " bytes");
    if (!is_valid_utf8(text))
        return fail(ErrorCode::invalid_argument, name + " is not UTF-8");
    const auto points = decode_utf8(text);
    if (!std::all_of(points.begin(), points.end(), is_shown))
        return fail(ErrorCode::invalid_argument, name + " has a control or an invisible character");
    if (text.starts_with(' ') || text.ends_with(' ') || text.find("  ") != std::string_view::npos)
        return fail(ErrorCode::invalid_argument, name + " has a blank at an end or two in a row");
    return {};
}

}
