// `qss enterprise`: the organisations that the service serves.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/listing.h"
#include "cli/service_access.h"

namespace qss::cli {

namespace {

struct EnterpriseOptions {
    std::string url;
    std::string name;
    std::string country;
};

Status add_enterprise(const Context& context, const EnterpriseOptions& options)
{
    TRY_ASSIGN(api, management_api(context.directory, operator_files(context.directory), options.url));
    TRY_ASSIGN(made, api.post("/enterprises", {{"name", options.name}, {"country", options.country}}));
    TRY_ASSIGN(id, client::text_member(made, "enterprise_id"));
    context.result(made, "enterprise " + id + "\nnext: qss pack add --enterprise " + id + " --name NAME");
    return {};
}

Status list_enterprises(const Context& context, const EnterpriseOptions& options)
{
    TRY_ASSIGN(api, management_api(context.directory, operator_files(context.directory), options.url));
    TRY_ASSIGN(answer, api.get("/enterprises"));
    TRY_ASSIGN(rows, client::array_member(answer, "enterprises"));
    context.result(answer, listing(rows, {"enterprise_id", "country", "name"}));
    return {};
}

}

void add_enterprise_command(CLI::App& root, Context& context)
{
    auto* group =
        root.add_subcommand("enterprise", "Organisations whose employees sign")->require_subcommand(1);
    const auto options = std::make_shared<EnterpriseOptions>();

    auto* add = group->add_subcommand("add", "Add an enterprise");
    add->add_option("--name", options->name, "Full registered name; stands in the certificates")->required();
    add->add_option("--country", options->country, "ISO 3166-1 alpha-2: LV")->required();
    auto* list = group->add_subcommand("list", "List the enterprises");
    for (auto* command : {add, list})
        command->add_option("--url", options->url,
                            "Of the management API; default: the data directory's service");

    add->callback([&context, options] {
        context.action = [&context, options] { return add_enterprise(context, *options); };
    });
    list->callback([&context, options] {
        context.action = [&context, options] { return list_enterprises(context, *options); };
    });
}

}
