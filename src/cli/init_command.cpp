// `qss init`: makes the data directory of a sandbox (ceremony_run.h).
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/ceremony_run.h"
#include "cli/command.h"
#include "statements/registration.h"

namespace qss::cli {

namespace {

struct InitOptions {
    std::string directory; // positional; empty: --directory
    bool dry_run = false;
    CeremonyOptions ceremony;
    config::Users users;
};

Status init(const Context& context, const InitOptions& options)
{
    if (const auto status = statements::check_country(options.ceremony.country); !status)
        return fail(status.error().code, "--country: " + status.error().detail);
    TRY_ASSIGN(target, target_directory(context, options.directory));
    return run_ceremony(context, {std::move(target), options.users, options.ceremony},
                        options.dry_run ? CeremonyRun::dry : CeremonyRun::for_real);
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
    command.add_option("--tsa-key-type", options.tsa_key_type, "Of the time-stamping unit");
    command.add_option("--ca-key-type", options.ca_key_type, "Of root and issuing CA");
    command.add_option("--crl-shards", options.crl_shards, "Lists of revocations of the issuing CA, 1 to 64");
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
    command->add_option("--tsa-user", options->users.tsa, "User of qss-tsa");
    command->add_option("--group", options->users.group, "Group of those users: owns the sockets");
    command->callback(
        [&context, options] { context.action = [&context, options] { return init(context, *options); }; });
}

}
