#include "cli/layout.h"

#include <set>

#include <unistd.h>

namespace qss::cli {

std::string_view short_name(RoleName role)
{
    switch (role) {
    case RoleName::sam: return "sam";
    case RoleName::ca: return "ca";
    case RoleName::ocsp: return "ocsp";
    case RoleName::tsa: return "tsa";
    }
    return "";
}

std::string program_name(RoleName role)
{
    return "qss-" + std::string(short_name(role));
}

std::filesystem::path directory_of(const Layout& layout, RoleName role)
{
    return layout.paths.directory / short_name(role);
}

std::string socket_of(const Layout& layout, RoleName role)
{
    switch (role) {
    case RoleName::sam: return layout.paths.sam_socket.string();
    case RoleName::ca: return layout.paths.ca_socket.string();
    case RoleName::ocsp: return layout.paths.ocsp_socket.string();
    case RoleName::tsa: return layout.paths.tsa_socket.string();
    }
    return "";
}

const std::string& user_of(const Layout& layout, RoleName role)
{
    switch (role) {
    case RoleName::sam: return layout.users.sam;
    case RoleName::ca: return layout.users.ca;
    case RoleName::ocsp: return layout.users.ocsp;
    case RoleName::tsa: break;
    }
    return layout.users.tsa;
}

Result<std::optional<Identity>> identity_of(const Layout& layout, const std::string& user)
{
    if (user.empty())
        return std::optional<Identity>();
    TRY_ASSIGN(identity, find_identity(user, layout.users.group));
    if (::geteuid() != 0)
        return fail(ErrorCode::forbidden, "[users] in qss.toml needs root");
    return std::optional<Identity>(identity);
}

Result<Command> role_command(const Layout& layout, RoleName role)
{
    TRY_ASSIGN(own, identity_of(layout, user_of(layout, role)));
    TRY_ASSIGN(api, identity_of(layout, layout.users.api));
    const auto directory = directory_of(layout, role);
    Command command{{layout.programs + "/" + program_name(role), "--directory", directory.string(),
                     "--socket", socket_of(layout, role), "--passphrase-file",
                     (directory / "passphrase").string()},
                    own,
                    {}};
    auto& arguments = command.arguments;
    // qss-api, and we ourselves: the ceremony, and the operator's own commands.
    for (const auto uid : std::set<uid_t>{::geteuid(), api ? api->uid : ::geteuid()})
        arguments.insert(arguments.end(), {"--peer-uid", std::to_string(uid)});
    if (layout.sandbox)
        arguments.emplace_back("--sandbox");
    if (!layout.clock_offset_ms.empty())
        arguments.insert(arguments.end(), {"--sandbox-clock-offset-ms", layout.clock_offset_ms});
    return command;
}

Result<Command> api_command(const Layout& layout)
{
    TRY_ASSIGN(identity, identity_of(layout, layout.users.api));
    return Command{
        {layout.programs + "/qss-api", "--config", layout.paths.config_file.string()}, identity, {}};
}

}
