// `qss officer`: the registration officer, a process and a key of its own.
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/officer.h"
#include "cli/service_access.h"
#include "client/files.h"
#include "config/config.h"
#include "pki/asn1.h"
#include "pki/csr.h"
#include "statements/signed.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

constexpr int poll_wait_s = 30;
constexpr std::chrono::milliseconds retry_first{250};
constexpr std::chrono::milliseconds retry_last{5'000};

struct OfficerOptions {
    std::string officer_directory; // empty: DIR/officer
    std::string url;
    std::string name;
    std::string registration_id;
    std::string invitations; // empty: a sandbox's outbox, else DIR/officer/invitations
    bool yes = false;
    bool auto_approve = false;
};

fs::path officer_directory(const Context& context, const OfficerOptions& options)
{
    return options.officer_directory.empty() ? config::Paths(context.directory).officer
                                             : fs::path(options.officer_directory);
}

Result<Officer> open_officer(const Context& context, const OfficerOptions& options)
{
    const auto directory = officer_directory(context, options);
    TRY_ASSIGN(api, management_api(context.directory, officer_client_files(directory), options.url));
    return Officer::open(directory, std::move(api));
}

// A sandbox's employees read the outbox. Else the officer hands over what is in a directory of theirs.
Result<Invitations> open_invitations(const Context& context, const OfficerOptions& options)
{
    const config::Paths paths(context.directory);
    Invitations invitations{options.invitations, ""};
    bool is_sandbox = false;
    if (fs::exists(paths.config_file)) {
        TRY_ASSIGN(config, config::load(paths.config_file));
        is_sandbox = config.sandbox;
        invitations.app_url = config.origins.empty() ? "" : config.origins.front();
    }
    if (invitations.directory.empty() && is_sandbox) {
        invitations.directory = paths.outbox;
        return invitations;
    }
    if (invitations.directory.empty())
        invitations.directory = officer_directory(context, options) / "invitations";
    TRY(client::make_private_directory(invitations.directory.string()));
    return invitations;
}

// Two keys: one signs statements, one is for TLS. What the ceremony and the access CA need goes beside.
Status init_officer(const Context& context, const OfficerOptions& options)
{
    const auto directory = officer_directory(context, options);
    TRY(client::make_private_directory(directory.string()));
    TRY_ASSIGN(key, crypto::PrivateKey::generate(crypto::KeyType::p256));
    TRY_ASSIGN(client_key, crypto::PrivateKey::generate(crypto::KeyType::p256));
    TRY_ASSIGN(csr, pki::make_csr(options.name, client_key));
    const auto write = [&](const fs::path& file, ByteView content, client::FileAccess access) {
        return client::write_new_file(file.string(), content, access);
    };
    const auto files = officer_client_files(directory);
    TRY(write(directory / "key.pem", key.to_pem().reveal(), client::FileAccess::owner_only));
    TRY(write(directory / "public-key.pem", as_bytes(pki::to_pem("PUBLIC KEY", key.public_key().spki())),
              client::FileAccess::everybody));
    TRY(write(files.private_key, client_key.to_pem().reveal(), client::FileAccess::owner_only));
    TRY(write(directory / "client.csr", as_bytes(pki::to_pem("CERTIFICATE REQUEST", csr)),
              client::FileAccess::everybody));
    const auto spki = base64_encode(key.public_key().spki());
    context.result(client::json::object{{"directory", directory.string()}, {"spki", spki}},
                   "written to " + directory.string() +
                       ": key.pem (signs statements), client-key.pem (TLS)\n"
                       "next: public-key.pem goes to the ceremony of SAM and CA; the access CA answers "
                       "client.csr with " +
                       files.certificate.string());
    return {};
}

Status list_requests(const Context& context, const OfficerOptions& options)
{
    TRY_ASSIGN(officer, open_officer(context, options));
    TRY_ASSIGN(requests, officer.pending(0));
    context.result(client::json::object{{"requests", requests}},
                   listing(requests, {"registration_id", "given_name", "surname", "email", "organisation"}));
    return {};
}

bool confirmed(const Context& context)
{
    context.err << "Have you verified this person's identity, and do you vouch for every line above? yes/no: "
                << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes";
}

// The statement that was signed for this request before, if its outcome is not known.
Result<std::optional<Approval>> find_unfinished(const std::string& registration_id,
                                                const Invitations& invitations)
{
    TRY_ASSIGN(kept, Approval::unfinished(invitations.directory));
    for (auto& approval : kept)
        if (approval.registration_id() == registration_id)
            return std::optional(std::move(approval));
    return std::optional<Approval>();
}

Result<Approval> approve_listed(const Context& context, const OfficerOptions& options, Officer& officer,
                                const Invitations& invitations)
{
    TRY_ASSIGN(requests, officer.pending(0));
    for (const auto& element : requests) {
        if (!element.is_object() ||
            client::text_member_or(element.get_object(), "registration_id", "") != options.registration_id)
            continue;
        TRY_ASSIGN(request,
                   parse_registration_request(element.get_object(), context.random, context.clock.now()));
        context.progress(request.for_people());
        if (!options.yes && !confirmed(context))
            return fail(ErrorCode::rejected, "not approved");
        return officer.approve(request, invitations);
    }
    return fail(ErrorCode::not_found,
                "no pending request " + options.registration_id + "; see: qss officer list");
}

Status approve_request(const Context& context, const OfficerOptions& options)
{
    TRY_ASSIGN(officer, open_officer(context, options));
    TRY_ASSIGN(invitations, open_invitations(context, options));
    TRY_ASSIGN(approval, find_unfinished(options.registration_id, invitations));
    if (approval) {
        context.progress("you approved this request before; the same statement is sent again");
    } else {
        TRY_ASSIGN(signed_now, approve_listed(context, options, officer, invitations));
        approval = std::move(signed_now);
    }
    const auto sent = officer.send(*approval);
    if (!sent && is_outcome_unknown(sent.error().code))
        return fail(sent.error().code, sent.error().detail + "; say again: qss officer approve " +
                                           options.registration_id + " (the same statement is sent)");
    TRY(sent);
    TRY_ASSIGN(signed_statement, statements::SignedStatement::decode(approval->statement()));
    TRY_ASSIGN(statement, statements::RegistrationStatement::decode(signed_statement.encoding));
    const auto letter = approval->letter().path().string();
    context.result(client::json::object{{"registration_id", approval->registration_id()},
                                        {"statement_id", statement.statement_id.text()},
                                        {"invitation_file", letter}},
                   "approved; hand this to " + printable(statement.email) + " and nobody else: " + letter);
    return {};
}

struct AutomaticOfficer {
    Invitations invitations;
    std::vector<Approval> unfinished;  // the service may have taken them, or not
    std::set<std::string> refused{};   // ids of requests
};

// Sends until the outcome is known: another statement for the same request would have another invitation.
Status finish(const Context& context, Officer& officer, AutomaticOfficer& state)
{
    for (; !state.unfinished.empty(); state.unfinished.pop_back()) {
        const auto& approval = state.unfinished.back();
        const auto& id = approval.registration_id();
        const auto status = officer.send(approval);
        if (status) {
            context.progress("officer: approved " + printable(id));
        } else if (is_outcome_unknown(status.error().code)) {
            return status;
        } else {
            context.progress("officer: refused " + printable(id) + ": " + printable(status.error().detail));
            state.refused.insert(id);
        }
    }
    return {};
}

// One round of the automatic officer: everything that waits and was not refused before.
Status approve_all(const Context& context, Officer& officer, AutomaticOfficer& state)
{
    TRY(finish(context, officer, state));
    auto& refused = state.refused;
    TRY_ASSIGN(requests, officer.pending(refused.empty() ? poll_wait_s : 1));
    std::size_t fresh = 0;
    for (const auto& element : requests) {
        if (!element.is_object())
            continue;
        const auto id = client::text_member_or(element.get_object(), "registration_id", "");
        if (refused.contains(id))
            continue;
        ++fresh;
        const auto request =
            parse_registration_request(element.get_object(), context.random, context.clock.now());
        auto approval =
            request ? officer.approve(*request, state.invitations) : Result<Approval>(fail(request.error()));
        if (!approval) {
            context.progress("officer: refused " + printable(id) + ": " + printable(approval.error().detail));
            refused.insert(id);
            continue;
        }
        state.unfinished.push_back(std::move(*approval));
        TRY(finish(context, officer, state));
    }
    if (fresh == 0 && !requests.empty()) // the service does not wait while something is pending
        std::this_thread::sleep_for(std::chrono::seconds(1));
    return {};
}

extern "C" void end_at_once(int)
{
    ::_exit(0); // what is under way is taken up again at the next start
}

Status run_officer(const Context& context, const OfficerOptions& options)
{
    if (!options.auto_approve)
        return fail(ErrorCode::invalid_argument,
                    "run approves without asking: say --auto-approve; else use list and approve");
    TRY_ASSIGN(config, config::load(config::Paths(context.directory).config_file));
    if (!config.sandbox)
        return fail(ErrorCode::forbidden,
                    "only a sandbox has an officer that approves by itself; use list and approve");
    std::signal(SIGTERM, end_at_once);
    std::signal(SIGINT, end_at_once);
    TRY_ASSIGN(invitations, open_invitations(context, options));
    TRY_ASSIGN(unfinished, Approval::unfinished(invitations.directory));
    AutomaticOfficer state{std::move(invitations), std::move(unfinished)};
    auto pause = retry_first;
    for (bool told = false;;) {
        auto officer = open_officer(context, options);
        auto status = officer ? Status{} : Status(fail(officer.error()));
        while (status) {
            status = approve_all(context, *officer, state);
            if (status && told) {
                context.progress("officer: the service answers again");
                told = false;
            }
            if (status)
                pause = retry_first;
        }
        if (!told)
            context.progress("officer: waiting for the service: " + printable(status.error().detail));
        told = true;
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, retry_last);
    }
}

