// All commands of `qss`, in the order of --help. A new one: declare it, list it.
#include <array>
#include <ostream>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "cli/command.h"

namespace qss::cli {

void add_init_command(CLI::App& root, Context& context);
void add_ceremony_command(CLI::App& root, Context& context);
void add_serve_command(CLI::App& root, Context& context);
void add_enterprise_command(CLI::App& root, Context& context);
void add_pack_command(CLI::App& root, Context& context);
void add_credential_command(CLI::App& root, Context& context);
void add_user_command(CLI::App& root, Context& context);
void add_identity_command(CLI::App& root, Context& context);
void add_officer_command(CLI::App& root, Context& context);
void add_order_commands(CLI::App& root, Context& context);
void add_transcript_command(CLI::App& root, Context& context);
void add_authenticator_command(CLI::App& root, Context& context);
void add_sign_command(CLI::App& root, Context& context);
void add_evidence_command(CLI::App& root, Context& context);

std::span<const AddCommand> all_commands()
{
    static constexpr std::array commands{
        add_init_command,       add_ceremony_command,      add_serve_command, add_enterprise_command,
        add_pack_command,       add_credential_command,    add_user_command,  add_identity_command,
        add_officer_command,
        add_order_commands, // after the officer's, whose group they join
        add_transcript_command, add_authenticator_command, add_sign_command,  add_evidence_command,
    };
    return commands;
}

void Context::progress(std::string_view line) const
{
    err << line << '\n' << std::flush;
}

void Context::result(const boost::json::value& value, std::string_view text) const
{
    if (output == Output::json)
        out << boost::json::serialize(value) << '\n' << std::flush;
    else
        out << text << '\n' << std::flush;
}

}
