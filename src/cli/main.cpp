// `qss`: the command line. Parses the tree that all_commands() built, runs the action chosen, prints
// its error; exit status 0, 1 (the action failed) or 2 (not understood).
#include <iostream>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/log.h"
#include "cli/command.h"

namespace {

int report(const qss::cli::Context& context, const qss::Error& error)
{
    if (context.output == qss::cli::Output::json)
        context.err << boost::json::serialize(boost::json::object{
                           {"error", {{"code", to_string(error.code)}, {"detail", error.detail}}}})
                    << "\n";
    else
        context.err << "qss: " << error.detail << "\n";
    return 1;
}

int run(int argc, char** argv)
{
    qss::log::set_process("qss");
    qss::SystemClock clock;
    qss::SystemRandom random;
    qss::cli::Context context{clock, random, std::cout, std::cerr};

    CLI::App root(
        "A remote qualified signing service. `qss init` makes a data directory, `qss serve` runs it.", "qss");
    root.require_subcommand(1);
    root.fallthrough();
    bool json = false;
    std::string directory = context.directory.string();
    root.add_flag("--json", json, "Print results and errors as JSON");
    root.add_option("-d,--directory", directory, "The data directory")->capture_default_str();
    root.set_version_flag("--version", "qss 0.1.0");
    for (const auto add : qss::cli::all_commands())
        add(root, context);
    if (argc == 1) {
        std::cout << root.help();
        return 0;
    }
    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return root.exit(error) == 0 ? 0 : 2;
    }
    context.output = json ? qss::cli::Output::json : qss::cli::Output::text;
    context.directory = directory;
    if (!context.action)
        return report(context, {qss::ErrorCode::internal, "this command does nothing"});
    const auto status = context.action();
    return status ? 0 : report(context, status.error());
}

}

int main(int argc, char** argv)
{
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "qss: " << error.what() << "\n";
        return 1;
    }
}