using Run = Status (*)(const Context&, const OfficerOptions&);

}

void add_officer_command(CLI::App& root, Context& context)
{
    auto* group = root.add_subcommand("officer", "The registration officer: vouches for who a signer is")
                      ->require_subcommand(1);
    const auto options = std::make_shared<OfficerOptions>();
    const auto add_command = [&](const char* name, const char* what, Run run) {
        auto* command = group->add_subcommand(name, what);
        command->add_option("--officer-directory", options->officer_directory,
                            "Keys of the officer; default: DIR/officer");
        command->callback([&context, options, run] {
            context.action = [&context, options, run] { return run(context, *options); };
        });
        if (run != init_officer)
            command->add_option("--url", options->url,
                                "Of the management API; default: the data directory's service");
        return command;
    };

    add_command("init", "Make an officer's keys in a directory of their own", init_officer)
        ->add_option("--name", options->name, "Of the officer")
        ->required();
    add_command("list", "List the requests that wait for a statement", list_requests);
    auto* approve =
        add_command("approve", "Show a request and sign the statement that completes it", approve_request);
    approve->add_option("id", options->registration_id, "Id of the request")->required();
    approve->add_flag("--yes", options->yes, "Do not ask: the person was verified");
    approve->add_option("--invitations", options->invitations,
                        "Directory for the invitation, which you hand to the employee by a way that is not "
                        "the service's; default: invitations beside your keys, in a sandbox its outbox");
    add_command("run", "Approve whatever comes; only in a sandbox", run_officer)
        ->add_flag("--auto-approve", options->auto_approve, "Approve without asking");
}

}
