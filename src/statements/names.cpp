#include "statements/names.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace qss::statements {

namespace {

enum class Script { common, latin, greek, cyrillic, armenian, hebrew, arabic, georgian, east_asian, other };

struct Block {
    char32_t first;
    char32_t last;
    Script script;
};

// Blocks of letters; Han, Kana, Bopomofo and Hangul occur together in one name.
constexpr std::array<Block, 32> blocks{{
    {0x0041, 0x005A, Script::latin},      {0x0061, 0x007A, Script::latin},
    {0x00AA, 0x00AA, Script::latin},      {0x00BA, 0x00BA, Script::latin},
    {0x00C0, 0x00D6, Script::latin},      {0x00D8, 0x00F6, Script::latin},
    {0x00F8, 0x02AF, Script::latin},      {0x0370, 0x03FF, Script::greek},
    {0x0400, 0x052F, Script::cyrillic},   {0x0530, 0x058F, Script::armenian},
    {0x0590, 0x05FF, Script::hebrew},     {0x0600, 0x077F, Script::arabic},
    {0x0780, 0x109F, Script::other},      {0x10A0, 0x10FF, Script::georgian},
    {0x1100, 0x11FF, Script::east_asian}, {0x1200, 0x1C7F, Script::other},
    {0x1C80, 0x1C8F, Script::cyrillic},   {0x1C90, 0x1CBF, Script::georgian},
    {0x1E00, 0x1EFF, Script::latin},      {0x1F00, 0x1FFF, Script::greek},
    {0x2C60, 0x2C7F, Script::latin},      {0x2D00, 0x2D2F, Script::georgian},
    {0x2DE0, 0x2DFF, Script::cyrillic},   {0x3005, 0x3007, Script::east_asian},
    {0x3040, 0x318F, Script::east_asian}, {0x31A0, 0x9FFF, Script::east_asian},
    {0xA640, 0xA69F, Script::cyrillic},   {0xA720, 0xA7FF, Script::latin},
    {0xAC00, 0xD7FF, Script::east_asian}, {0xF900, 0xFAFF, Script::east_asian},
    {0xFB50, 0xFDFF, Script::arabic},     {0x20000, 0x3FFFF, Script::east_asian},
}};

Script script_of(char32_t point)
{
    for (const auto& block : blocks)
        if (point >= block.first && point <= block.last)
            return block.script;
    return Script::common;
}

}

bool in_one_script(std::string_view text)
{
    auto found = Script::common;
    for (const auto point : decode_utf8(text)) {
        const auto script = script_of(point);
        if (script == Script::common)
            continue;
        if (found != Script::common && found != script)
            return false;
        found = script;
    }
    return true;
}

bool has_letter(std::string_view text)
{
    for (const auto point : decode_utf8(text))
        if (script_of(point) != Script::common)
            return true;
    return false;
}

bool has_only_name_characters(std::string_view text)
{
    constexpr std::u32string_view marks = U" '-.,()/\u00B7\u02BB\u02BC\u2010\u2018\u2019";
    const auto points = decode_utf8(text);
    return std::all_of(points.begin(), points.end(), [&](char32_t point) {
        const bool combining = point >= 0x0300 && point <= 0x036F;
        const bool digit = point >= '0' && point <= '9';
        return script_of(point) != Script::common || combining || digit ||
               marks.find(point) != std::u32string_view::npos;
    });
}

}
