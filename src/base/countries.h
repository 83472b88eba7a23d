// ISO 3166-1 alpha-2, the officially assigned codes. Pure.
#pragma once

#include <string_view>

namespace qss {

// Greece is GR; EL, UK, EU and XX are not in it.
[[nodiscard]] bool is_country(std::string_view code);

}
