// `qss init`: makes the data directory of a sandbox (ceremony.h).
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <unistd.h>

#include "cli/ceremony.h"
#include "cli/command.h"
#include "cli/data_directory.h"
#include "statements/registration.h"

namespace qss::cli {

namespace {

struct InitOptions {
    std::string directory; // positional; empty: --directory
    bool dry_run = false;
    CeremonyOptions ceremony;
    config::Users users;
};

Status check_options(const InitOptions& options, const Layout& layout)
{
    const auto& users = options.users;
    const bool any_user = !(users.api.empty() && users.sam.empty() && users.ca.empty() && users.ocsp.empty());
    if (any_user && users.group.empty())
        return fail(ErrorCode::invalid_argument, "--group is needed with users: it owns the sockets");
    if (const auto status = statements::check_country(options.ceremony.country); !status)
        return fail(status.error().code, "--country: " + status.error().detail);
    for (const auto& user : {users.api, users.sam, users.ca, users.ocsp})
        TRY(identity_of(layout, user));
    TRY(Ceremony::make_config(layout, options.ceremony));
    // sun_path has 108 bytes; "….partial/run/ocsp.sock" must fit.
    if (socket_of(layout, RoleName::ocsp).size() > 107)
        return fail(ErrorCode::invalid_argument, "the directory's path is too long for Unix sockets");
    return {};
}

Status dry_run(const Context& context, Ceremony& ceremony, const std::filesystem::path& target)
{
    boost::json::array titles;
    std::string text = "would make " + target.string() + ":";
    for (const auto& step : ceremony.steps()) {
        titles.emplace_back(step.title);
        text += "\n  - " + step.title;
    }
    text += "\n\nwith this qss.toml:\n\n" + config::render(ceremony.config());
    context.result(boost::json::object{{"directory", target.string()},
                                       {"steps", std::move(titles)},
                                       {"configuration", config::render(ceremony.config())}},
                   text);
    return {};
}

Status init(const Context& context, const InitOptions& options)
{
    std::error_code code;
    auto target = std::filesystem::absolute(
        options.directory.empty() ? context.directory : std::filesystem::path(options.directory), code);
    if (!target.has_filename()) // "DIR/"
        target = target.parent_path();
    auto partial = target;
    partial += ".partial";
    TRY_ASSIGN(programs, program_directory());
    const Layout layout{config::Paths(partial), options.users, programs, true, ""};
    TRY(check_options(options, layout));
    TRY(DataDirectory::check_free(target));
    if (options.dry_run) {
        Ceremony ceremony(layout, options.ceremony, context.random);
        TRY(ceremony.plan());
        return dry_run(context, ceremony, target);
    }
    TRY_ASSIGN(directory, DataDirectory::begin(target, options.users.group.empty() ? 0700 : 0711));
    {
        Ceremony ceremony(layout, options.ceremony, context.random);
        const auto steps = ceremony.steps();
        for (std::size_t i = 0; i < steps.size(); ++i) {
            context.progress("[" + std::to_string(i + 1) + "/" + std::to_string(steps.size()) + "] " +
                             steps[i].title);
            if (const auto status = steps[i].run(); !status)
                return fail(status.error().code, steps[i].title + ": " + status.error().detail +
                                                     "\nwhat there is stays in " +
                                                     directory.partial().string());
        }
    }
    TRY(directory.publish());
    context.result(boost::json::object{{"directory", target.string()},
                                       {"configuration", (target / "qss.toml").string()}},
                   "made " + target.string() +
                       ", a sandbox: its certificates say TEST\nnext: qss serve --directory " +
                       target.string());
    return {};
}

void add_ceremony_options(CLI::App& command, CeremonyOptions& options)
{
    command.add_option("--name", options.organisation, "Registered name of the trust service provider");
    command.add_option("--country", options.country, "Its country, ISO 3166-1 alpha-2");
    command.add_option("--organisation-identifier", options.organisation_identifier,
                       "Its identifier, EN 319 412-1 5.1.4");
    command.add_option("--public-url", options.public_url, "Host of the URLs in certificates");
    command.add_option("--rp-id", options.rp_id, "WebAuthn relying party of the authenticators");
    command.add_option("--rp-name", options.rp_name, "Its name on the phone");
    command.add_option("--origin", options.origins, "Where the mobile authenticator runs; may be repeated")
        ->allow_extra_args(false);
    command.add_option("--ca-key-type", options.ca_key_type, "Of root and issuing CA");
    command
        .add_option("--server-name", options.more_server_names,
                    "A name or address in the server certificates besides localhost; may be repeated")
        ->allow_extra_args(false);
    command.add_option("--mtls-port", options.mtls.port, "0: any");
    command.add_option("--tls-port", options.tls.port, "0: any");
    command.add_option("--health-port", options.health.port, "0: any");
    command.add_option("--public-port", options.public_.port, "0: any");
    command.add_option("--rsa-3072-pool", options.rsa_3072_pool, "Keys kept ready; 0: the SAM's default");
    command.add_option("--rsa-4096-pool", options.rsa_4096_pool, "Keys kept ready; 0: the SAM's default");
    command.add_option("--revocations-per-hour", options.revocations_per_hour,
                       "How many SAM and CA do without officers' orders; 0: 100");
    for (auto* option : command.get_options())
        option->capture_default_str();
}

}

void add_init_command(CLI::App& root, Context& context)
{
    auto* command =
        root.add_subcommand("init", "Make the data directory of a sandbox: keys, certificates, database");
    const auto options = std::make_shared<InitOptions>();
    command->add_option("DIR", options->directory, "The directory; default: --directory");
    command->add_flag("--dry-run", options->dry_run, "Say what would be done, and do nothing");
    add_ceremony_options(*command, options->ceremony);
    command->add_option("--api-user", options->users.api,
                        "User of qss-api; needs root, as do the next three");
    command->add_option("--sam-user", options->users.sam, "User of qss-sam");
    command->add_option("--ca-user", options->users.ca, "User of qss-ca");
    command->add_option("--ocsp-user", options->users.ocsp, "User of qss-ocsp");
    command->add_option("--group", options->users.group, "Group of those users: owns the sockets");
    command->callback(
        [&context, options] { context.action = [&context, options] { return init(context, *options); }; });
}

}
