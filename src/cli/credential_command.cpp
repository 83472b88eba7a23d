// `qss credential`: what an application needs to call the QSS API. The private key is the application's:
// it sends a CSR, or has key and CSR made here, where the command runs.
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/credential_file.h"
#include "cli/listing.h"
#include "cli/service_access.h"
#include "client/files.h"
#include "pki/asn1.h"
#include "pki/csr.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

struct CredentialOptions {
    std::string url;
    std::string id;
    std::string pack;
    std::string name;
    std::string csr_file;
    std::string private_key_file;
    bool new_key = false;
    std::string output = "cred.toml";
};

struct Files { // all beside cred.toml
    fs::path credential, private_key, certificate, ca;
};

Files files_of(const std::string& output)
{
    const fs::path base(output);
    const auto beside = [&](const char* suffix) {
        return base.parent_path() / (base.stem().string() + suffix);
    };
    return {base, beside(".key.pem"), beside(".certificate.pem"), beside(".ca.pem")};
}

// The request; with --new-key after the new private key is on the disk.
Result<std::string> csr_pem(const CredentialOptions& options, const Files& files)
{
    if (!options.new_key) {
        TRY_ASSIGN(pem, client::read_text_file(options.csr_file, limits::csr_size * 2));
        TRY(pki::Csr::from_pem(pem));
        return pem;
    }
    TRY_ASSIGN(key, crypto::PrivateKey::generate(crypto::KeyType::p256));
    TRY_ASSIGN(csr, pki::make_csr(options.name, key));
    TRY(client::write_new_file(files.private_key.string(), key.to_pem().reveal(),
                               client::FileAccess::owner_only));
    return pki::to_pem("CERTIFICATE REQUEST", csr);
}

Status check_nothing_there(const Files& files)
{
    for (const auto& file : {files.credential, files.private_key, files.certificate, files.ca})
        if (std::error_code ignored; fs::exists(file, ignored))
            return fail(ErrorCode::already_exists,
                        file.string() + " exists already; choose another --output");
    return {};
}

Status add_credential(const Context& context, const CredentialOptions& options)
{
    if (options.new_key == !options.csr_file.empty())
        return fail(ErrorCode::invalid_argument, "give --csr FILE of a key that you have, or --new-key");
    const auto files = files_of(options.output);
    TRY(check_nothing_there(files));
    TRY_ASSIGN(api, management_api(context.directory, operator_files(context.directory), options.url));
    auto url = options.url;
    if (url.empty()) {
        TRY_ASSIGN(addresses, find_addresses(context.directory));
        url = addresses.mtls_url;
    }
    TRY_ASSIGN(csr, csr_pem(options, files));
    TRY_ASSIGN(made,
               api.post("/credentials", {{"pack_id", options.pack}, {"name", options.name}, {"csr", csr}}));
    TRY_ASSIGN(secret, client::text_member(made, "api_secret"));
    TRY_ASSIGN(certificate, client::text_member(made, "certificate"));
    TRY_ASSIGN(ca, client::text_member(made, "access_ca"));
    TRY(client::write_new_file(files.certificate.string(), as_bytes(certificate),
                               client::FileAccess::everybody));
    TRY(client::write_new_file(files.ca.string(), as_bytes(ca), client::FileAccess::everybody));

    client::Credential credential;
    credential.base_url = url;
    TRY_ASSIGN(api_key, client::text_member(made, "api_key"));
    credential.api_key = api_key;
    credential.api_secret = Secret(to_bytes(secret));
    credential.certificate_file = files.certificate.filename().string();
    credential.private_key_file =
        options.new_key ? files.private_key.filename().string() : options.private_key_file;
    if (credential.private_key_file.empty())
        credential.private_key_file = "REPLACE-BY-YOUR-KEY.pem";
    credential.ca_file = files.ca.filename().string();
    TRY(write_credential(options.output, credential, "QSS API credential of " + printable(options.name)));

    made["credential_file"] = options.output;
    context.result(made, "credential " + client::text_member_or(made, "credential_id", "") +
                             "\napi_key: " + api_key + "\napi_secret: " + secret +
                             "   (shown this once)\nwritten: " + options.output +
                             "\nnext: qss user add EMAIL --credential " + options.output + " …");
    return {};
}

Status list_credentials(const Context& context, const CredentialOptions& options)
{
    TRY_ASSIGN(api, management_api(context.directory, operator_files(context.directory), options.url));
    const auto query = options.pack.empty() ? "" : "?pack_id=" + client::percent_encode(options.pack);
    TRY_ASSIGN(answer, api.get("/credentials" + query));
    TRY_ASSIGN(rows, client::array_member(answer, "credentials"));
    context.result(answer, listing(rows, {"credential_id", "status", "pack_id", "api_key", "name"}));
    return {};
}

Status suspend_credential(const Context& context, const CredentialOptions& options)
{
    TRY_ASSIGN(api, management_api(context.directory, operator_files(context.directory), options.url));
    TRY_ASSIGN(answer, api.post("/credentials/" + client::percent_encode(options.id) + "/suspend", {}));
    context.result(answer, "suspended: the credential and its tokens are refused from now on");
    return {};
}

}

void add_credential_command(CLI::App& root, Context& context)
{
    auto* group = root.add_subcommand("credential", "API credentials of applications")->require_subcommand(1);
    const auto options = std::make_shared<CredentialOptions>();

    auto* add =
        group->add_subcommand("add", "Make a credential for an application; its secret is shown once");
    add->add_option("--pack", options->pack, "Id of the pack")->required();
    add->add_option("--name", options->name, "Of the application; shown on the phone before approval")
        ->required();
    add->add_option("--csr", options->csr_file, "PKCS#10 request, PEM, of the application's own key");
    add->add_option("--private-key", options->private_key_file,
                    "With --csr: where the credential file says that the key is");
    add->add_flag("--new-key", options->new_key, "Make key and request here");
    add->add_option("-o,--output", options->output,
                    "Credential file; certificate, CA and new key go beside it")
        ->capture_default_str();
    auto* list = group->add_subcommand("list", "List the credentials");
    list->add_option("--pack", options->pack, "Only of this pack");
    auto* suspend =
        group->add_subcommand("suspend", "Refuse a credential and its tokens from now on, for good");
    suspend->add_option("id", options->id, "Id of the credential")->required();
    for (auto* command : {add, list, suspend})
        command->add_option("--url", options->url,
                            "Of the management API; default: the data directory's service");

    add->callback([&context, options] {
        context.action = [&context, options] { return add_credential(context, *options); };
    });
    list->callback([&context, options] {
        context.action = [&context, options] { return list_credentials(context, *options); };
    });
    suspend->callback([&context, options] {
        context.action = [&context, options] { return suspend_credential(context, *options); };
    });
}

}
