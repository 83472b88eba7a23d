// `qss identity`: signers' identities as operators see them: whose, since when, why they ended and with which
// receipts.
#include <memory>

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/service_access.h"
#include "client/files.h"
#include "pki/certificate.h"
#include "pki/crl.h"
#include "pki/name.h"
#include "statements/key_attestation.h"

namespace qss::cli {

namespace {

struct IdentityOptions {
    std::string id;
    std::string status;
    bool revoking = false;
    std::string reason;
    std::string receipt_file;
    std::string certificate_file;
    std::string root_file;
    std::string url;
};

Result<client::ManagementApi> open_api(const Context& context, const IdentityOptions& options)
{
    return management_api(context.directory, operator_files(context.directory), options.url);
}

Status list_identities(const Context& context, const IdentityOptions& options)
{
    TRY_ASSIGN(api, open_api(context, options));
    const std::string status = options.revoking ? "REVOKING" : options.status;
    TRY_ASSIGN(answer,
               api.get("/identities" + (status.empty() ? "" : "?status=" + client::percent_encode(status))));
    TRY_ASSIGN(rows, client::array_member(answer, "identities"));
    context.result(answer, listing(rows, {"identity_id", "status", "user_id", "serial", "created_at"}));
    return {};
}

// The SAM's receipt goes to a file of its own, since it is for others to check.
Status write_receipt(const client::json::object& identity, const IdentityOptions& options)
{
    if (options.receipt_file.empty())
        return {};
    TRY_ASSIGN(revocation, client::object_member(identity, "revocation"));
    TRY_ASSIGN(receipt, client::base64url_member(revocation, "sam_receipt"));
    return client::write_file(options.receipt_file, receipt, client::FileAccess::everybody);
}

std::string for_people(const client::json::object& identity)
{
    client::json::object flat = identity;
    if (const auto* revocation = flat.if_contains("revocation"); revocation && revocation->is_object()) {
        const client::json::object inner = revocation->get_object();
        flat.erase("revocation");
        for (const auto& [name, value] : inner)
            flat["revocation." + std::string(name)] = value;
    }
    return details(flat);
}

Status show_identity(const Context& context, const IdentityOptions& options)
{
    TRY_ASSIGN(api, open_api(context, options));
    TRY_ASSIGN(identity, api.get("/identities/" + client::percent_encode(options.id)));
    TRY(write_receipt(identity, options));
    context.result(identity, for_people(identity));
    return {};
}

Status revoke_identity(const Context& context, const IdentityOptions& options)
{
    TRY_ASSIGN(api, open_api(context, options));
    TRY_ASSIGN(identity, api.post("/identities/" + client::percent_encode(options.id) + "/revoke",
                                  {{"reason", options.reason}}));
    TRY(write_receipt(identity, options));
    context.result(identity, for_people(identity));
    return {};
}

// Offline, trusting only the root: the SAM signed that it destroyed this key, when, why and who asked.
Status verify_receipt(const Context& context, const IdentityOptions& options)
{
    TRY_ASSIGN(transport, client::read_text_file(options.receipt_file));
    TRY_ASSIGN(root_pem, client::read_text_file(options.root_file));
    TRY_ASSIGN(certificate_pem, client::read_text_file(options.certificate_file));
    TRY_ASSIGN(root, pki::Certificate::from_pem(root_pem));
    TRY_ASSIGN(evidence, pki::Certificate::from_pem(certificate_pem));
    TRY_ASSIGN(statement, statements::SignedStatement::decode(as_bytes(transport)));
    TRY_ASSIGN(receipt, statements::RevocationReceipt::decode(statement.encoding));
    TRY(pki::check_path(evidence, {}, root, receipt.revoked_at));
    TRY(evidence.check_issued_by(root));
    if (!evidence.is_only_for(pki::oids::purpose_sam_evidence))
        return fail(ErrorCode::verification_failed, "the certificate is not a SAM's evidence certificate");
    TRY(statement.verify(evidence.public_key()));
    const std::string reason(pki::revocation_reason_name(static_cast<std::uint32_t>(receipt.reason)));
    const client::json::object object{{"verified", true},
                                      {"identity_id", receipt.key_id.text()},
                                      {"certificate_sha256", hex_encode(receipt.certificate_sha256)},
                                      {"reason", reason},
                                      {"revoked_at", to_rfc3339(receipt.revoked_at)},
                                      {"requested_by", receipt.requested_by},
                                      {"requested_at", to_rfc3339(receipt.requested_at)}};
    context.result(object, details(object));
    return {};
}

using Run = Status (*)(const Context&, const IdentityOptions&);

}

void add_identity_command(CLI::App& root, Context& context)
{
    auto* group =
        root.add_subcommand("identity", "Signers' identities, for operators")->require_subcommand(1);
    const auto options = std::make_shared<IdentityOptions>();
    const auto add_command = [&](const char* name, const char* what, Run run) {
        auto* command = group->add_subcommand(name, what);
        command->callback([&context, options, run] {
            context.action = [&context, options, run] { return run(context, *options); };
        });
        return command;
    };
    const auto add_online = [&](CLI::App* command) {
        command->add_option("--url", options->url,
                            "Of the management API; default: the data directory's service");
    };

    auto* list = add_command("list", "List the newest identities", list_identities);
    list->add_option("--status", options->status, "Only these: LIVE, REVOKING, REVOKED, …");
    list->add_flag("--revoking", options->revoking, "Only those whose revocation is not finished");
    add_online(list);

    auto* show = add_command("show", "Show an identity, and how it ended", show_identity);
    show->add_option("id", options->id, "Id of the identity")->required();
    show->add_option("--receipt", options->receipt_file,
                     "Write the SAM's receipt of the revocation to this file");
    add_online(show);

    auto* revoke =
        add_command("revoke", "Destroy the key and revoke the certificate, for good", revoke_identity);
    revoke->add_option("id", options->id, "Id of the identity")->required();
    revoke->add_option("--reason", options->reason, "RFC 5280 5.3.1: keyCompromise, affiliationChanged, …")
        ->required();
    revoke->add_option("--receipt", options->receipt_file, "Write the SAM's receipt to this file");
    add_online(revoke);

    auto* verify =
        add_command("verify-receipt", "Check the SAM's receipt of a revocation, offline", verify_receipt);
    verify->add_option("file", options->receipt_file, "The receipt")->required();
    verify->add_option("--certificate", options->certificate_file, "The SAM's evidence certificate, PEM")
        ->required();
    verify->add_option("--root", options->root_file, "Root certificate, PEM, that you got from elsewhere")
        ->required();
}

}
