// `qss serve`: the supervisor of a data directory's processes.
#include <csignal>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/health.h"
#include "cli/layout.h"
#include "cli/ports.h"
#include "cli/service_access.h"
#include "cli/supervisor.h"

namespace qss::cli {

namespace {

constexpr int rank_edge = 0;  // what takes requests stops first
constexpr int rank_roles = 1; // what they need, afterwards

struct ServeOptions {
    std::string clock_offset_ms;
    std::vector<std::string> child_flags; // "qss-sam=--flag"
    std::uint32_t restart_delay_ms = 0;   // 0: the supervisor's own back-off
};

// Held as long as it is open. `conflict`: somebody else holds it.
Result<Descriptor> take_lock(const std::string& path)
{
    Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.valid())
        return fail(ErrorCode::io, "cannot write " + path);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorCode::conflict, "another `qss serve` runs this directory");
    return lock;
}

// SIGTERM and SIGINT as a descriptor.
int block_stop_signals()
{
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    return ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

Status add_child_flags(std::vector<Child>& children, const std::vector<std::string>& flags)
{
    for (const auto& flag : flags) {
        const auto equals = flag.find('=');
        bool found = false;
        for (auto& child : children)
            if (equals != std::string::npos && child.name == flag.substr(0, equals)) {
                child.command.arguments.push_back(flag.substr(equals + 1));
                found = true;
            }
        if (!found)
            return fail(ErrorCode::invalid_argument, "--child-flag: no child in " + flag);
    }
    return {};
}

Result<std::vector<Child>> plan_children(const Layout& layout, const ServeOptions& options)
{
    std::vector<Child> children;
    for (const auto role : {RoleName::sam, RoleName::ca, RoleName::ocsp, RoleName::tsa}) {
        TRY_ASSIGN(command, role_command(layout, role));
        children.push_back({program_name(role), std::move(command), rank_roles});
    }
    TRY_ASSIGN(api, api_command(layout));
    children.push_back({"qss-api", std::move(api), rank_edge});
    if (layout.sandbox)
        children.push_back({"qss-officer",
                            {{layout.programs + "/qss", "officer", "run", "--auto-approve", "--directory",
                              layout.paths.directory.string()},
                             {},
                             {}},
                            rank_edge});
    TRY(add_child_flags(children, options.child_flags));
    return children;
}

void say_ready(const Context& context)
{
    const auto addresses = find_addresses(context.directory);
    if (!addresses)
        return;
    context.result(
        boost::json::object{{"status", "ready"}, {"mtls", addresses->mtls_url}, {"tls", addresses->tls_url}},
        "ready\n  QSS and management API (mutual TLS): " + addresses->mtls_url +
            "\n  authenticator API (TLS):             " + addresses->tls_url);
}

Status serve(const Context& context, const ServeOptions& options)
{
    std::error_code code;
    const auto directory = std::filesystem::canonical(context.directory, code);
    const config::Paths paths(code ? context.directory : directory);
    auto config = config::load(paths.config_file);
    if (!config)
        return fail(advise_if_absent(config.error(), "`qss init` makes a data directory"));
    if (!config->sandbox &&
        !(options.clock_offset_ms.empty() && options.child_flags.empty() && options.restart_delay_ms == 0))
        return fail(ErrorCode::forbidden, "these flags are for a sandbox");
    TRY_ASSIGN(programs, program_directory());
    const Layout layout{paths, config->users, programs, config->sandbox, options.clock_offset_ms};
    TRY_ASSIGN(children, plan_children(layout, options));
    TRY_ASSIGN(lock, take_lock((paths.run / "serve.lock").string()));
    const int stop_fd = block_stop_signals();
    if (stop_fd < 0)
        return fail(ErrorCode::io, "signalfd failed");
    TRY(wait_for_ports(*config, stop_fd));
    std::filesystem::remove(paths.ports_file, code); // of the last run

    SupervisorOptions supervisor_options;
    supervisor_options.pids_file = paths.pids_file.string();
    supervisor_options.stop_patience = Milliseconds(config->processing.drain_ms + 10'000);
    if (options.restart_delay_ms != 0)
        supervisor_options.first_delay = supervisor_options.last_delay =
            Milliseconds(options.restart_delay_ms);
    supervisor_options.is_ready = [&context, &config] {
        if (!is_ready(*config))
            return false;
        say_ready(context);
        return true;
    };
    context.progress("starting " + std::to_string(children.size()) + " processes in " +
                     paths.directory.string());
    Supervisor(std::move(children), std::move(supervisor_options)).run(stop_fd);
    ::close(stop_fd);
    context.progress("stopped");
    return {};
}

}

void add_serve_command(CLI::App& root, Context& context)
{
    auto* command =
        root.add_subcommand("serve", "Run the service: start its processes, restart each that dies");
    const auto options = std::make_shared<ServeOptions>();
    command->add_option("--sandbox-clock-offset-ms", options->clock_offset_ms,
                        "Move the roles' clocks; only in a sandbox");
    command->add_option("--child-flag", options->child_flags,
                        "CHILD=FLAG: one more argument for a child, such as qss-sam; only in a sandbox");
    command->add_option(
        "--sandbox-restart-delay-ms", options->restart_delay_ms,
        "Start a child that died after so long each time, without back-off; only in a sandbox");
    command->callback(
        [&context, options] { context.action = [&context, options] { return serve(context, *options); }; });
}

}
