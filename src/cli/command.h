// How a command joins `qss`: one function in its own file that adds subcommands to the tree, and one
// line in commands.cpp. Parsing only chooses and fills; what the command does runs afterwards, as
// `Context::action`. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace CLI {
class App;
}
namespace boost::json {
class value;
}

namespace qss::cli {

enum class Output { text, json };

struct Context {
    Clock& clock;
    Random& random;
    std::ostream& out;                      // results
    std::ostream& err;                      // progress and errors
    Output output = Output::text;           // --json
    std::filesystem::path directory = "qss-data"; // -d, --directory: the data directory
    // Set by the chosen command's callback; main runs it and prints its error.
    std::function<Status()> action{};

    // One line of progress on `err`.
    void progress(std::string_view line) const;
    // The result: `value` as one line of JSON with --json, else `text`.
    void result(const boost::json::value& value, std::string_view text) const;
};

// Usage, in enterprise_command.cpp (declared in commands.cpp):
//   void add_enterprise_command(CLI::App& root, Context& context)
//   {
//       auto* group = root.add_subcommand("enterprise", "manage enterprises")->require_subcommand(1);
//       auto* add = group->add_subcommand("add", "...");
//       auto options = std::make_shared<AddOptions>();
//       add->add_option("--name", options->name, "...")->required();
//       add->callback([&context, options] {
//           context.action = [&context, options] { return add_enterprise(context, *options); };
//       });
//   }
using AddCommand = void (*)(CLI::App& root, Context& context);

std::span<const AddCommand> all_commands(); // commands.cpp

}
