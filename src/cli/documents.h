// The disclosure and practice statements of a sandbox: they say that nothing here is qualified. A provider
// puts its own in their place ([documents] in qss.toml). Pure.
#pragma once

#include <string>
#include <string_view>

namespace qss::cli {

// In the order of EN 319 411-1 annex A.2.
std::string sandbox_disclosure_statement(std::string_view organisation, std::string_view public_host);
std::string sandbox_practice_statement(std::string_view organisation, std::string_view public_host);

}
