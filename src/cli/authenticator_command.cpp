// `qss authenticator`: the software authenticator, an employee's phone for sandboxes and tests.
#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <thread>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "cli/command.h"
#include "cli/invitation.h"
#include "cli/listing.h"
#include "cli/sandbox_outbox.h"
#include "cli/service_access.h"
#include "cli/software_phone.h"
#include "client/files.h"
#include "config/config.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

constexpr int message_timeout_ms = 20'000;
constexpr int poll_wait_s = 30;
constexpr std::chrono::milliseconds retry_first{250};
constexpr std::chrono::milliseconds retry_last{5'000};

struct PhoneOptions {
    std::string directory = "phone";
    PhoneRegistration registration;
    Codes codes;
    std::string invitation_file;
    std::string sandbox;        // data directory: gives url, CA, origin and outbox
    std::string sandbox_outbox;
    std::string email;
    std::string mobile;
    std::string session_id;
    std::string reason = "rejected on the phone";
    std::string output;
    std::string user_verified = "yes";
    bool auto_approve = false;
    bool yes = false;

    [[nodiscard]] UserVerified verified() const
    {
        return user_verified == "no" ? UserVerified::no : UserVerified::yes;
    }
};

Status fill_from_sandbox(PhoneOptions& options)
{
    if (options.sandbox.empty())
        return {};
    const config::Paths paths(options.sandbox);
    TRY_ASSIGN(config, config::load(paths.config_file));
    TRY_ASSIGN(addresses, find_addresses(options.sandbox));
    auto& registration = options.registration;
    const auto fill = [](std::string& value, const std::string& from) {
        if (value.empty())
            value = from;
    };
    fill(registration.url, addresses.tls_url);
    fill(registration.ca_file, paths.pki_access_ca.string());
    fill(registration.origin, config.origins.empty() ? "" : config.origins.front());
    fill(options.sandbox_outbox, paths.outbox.string());
    return {};
}

Status prepare_codes(PhoneOptions& options)
{
    auto& registration = options.registration;
    if (!options.invitation_file.empty()) {
        TRY_ASSIGN(invitation, invitation_in(options.invitation_file));
        registration.invitation = invitation;
    }
    if (options.sandbox_outbox.empty()) {
        if (registration.invitation.empty())
            return fail(ErrorCode::invalid_argument, "--invitation FILE: the registration officer's letter");
        registration.read_codes = [&options]() -> Result<Codes> {
            auto codes = options.codes;
            const std::pair<const char*, std::string*> asked[] = {{"Code from the e-mail: ", &codes.email},
                                                                  {"Code from the SMS: ", &codes.sms}};
            for (const auto& [question, code] : asked)
                if (code->empty()) {
                    std::cerr << question << std::flush;
                    std::getline(std::cin, *code);
                }
            return codes;
        };
        return {};
    }
    if (options.email.empty() || options.mobile.empty())
        return fail(ErrorCode::invalid_argument,
                    "--email and --mobile say whose messages to read in the outbox");
    auto outbox = std::make_shared<SandboxOutbox>(options.sandbox_outbox);
    if (registration.invitation.empty()) {
        TRY_ASSIGN(invitation, outbox->wait_for(options.email, "invitation", message_timeout_ms));
        registration.invitation = invitation;
    }
    outbox->forget_what_is_there();
    registration.read_codes = [outbox, &options]() -> Result<Codes> {
        TRY_ASSIGN(email, outbox->wait_for(options.email, "code", message_timeout_ms));
        TRY_ASSIGN(sms, outbox->wait_for(options.mobile, "code", message_timeout_ms));
        return Codes{email, sms};
    };
    return {};
}

Status register_phone(const Context& context, PhoneOptions& options)
{
    TRY(fill_from_sandbox(options));
    TRY(prepare_codes(options));
    auto& registration = options.registration;
    if (registration.url.empty() || registration.ca_file.empty())
        return fail(ErrorCode::invalid_argument, "give --url and --ca, or --sandbox DATA-DIRECTORY");
    registration.user_verified = options.verified();
    TRY_ASSIGN(phone, SoftwarePhone::enrol(options.directory, registration, context.random));
    const auto& state = phone.state();
    context.result(client::json::object{{"device_id", state.device_id},
                                        {"authenticator_id", state.authenticator_id},
                                        {"signer_id", state.signer_id.text()},
                                        {"rp_id", state.rp_id},
                                        {"directory", options.directory}},
                   "phone of " + printable(state.email) + " registered: device " +
                       printable(state.device_id) + "\nnext: qss authenticator run --directory " +
                       options.directory);
    return {};
}

client::json::object to_json(const PhoneSession& session)
{
    client::json::array labels, digests;
    for (const auto& label : session.display.labels)
        labels.emplace_back(label);
    for (const auto& digest : session.input.digests)
        digests.emplace_back(hex_encode(digest.bytes()));
    return {{"session_id", session.input.session_id.text()},
            {"enterprise", session.display.enterprise},
            {"application", session.display.application},
            {"expires_at", to_rfc3339(session.input.expires_at)},
            {"labels", labels},
            {"digests", digests}};
}

Status list_sessions(const Context& context, PhoneOptions& options)
{
    TRY_ASSIGN(phone, SoftwarePhone::load(options.directory));
    TRY_ASSIGN(pending, phone.pending(0, context.clock.now()));
    client::json::array rows;
    std::string text;
    for (const auto& session : pending.sessions) {
        rows.push_back(to_json(session));
        text += (text.empty() ? "" : "\n") + session.for_people();
    }
    for (const auto& why : pending.refused)
        context.progress("a session is not shown: " + printable(why));
    context.result(client::json::object{{"sessions", rows}}, text.empty() ? "nothing waits" : text);
    return {};
}

bool confirmed(const Context& context)
{
    context.err << "Sign this? yes/no: " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes";
}

Status approve_session(const Context& context, PhoneOptions& options)
{
    TRY_ASSIGN(phone, SoftwarePhone::load(options.directory));
    TRY_ASSIGN(pending, phone.pending(0, context.clock.now()));
    for (const auto& session : pending.sessions) {
        if (session.input.session_id.text() != options.session_id)
            continue;
        context.progress(session.for_people());
        if (!options.yes && !confirmed(context))
            return fail(ErrorCode::rejected,
                        "not approved; it stays pending until it expires or is rejected");
        TRY(phone.approve(session, options.verified()));
        context.result(client::json::object{{"session_id", options.session_id}, {"status", "signed"}},
                       "signed");
        return {};
    }
    return fail(ErrorCode::not_found,
                "no pending session " + options.session_id + "; see: qss authenticator list");
}

Status reject_session(const Context& context, PhoneOptions& options)
{
    TRY_ASSIGN(phone, SoftwarePhone::load(options.directory));
    TRY(phone.reject(options.session_id, options.reason));
    context.result(client::json::object{{"session_id", options.session_id}, {"status", "rejected"}},
                   "rejected");
    return {};
}

Status show_history(const Context& context, PhoneOptions& options)
{
    TRY_ASSIGN(phone, SoftwarePhone::load(options.directory));
    TRY_ASSIGN(rows, phone.history());
    context.result(client::json::object{{"sessions", rows}}, listing(rows, {"session_id", "status"}));
    return {};
}

Status get_evidence(const Context& context, PhoneOptions& options)
{
    TRY_ASSIGN(phone, SoftwarePhone::load(options.directory));
    TRY_ASSIGN(evidence, phone.evidence(options.session_id));
    const auto file = options.output.empty() ? options.session_id + ".evidence" : options.output;
    TRY(client::write_file(file, evidence, client::FileAccess::everybody));
    context.result(client::json::object{{"file", file}}, "written: " + file + "\nnext: qss evidence verify " +
                                                             file + " --root root.pem --rp-id " +
                                                             phone.state().rp_id);
    return {};
}

// One look at what waits. Each session is shown, and decided, once.
Status decide(const Context& context, PhoneOptions& options, SoftwarePhone& phone,
              std::set<std::string>& seen)
{
    TRY_ASSIGN(pending, phone.pending(poll_wait_s, context.clock.now()));
    bool fresh = false;
    for (const auto& session : pending.sessions) {
        if (!seen.insert(session.input.session_id.text()).second)
            continue;
        fresh = true;
        context.progress(session.for_people());
        const auto status = options.auto_approve || confirmed(context)
                                ? phone.approve(session, options.verified())
                                : phone.reject(session.input.session_id.text(), options.reason);
        context.progress(status ? "  done" : "  " + printable(status.error().detail));
    }
    for (const auto& why : pending.refused)
        if (seen.insert(why).second)
            context.progress("a session is not shown: " + printable(why));
    // The service does not wait while something is pending that we have decided already.
    if (!fresh && !(pending.sessions.empty() && pending.refused.empty()))
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return {};
}

extern "C" void end_phone(int)
{
    ::_exit(0); // nothing is held that could be left half done
}

Status run_phone(const Context& context, PhoneOptions& options)
{
    TRY_ASSIGN(phone, SoftwarePhone::load(options.directory));
    std::signal(SIGTERM, end_phone);
    std::signal(SIGINT, end_phone);
    context.progress("phone of " + printable(phone.state().email) + ": waiting for sessions" +
                     (options.auto_approve ? ", approves by itself" : ""));
    std::set<std::string> seen;
    auto pause = retry_first;
    for (bool told = false;;) {
        const auto status = decide(context, options, phone, seen);
        if (status) {
            pause = retry_first;
            told = false;
            continue;
        }
        const auto code = status.error().code;
        if (code != ErrorCode::unavailable && code != ErrorCode::timed_out && code != ErrorCode::rate_limited)
            return status;
        if (!told)
            context.progress("phone: waiting for the service: " + printable(status.error().detail));
        told = true;
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, retry_last);
    }
}

