// `qss officer sign-transcript`: the officer's signature beside a ceremony's transcript.
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "base/encoding.h"
#include "cli/command.h"
#include "cli/officer.h"
#include "cli/transcript.h"
#include "client/files.h"
#include "config/config.h"
#include "statements/signed.h"

namespace qss::cli {

namespace {

struct Options {
    std::string file;
    std::string officer_directory; // empty: DIR/officer
};

// FILE.<first 16 digits of the key's SHA-256>.sig: each officer's own.
Status sign(const Context& context, const Options& options)
{
    const auto directory = options.officer_directory.empty()
                               ? config::Paths(context.directory).officer
                               : std::filesystem::path(options.officer_directory);
    TRY_ASSIGN(key, load_private_key(directory / "key.pem"));
    TRY_ASSIGN(text, client::read_text_file(options.file));
    TRY_ASSIGN(signature, sign_transcript(text, key));
    const auto name =
        options.file + "." + hex_encode(statements::key_id_of(key.public_key())).substr(0, 16) + ".sig";
    TRY(client::write_file(name, signature, client::FileAccess::everybody));
    context.result(boost::json::object{{"signature", name}}, "signed: " + name);
    return {};
}

}

// After add_officer_command, whose group it joins.
void add_transcript_command(CLI::App& root, Context& context)
{
    const auto options = std::make_shared<Options>();
    auto* command = root.get_subcommand("officer")->add_subcommand(
        "sign-transcript", "Sign a ceremony's transcript: you were there, and it happened so");
    command->add_option("file", options->file, "The transcript")->required();
    command->add_option("--officer-directory", options->officer_directory,
                        "Keys of the officer; default: DIR/officer");
    command->callback(
        [&context, options] { context.action = [&context, options] { return sign(context, *options); }; });
}

}
