// `qss user`: the employees of an enterprise, through the QSS API as an application sees them.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/listing.h"
#include "cli/service_access.h"
#include "client/files.h"
#include "pki/certificate.h"
#include "statements/registration.h"

namespace qss::cli {

namespace {

struct UserOptions {
    std::string credential = "cred.toml";
    client::NewUser user;
    std::string device;
    std::string certificate_file;
    std::string ocsp_file;
    std::string chain_file;
    bool remove_identity = false;
    std::string reason;
    std::string enterprise;
    std::string url;
};

// What the registration officer would refuse is refused here, before anything is asked.
Status check_new_user(const client::NewUser& user)
{
    TRY(statements::normalise_email(user.email));
    TRY(statements::normalise_mobile(user.mobile_no));
    TRY(statements::check_person_names(user.given_name, user.surname));
    if (!user.identity_number.empty())
        TRY(statements::check_identity_number(user.identity_number));
    return {};
}

Status add_user(const Context& context, const UserOptions& options)
{
    TRY(check_new_user(options.user));
    TRY_ASSIGN(api, qss_api(options.credential, context.random));
    TRY_ASSIGN(id, api.add_user(options.user));
    context.result(client::json::object{{"user_id", id}, {"email", options.user.email}},
                   "user " + id +
                       "\nnext: a registration officer vouches for the person (qss officer list), and "
                       "gives the invitation to " +
                       printable(options.user.email));
    return {};
}

Status show_user(const Context& context, const UserOptions& options)
{
    TRY_ASSIGN(api, qss_api(options.credential, context.random));
    TRY_ASSIGN(user, api.user(options.user.email));
    context.result(user, details(user));
    return {};
}

Status remove_user(const Context& context, const UserOptions& options)
{
    TRY_ASSIGN(api, qss_api(options.credential, context.random));
    TRY(api.remove_user(options.user.email, options.reason));
    context.result(client::json::object{{"removed", options.user.email}},
                   "removed " + printable(options.user.email) +
                       ": identity revoked, keys destroyed, devices dropped");
    return {};
}

Status user_devices(const Context& context, const UserOptions& options)
{
    TRY_ASSIGN(api, qss_api(options.credential, context.random));
    if (!options.device.empty()) {
        TRY(api.remove_device(options.user.email, options.device));
        context.result(client::json::object{{"removed", options.device}},
                       "removed device " + printable(options.device));
        return {};
    }
    TRY_ASSIGN(devices, api.devices(options.user.email));
    context.result(devices, listing(devices, {"device_id", "status", "created_at", "device_name"}));
    return {};
}

Status write_identity(client::QssApi& api, const client::Identity& identity, const UserOptions& options)
{
    using client::FileAccess;
    if (!options.certificate_file.empty())
        TRY(client::write_file(options.certificate_file, as_bytes(identity.certificate_pem),
                               FileAccess::everybody));
    if (!options.ocsp_file.empty())
        TRY(client::write_file(options.ocsp_file, identity.ocsp_response, FileAccess::everybody));
    if (options.chain_file.empty())
        return {};
    TRY_ASSIGN(chain, api.trust_chain());
    std::string pem;
    for (const auto& certificate : chain.certificates_pem)
        pem += certificate;
    return client::write_file(options.chain_file, as_bytes(pem), FileAccess::everybody);
}

Status user_identity(const Context& context, const UserOptions& options)
{
    TRY_ASSIGN(api, qss_api(options.credential, context.random));
    if (options.remove_identity) {
        TRY(api.remove_identity(options.user.email, options.reason));
        context.result(client::json::object{{"revoked", options.user.email}},
                       "certificate revoked and key destroyed: " + printable(options.user.email));
        return {};
    }
    TRY_ASSIGN(identity, api.identity(options.user.email));
    TRY(write_identity(api, identity, options));
    TRY_ASSIGN(certificate, pki::Certificate::from_pem(identity.certificate_pem));
    const auto text = "subject: " + certificate.subject() +
                      "\nkey: " + std::string(crypto::to_string(certificate.public_key().type())) +
                      "\nvalid until: " + to_rfc3339(certificate.not_after()) + "\n" +
                      identity.certificate_pem;
    context.result(client::json::object{{"signing_cert", identity.certificate_pem},
                                        {"subject", certificate.subject()},
                                        {"not_after", to_rfc3339(certificate.not_after())}},
                   text);
    return {};
}

Status list_users(const Context& context, const UserOptions& options)
{
    TRY_ASSIGN(api, management_api(context.directory, operator_files(context.directory), options.url));
    TRY_ASSIGN(answer, api.get("/users?enterprise_id=" + client::percent_encode(options.enterprise)));
    TRY_ASSIGN(rows, client::array_member(answer, "users"));
    context.result(answer, listing(rows, {"user_id", "status", "email", "given_name", "surname"}));
    return {};
}

using Run = Status (*)(const Context&, const UserOptions&);

void run_with(CLI::App* command, Context& context, const std::shared_ptr<UserOptions>& options, Run run)
{
    command->callback([&context, options, run] {
        context.action = [&context, options, run] { return run(context, *options); };
    });
}

}

void add_user_command(CLI::App& root, Context& context)
{
    auto* group = root.add_subcommand("user", "Employees who sign")->require_subcommand(1);
    const auto options = std::make_shared<UserOptions>();
    const auto add_command = [&](const char* name, const char* what) {
        auto* command = group->add_subcommand(name, what);
        command->add_option("email", options->user.email, "E-mail address")->required();
        command->add_option("--credential", options->credential, "Credential file")->capture_default_str();
        return command;
    };

    const auto add_reason = [&](CLI::App* command) {
        command->add_option("--reason", options->reason,
                            "Why it is revoked, RFC 5280 5.3.1: keyCompromise, …; default: "
                            "cessationOfOperation");
    };
    auto* add = add_command("add", "Ask for a new user; a registration officer has to vouch for the person");
    add->add_option("--given-name", options->user.given_name, "As on the identity document")->required();
    add->add_option("--surname", options->user.surname, "As on the identity document")->required();
    add->add_option("--mobile", options->user.mobile_no, "E.164: +37120000000")->required();
    add->add_option("--identity-number", options->user.identity_number,
                    "EN 319 412-1 5.1.3: PNOLV-010180-12345");
    run_with(add, context, options, add_user);

    run_with(add_command("show", "Show a user"), context, options, show_user);
    auto* remove = add_command("remove", "Remove a user: revoke the identity, destroy keys, drop devices");
    add_reason(remove);
    run_with(remove, context, options, remove_user);
    auto* devices = add_command("devices", "List a user's devices, or remove one");
    devices->add_option("--remove", options->device, "Id of the device; the last one revokes the identity");
    run_with(devices, context, options, user_devices);

    auto* identity = add_command(
        "identity", "Get the user's signing certificate; the first time, key and certificate are made");
    identity->add_option("--certificate", options->certificate_file,
                         "Write the certificate to this file, PEM");
    identity->add_option("--ocsp", options->ocsp_file, "Write a fresh OCSP response to this file, DER");
    identity->add_option("--chain", options->chain_file, "Write issuing CA and root to this file, PEM");
    identity->add_flag("--remove", options->remove_identity, "Revoke the certificate and destroy the key");
    add_reason(identity);
    run_with(identity, context, options, user_identity);

    auto* list = group->add_subcommand("list", "List the users of an enterprise (operators)");
    list->add_option("--enterprise", options->enterprise, "Id of the enterprise")->required();
    list->add_option("--url", options->url, "Of the management API; default: the data directory's service");
    run_with(list, context, options, list_users);
}

}