using Run = Status (*)(const Context&, PhoneOptions&);

CLI::App* add_phone_command(CLI::App* group, Context& context, const std::shared_ptr<PhoneOptions>& options,
                            const char* name, const char* what, Run run)
{
    auto* command = group->add_subcommand(name, what);
    command->add_option("-d,--directory", options->directory, "The phone's own directory")
        ->capture_default_str();
    command->callback([&context, options, run] {
        context.action = [&context, options, run] { return run(context, *options); };
    });
    return command;
}

void add_register_options(CLI::App* command, const std::shared_ptr<PhoneOptions>& options)
{
    auto& registration = options->registration;
    registration.device_name = "Software authenticator";
    command->add_option("--url", registration.url, "Of the authenticator API: https://localhost:8444");
    command->add_option("--ca", registration.ca_file,
                        "PEM: what the service's certificate is checked against");
    command->add_option("--origin", registration.origin,
                        "Of the app that this stands for; default: https:// and the relying party's id");
    command->add_option("--invitation", options->invitation_file,
                        "File with the invitation: the registration officer's letter");
    command->add_option("--email-code", options->codes.email, "From the e-mail; default: asks");
    command->add_option("--sms-code", options->codes.sms, "From the SMS; default: asks");
    command->add_option("--name", registration.device_name, "Of the device")->capture_default_str();
    command->add_option("--approver", registration.approver,
                        "Directory of the person's phone that is bound already");
    command->add_option("--sandbox", options->sandbox,
                        "Data directory of a sandbox: gives url, CA, origin and outbox");
    command->add_option("--sandbox-outbox", options->sandbox_outbox,
                        "Read invitation and codes from these files");
    command->add_option("--email", options->email, "With an outbox: whose e-mail to read");
    command->add_option("--mobile", options->mobile, "With an outbox: whose SMS to read");
}

}

