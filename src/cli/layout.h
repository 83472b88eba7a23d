// How the processes of a data directory are started: program, flags, user. Used by `qss serve` and by
// the ceremony of `qss init`. Pure but for looking up users.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/process.h"
#include "config/config.h"

namespace qss::cli {

enum class RoleName { sam, ca, ocsp, tsa };

struct Layout {
    config::Paths paths;
    config::Users users;
    std::string programs;                   // directory of the binaries
    bool sandbox = true;
    std::string clock_offset_ms;            // sandbox; empty: none
};

[[nodiscard]] std::string_view short_name(RoleName role);      // "sam"
[[nodiscard]] std::string program_name(RoleName role);         // "qss-sam"
[[nodiscard]] std::string socket_of(const Layout& layout, RoleName role);
[[nodiscard]] std::filesystem::path directory_of(const Layout& layout, RoleName role);

// nullopt: runs as we do. Only root may give processes to others: `forbidden` otherwise.
Result<std::optional<Identity>> identity_of(const Layout& layout, const std::string& user);
[[nodiscard]] const std::string& user_of(const Layout& layout, RoleName role);

Result<Command> role_command(const Layout& layout, RoleName role);
Result<Command> api_command(const Layout& layout);

}
