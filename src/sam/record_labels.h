// What the record's seals are for, so that none can stand for another. Pure.
#pragma once

#include <string_view>

namespace qss::sam {

inline constexpr std::string_view live_row_label = "qss-sam live row v1";
inline constexpr std::string_view archive_label = "qss-sam archived row v1";
inline constexpr std::string_view element_label = "qss-sam multiset element v1";
inline constexpr std::string_view head_label = "qss-sam head v1";

}