void add_authenticator_command(CLI::App& root, Context& context)
{
    auto* group =
        root.add_subcommand("authenticator", "A phone in software, for sandboxes")->require_subcommand(1);
    const auto options = std::make_shared<PhoneOptions>();
    const auto add = [&](const char* name, const char* what, Run run) {
        return add_phone_command(group, context, options, name, what, run);
    };
    const auto add_verified = [&](CLI::App* command) {
        command
            ->add_option("--user-verified", options->user_verified,
                         "What the authenticator says about the user: yes or no (tests)")
            ->check(CLI::IsMember({"yes", "no"}))
            ->capture_default_str();
    };
    const auto add_session = [&](CLI::App* command) {
        command->add_option("id", options->session_id, "Id of the session")->required();
        return command;
    };

    auto* register_command = add("register", "Register this phone for an employee", register_phone);
    add_register_options(register_command, options);
    auto* run = add("run", "Wait for sessions; show each, and ask", run_phone);
    run->add_flag("--auto-approve", options->auto_approve, "Approve whatever comes, without asking");
    add("list", "List the sessions that wait", list_sessions);
    auto* approve = add_session(add("approve", "Show a session and approve it", approve_session));
    approve->add_flag("--yes", options->yes, "Do not ask");
    for (auto* command : {register_command, run, approve})
        add_verified(command);
    add_session(add("reject", "Reject a session", reject_session))
        ->add_option("--reason", options->reason,
                     "For the service's records; the application does not see it")
        ->capture_default_str();
    add("history", "List past sessions", show_history);
    add_session(add("evidence", "Get the evidence of a signed session", get_evidence))
        ->add_option("-o,--output", options->output, "File; default: ID.evidence");
}

}
