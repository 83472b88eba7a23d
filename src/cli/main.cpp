// `qss`: the command line. Parses the tree that all_commands() built, runs the action chosen, prints
// its error; exit status 0, 1 (the action failed) or 2 (not understood).
#include <algorithm>
#include <iostream>
#include <sstream>
#include <string_view>

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

// What did not parse. CLI11 says "A subcommand is required" for a command that it does not know.
int report(const CLI::App& root, const CLI::ParseError& error, bool json)
{
    std::ostringstream out, err;
    const int status = root.exit(error, out, err);
    std::cout << out.str();
    if (status == 0)
        return 0;
    std::string detail = err.str();
    const auto unknown = root.remaining(true);
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !unknown.empty())
        detail = "not known here: " + unknown.front() + "\nRun with --help for more information.\n";
    if (json)
        detail = boost::json::serialize(
                     boost::json::object{{"error",
                                          {{"code", to_string(qss::ErrorCode::invalid_argument)},
                                           {"detail", detail.substr(0, detail.find('\n'))}}}}) +
                 "\n";
    std::cerr << detail;
    return 2;
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
        const auto is_json = [](std::string_view argument) { return argument == "--json"; };
        return report(root, error, std::any_of(argv + 1, argv + argc, is_json));
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
