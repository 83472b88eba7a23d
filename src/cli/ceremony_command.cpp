// `qss ceremony`: a data directory from one reviewed file (ceremony_file.h).
#include <memory>

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "cli/ceremony_file.h"

namespace qss::cli {

namespace {

struct Options {
    std::string file;
    std::string directory; // positional; empty: --directory
    std::string confirm;
    bool dry_run = false;
};

Status hold_ceremony(const Context& context, const Options& options)
{
    if (options.dry_run == !options.confirm.empty())
        return fail(ErrorCode::invalid_argument,
                    "say --dry-run first, and then --confirm with the SHA-256 that it shows");
    TRY_ASSIGN(plan, load_ceremony_file(options.file));
    TRY_ASSIGN(target, target_directory(context, options.directory));
    plan.target = std::move(target);
    if (options.dry_run)
        return run_ceremony(context, plan, CeremonyRun::dry);
    if (options.confirm != hex_encode(plan.options.file_sha256))
        return fail(ErrorCode::rejected, "this is not the file that was reviewed: its SHA-256 is " +
                                             hex_encode(plan.options.file_sha256));
    return run_ceremony(context, plan, CeremonyRun::for_real);
}

}

void add_ceremony_command(CLI::App& root, Context& context)
{
    auto* command = root.add_subcommand(
        "ceremony", "Make a data directory from a reviewed file: keys, certificates, database");
    const auto options = std::make_shared<Options>();
    command->add_option("FILE", options->file, "The file, TOML")->required();
    command->add_option("DIR", options->directory, "The directory; default: --directory");
    command->add_flag("--dry-run", options->dry_run,
                      "Check everything, say what would be done, and do nothing");
    command->add_option("--confirm", options->confirm,
                        "SHA-256 of the reviewed file, as the dry run shows it");
    command->callback([&context, options] {
        context.action = [&context, options] { return hold_ceremony(context, *options); };
    });
}

}
