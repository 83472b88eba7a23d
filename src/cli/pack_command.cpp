// `qss pack`: service packs, which say how much may be signed and with what keys.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/listing.h"
#include "cli/service_access.h"
#include "crypto/algorithms.h"

namespace qss::cli {

namespace {

struct PackOptions {
    std::string url;
    std::string enterprise;
    std::string name;
    std::string key_type = "RSA-3072";
    std::int64_t signature_quota = 1000;
    std::int64_t timestamp_quota = -1; // as signatures
    std::int64_t user_quota = 100;
    std::int64_t session_lifetime_s = 0;
};

Status add_pack(const Context& context, const PackOptions& options)
{
    TRY(crypto::key_type_from_string(options.key_type));
    TRY_ASSIGN(api, management_api(context.directory, operator_files(context.directory), options.url));
    client::json::object body{{"enterprise_id", options.enterprise},
                              {"name", options.name},
                              {"kind", "signing"},
                              {"key_type", options.key_type},
                              {"signature_quota", options.signature_quota},
                              {"user_quota", options.user_quota}};
    if (options.timestamp_quota >= 0)
        body["timestamp_quota"] = options.timestamp_quota;
    if (options.session_lifetime_s > 0)
        body["session_lifetime_ms"] = options.session_lifetime_s * 1000;
    TRY_ASSIGN(made, api.post("/packs", body));
    TRY_ASSIGN(id, client::text_member(made, "pack_id"));
    context.result(made, "pack " + id + "\nnext: qss credential add --pack " + id +
                             " --name APPLICATION --new-key");
    return {};
}

Status list_packs(const Context& context, const PackOptions& options)
{
    TRY_ASSIGN(api, management_api(context.directory, operator_files(context.directory), options.url));
    const auto query =
        options.enterprise.empty() ? "" : "?enterprise_id=" + client::percent_encode(options.enterprise);
    TRY_ASSIGN(answer, api.get("/packs" + query));
    TRY_ASSIGN(rows, client::array_member(answer, "packs"));
    context.result(
        answer, listing(rows, {"pack_id", "enterprise_id", "kind", "key_type", "signature_quota", "name"}));
    return {};
}

}

void add_pack_command(CLI::App& root, Context& context)
{
    auto* group = root.add_subcommand("pack", "Service packs: quotas and key types of an enterprise")
                      ->require_subcommand(1);
    const auto options = std::make_shared<PackOptions>();

    auto* add = group->add_subcommand("add", "Add a signing pack to an enterprise");
    add->add_option("--enterprise", options->enterprise, "Id of the enterprise")->required();
    add->add_option("--name", options->name, "Shown on the phone before approval")->required();
    add->add_option("--key-type", options->key_type, "RSA-3072, RSA-4096, RSA-2048, P-256 or P-384")
        ->capture_default_str();
    add->add_option("--signature-quota", options->signature_quota, "Signatures, one for each hash")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    add->add_option("--timestamp-quota", options->timestamp_quota, "Time-stamps; default: as signatures")
        ->check(CLI::NonNegativeNumber);
    add->add_option("--user-quota", options->user_quota, "Employees")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    add->add_option("--session-lifetime-s", options->session_lifetime_s,
                    "Seconds that an employee has to approve; default: the service's")
        ->check(CLI::Range(1, 1800));
    auto* list = group->add_subcommand("list", "List the packs");
    list->add_option("--enterprise", options->enterprise, "Only of this enterprise");
    for (auto* command : {add, list})
        command->add_option("--url", options->url,
                            "Of the management API; default: the data directory's service");

    add->callback([&context, options] {
        context.action = [&context, options] { return add_pack(context, *options); };
    });
    list->callback([&context, options] {
        context.action = [&context, options] { return list_packs(context, *options); };
    });
}

}
