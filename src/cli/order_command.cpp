// `qss order` and `qss officer order`: what officers order, past qss-api. An officer writes and signs the
// file where the officer's key is; the operator carries it to the roles' sockets.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/officer.h"
#include "cli/order_file.h"
#include "client/files.h"
#include "config/config.h"
#include "pki/asn1.h"
#include "pki/crl.h"
#include "pki/name.h"
#include "proto/ca.pb.h"
#include "proto/ocsp.pb.h"
#include "proto/tsa.pb.h"
#include "proto/wire.pb.h"
#include "statements/named_values.h"
#include "statements/revocation_order.h"
#include "wire/channel.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t carry_out_type = 5; // of every role: role/orders.h
constexpr Milliseconds patience{60'000};    // a key may be made meanwhile
constexpr int default_hours = 24;
constexpr std::string_view purpose_time_stamping = "1.3.6.1.5.5.7.3.8"; // RFC 3161
constexpr std::string_view purpose_ocsp_signing = "1.3.6.1.5.5.7.3.9";  // RFC 6960
constexpr std::size_t value_file_size = 16 * 1024;

struct OrderOptions {
    std::string action;
    std::vector<std::string> roles;
    std::vector<std::string> texts; // name=value
    std::vector<std::string> files; // name=path
    std::string certificate;
    std::string revocation_reason;
    std::string reason;
    std::string officer_directory; // empty: DIR/officer
    std::string root;              // empty: DIR/pki/root.pem
    std::string file;
    std::string output; // directory for what comes of it
    int hours = default_hours;
    bool yes = false;
};

// PEM or DER.
Result<Bytes> read_certificate(const fs::path& path)
{
    TRY_ASSIGN(text, client::read_text_file(path.string(), value_file_size));
    auto certificate = pki::Certificate::from_pem(text);
    if (!certificate)
        certificate = pki::Certificate::from_der(as_bytes(text));
    if (!certificate)
        return fail(ErrorCode::invalid_argument, path.string() + " is no certificate");
    return certificate->der();
}

Result<std::pair<std::string, std::string>> split_assignment(const std::string& text)
{
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
        return fail(ErrorCode::invalid_argument, "NAME=VALUE is wanted, not " + text);
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<Bytes> make_parameters(const OrderOptions& options)
{
    statements::NamedValues values;
    for (const auto& text : options.texts) {
        TRY_ASSIGN(assignment, split_assignment(text));
        values.set(assignment.first, std::string_view(assignment.second));
    }
    for (const auto& file : options.files) {
        TRY_ASSIGN(assignment, split_assignment(file));
        TRY_ASSIGN(content, client::read_text_file(assignment.second, value_file_size));
        values.set(assignment.first, as_bytes(content));
    }
    if (!options.certificate.empty()) {
        TRY_ASSIGN(certificate, read_certificate(options.certificate));
        values.set("certificate", certificate);
    }
    if (!options.revocation_reason.empty()) {
        TRY(pki::revocation_reason_from_string(options.revocation_reason));
        values.set("revocation_reason", std::string_view(options.revocation_reason));
    }
    return values.encode();
}

// A revocation reaches the SAM first: its key is gone before anybody hears of it. Of services other than the
// SAM's the SAM knows nothing.
Result<std::vector<std::string>> roles_of(const OrderOptions& options, ByteView parameters)
{
    if (!options.roles.empty())
        return options.roles;
    if (options.action != statements::revoke_action)
        return fail(ErrorCode::invalid_argument, "--role says whom the order is for");
    TRY_ASSIGN(wanted, statements::RevocationOrder::decode(parameters));
    TRY_ASSIGN(certificate, pki::Certificate::from_der(wanted.certificate));
    for (const auto purpose : {purpose_ocsp_signing, purpose_time_stamping, pki::oids::purpose_sam_evidence})
        if (certificate.is_only_for(purpose))
            return std::vector<std::string>{"ca"};
    return std::vector<std::string>{"sam", "ca"};
}

Result<crypto::PrivateKey> officer_key(const Context& context, const OrderOptions& options)
{
    const auto directory = options.officer_directory.empty() ? config::Paths(context.directory).officer
                                                             : fs::path(options.officer_directory);
    return load_private_key(directory / "key.pem");
}

client::json::object to_json(const OrderFile& file)
{
    client::json::array orders;
    for (const auto& [order, signatures] : file.orders())
        orders.emplace_back(client::json::object{{"order", order.id.text()},
                                                 {"role", order.role},
                                                 {"action", order.action},
                                                 {"reason", order.reason},
                                                 {"expires_at", to_rfc3339(order.expires_at)},
                                                 {"signatures", signatures.size()}});
    return {{"orders", std::move(orders)}};
}

std::string for_people(const OrderFile& file)
{
    std::string text;
    for (const auto& order : file.orders())
        text += (text.empty() ? "" : "\n\n") + order.for_people();
    return text;
}

Status write_order(const Context& context, const OrderOptions& options)
{
    const auto root_file =
        options.root.empty() ? config::Paths(context.directory).pki_root : fs::path(options.root);
    TRY_ASSIGN(root, read_certificate(root_file));
    TRY_ASSIGN(parameters, make_parameters(options));
    TRY_ASSIGN(roles, roles_of(options, parameters));
    TRY_ASSIGN(key, officer_key(context, options));
    const auto now = context.clock.now();
    std::vector<PendingOrder> orders;
    for (const auto& role : roles) {
        const statements::Order order{OrderId::generate(context.random),
                                      crypto::sha256(root),
                                      role,
                                      options.action,
                                      parameters,
                                      options.reason,
                                      now,
                                      now + std::chrono::hours(options.hours)};
        TRY(statements::Order::decode(order.encode()));
        orders.push_back({order, {}});
    }
    OrderFile file(std::move(orders));
    TRY(file.sign(key));
    TRY(file.save_new(options.file));
    context.result(to_json(file), for_people(file) + "\n\nwritten to " + options.file +
                                      "\nnext: a second officer, if the role wants two (qss officer "
                                      "sign-order), then qss order carry-out");
    return {};
}

bool confirmed(const Context& context)
{
    context.err << "Do you order every line above? yes/no: " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes";
}

Status sign_order(const Context& context, const OrderOptions& options)
{
    TRY_ASSIGN(file, OrderFile::load(options.file));
    TRY_ASSIGN(key, officer_key(context, options));
    context.progress(for_people(file));
    if (!options.yes && !confirmed(context))
        return fail(ErrorCode::rejected, "not signed");
    TRY(file.sign(key));
    TRY(file.save(options.file));
    context.result(to_json(file), "signed: " + options.file);
    return {};
}

Status show_order(const Context& context, const OrderOptions& options)
{
    TRY_ASSIGN(file, OrderFile::load(options.file));
    context.result(to_json(file), "NOT verified, only shown\n" + for_people(file));
    return {};
}

Result<fs::path> socket_of(const Context& context, const std::string& role)
{
    const config::Paths paths(context.directory);
    if (role == "sam")
        return paths.sam_socket;
    if (role == "ca")
        return paths.ca_socket;
    if (role == "ocsp")
        return paths.ocsp_socket;
    return fail(ErrorCode::invalid_argument, "no such role: " + printable(role));
}

Result<std::string> carry_out(const Context& context, const PendingOrder& order)
{
    TRY_ASSIGN(socket, socket_of(context, order.order.role));
    wire::Channel channel(socket.string());
    TRY(channel.wait_until_reachable(patience));
    proto::CarryOutRequest request;
    for (const auto& signature : order.signatures)
        request.add_signatures(to_string(signature.encode()));
    proto::CarryOutReply reply;
    TRY(channel.call(carry_out_type, request, reply, patience));
    return reply.outcome();
}

// What came of an order: a file for each value, certificates and keys in DER, under names of their own.
Result<std::vector<std::string>> keep_outcome(const fs::path& directory, const statements::Order& order,
                                              const std::string& outcome)
{
    std::vector<std::string> files;
    const auto values = statements::NamedValues::decode(as_bytes(outcome));
    if (!values || directory.empty())
        return files;
    for (const auto& [name, value] : values->all()) {
        const bool is_certificate = pki::Certificate::from_der(value).has_value();
        const auto file = directory / (order.role + "-" + name + (is_certificate ? ".cer" : ".der"));
        TRY(client::write_file(file.string(), value, client::FileAccess::owner_only));
        files.push_back(file.string());
    }
    return files;
}

// The responder is told at once, whatever qss-api does. Best effort: qss-api, or the next list, tells it too.
std::string tell_responder(const Context& context, const std::string& crl)
{
    wire::Channel channel(config::Paths(context.directory).ocsp_socket.string());
    proto::ocsp::UpdateCrlRequest request;
    request.set_crl(crl);
    proto::ocsp::UpdateCrlReply reply;
    const auto told = channel.call(proto::ocsp::UPDATE_CRL, request, reply, patience);
    return told || told.error().code == ErrorCode::conflict ? "; the responder knows it"
                                                            : "; the responder could not be told";
}

// A new authority's list, without which the responder says nothing.
Status show_lists(const Context& context, wire::Channel& ocsp)
{
    wire::Channel ca(config::Paths(context.directory).ca_socket.string());
    proto::ca::CurrentCrlsReply lists;
    TRY(ca.wait_until_reachable(patience));
    TRY(ca.call(proto::ca::CURRENT_CRLS, proto::ca::CurrentCrlsRequest(), lists, patience));
    for (const auto& crl : lists.crls()) {
        proto::ocsp::UpdateCrlRequest request;
        request.set_crl(crl);
        proto::ocsp::UpdateCrlReply reply;
        const auto shown = ocsp.call(proto::ocsp::UPDATE_CRL, request, reply, patience);
        if (!shown && shown.error().code != ErrorCode::conflict) // conflict: it has a newer one
            return shown;
    }
    return {};
}

// Certificates that the CA made for the responder, on orders alone, go to it at once.
Result<std::string> introduce_responder(const Context& context, const std::string& outcome)
{
    constexpr std::string_view prefix = "ocsp-";
    const auto values = statements::NamedValues::decode(as_bytes(outcome));
    proto::ocsp::CompleteRequest request;
    if (values) {
        const config::Paths paths(context.directory);
        wire::Channel ca(paths.ca_socket.string());
        proto::ca::ChainReply chain;
        TRY(ca.wait_until_reachable(patience));
        TRY(ca.call(proto::ca::CHAIN, proto::ca::ChainRequest(), chain, patience));
        for (const auto& authority : chain.authorities()) {
            const auto found = values->all().find(std::string(prefix) + authority.name());
            if (found == values->all().end())
                continue;
            auto* entry = request.add_authorities();
            entry->set_issuer_certificate(authority.certificate());
            entry->set_responder_certificate(to_string(ByteView(found->second)));
            if (const auto cross = values->all().find("new-with-old"); cross != values->all().end())
                entry->set_cross_certificate(to_string(ByteView(cross->second)));
        }
    }
    if (request.authorities().empty())
        return std::string();
    wire::Channel ocsp(config::Paths(context.directory).ocsp_socket.string());
    proto::ocsp::CompleteReply reply;
    TRY(ocsp.wait_until_reachable(patience));
    TRY(ocsp.call(proto::ocsp::COMPLETE, request, reply, patience));
    TRY(show_lists(context, ocsp));
    return std::string("; the responder has its certificates");
}

// The same for the time-stamping unit.
Result<std::string> introduce_unit(const Context& context, const std::string& outcome)
{
    const auto values = statements::NamedValues::decode(as_bytes(outcome));
    if (!values || !values->all().contains("tsu"))
        return std::string();
    const config::Paths paths(context.directory);
    wire::Channel ca(paths.ca_socket.string());
    proto::ca::ChainReply chain;
    TRY(ca.wait_until_reachable(patience));
    TRY(ca.call(proto::ca::CHAIN, proto::ca::ChainRequest(), chain, patience));
    proto::tsa::CompleteRequest request;
    request.set_certificate(to_string(ByteView(values->all().at("tsu"))));
    request.set_issuer_certificate(chain.issuing_certificate());
    request.set_root_certificate(chain.root_certificate());
    wire::Channel tsa(paths.tsa_socket.string());
    proto::tsa::CompleteReply reply;
    TRY(tsa.wait_until_reachable(patience));
    TRY(tsa.call(proto::tsa::COMPLETE, request, reply, patience));
    return std::string("; the time-stamping unit has its certificate");
}

// The key that an order certify-ocsp, or certify-tsu, is to name.
template <class Request, class Reply>
Status next_key(const Context& context, const OrderOptions& options, const fs::path& socket, int type)
{
    wire::Channel channel(socket.string());
    Reply reply;
    TRY(channel.wait_until_reachable(patience));
    TRY(channel.call(static_cast<std::uint16_t>(type), Request(), reply, patience));
    TRY(client::write_file(options.file, as_bytes(reply.spki()), client::FileAccess::everybody));
    context.result(client::json::object{{"spki_sha256", hex_encode(crypto::sha256(as_bytes(reply.spki())))}},
                   "written to " + options.file);
    return {};
}

Status next_ocsp_key(const Context& context, const OrderOptions& options)
{
    using namespace proto::ocsp;
    return next_key<NextKeyRequest, NextKeyReply>(context, options,
                                                  config::Paths(context.directory).ocsp_socket, NEXT_KEY);
}

Status next_tsu_key(const Context& context, const OrderOptions& options)
{
    using namespace proto::tsa;
    return next_key<NextKeyRequest, NextKeyReply>(context, options,
                                                  config::Paths(context.directory).tsa_socket, NEXT_KEY);
}

Status carry_out_file(const Context& context, const OrderOptions& options)
{
    TRY_ASSIGN(file, OrderFile::load(options.file));
    client::json::array outcomes;
    std::string text;
    for (const auto& pending : file.orders()) {
        const auto& order = pending.order;
        const auto outcome = carry_out(context, pending);
        const bool before = !outcome && outcome.error().code == ErrorCode::already_exists;
        if (!outcome && !before)
            return fail(outcome.error().code, "qss-" + printable(order.role) + " refused " +
                                                  printable(order.action) + ": " + outcome.error().detail);
        text += (text.empty() ? "" : "\n") + ("qss-" + order.role) + " " + order.action + ": " +
                (before ? "was done before" : "done");
        if (outcome) {
            TRY_ASSIGN(files, keep_outcome(options.output, order, *outcome));
            for (const auto& kept : files)
                text += "\n  " + kept;
        }
        if (outcome && order.role == "ca" && order.action == statements::revoke_action)
            text += tell_responder(context, *outcome);
        if (outcome && order.role == "ca") {
            TRY_ASSIGN(told, introduce_responder(context, *outcome));
            TRY_ASSIGN(unit_told, introduce_unit(context, *outcome));
            text += told + unit_told;
        }
        outcomes.emplace_back(client::json::object{
            {"order", order.id.text()},
            {"role", order.role},
            {"action", order.action},
            {"before", before},
            {"outcome", outcome ? base64url_encode(as_bytes(*outcome)) : std::string()}});
    }
    context.result(client::json::object{{"orders", std::move(outcomes)}}, text);
    return {};
}

using Run = Status (*)(const Context&, const OrderOptions&);

CLI::App* add_command(CLI::App* group, Context& context, const std::shared_ptr<OrderOptions>& options,
                      const char* name, const char* what, Run run)
{
    auto* command = group->add_subcommand(name, what);
    command->callback([&context, options, run] {
        context.action = [&context, options, run] { return run(context, *options); };
    });
    return command;
}

void add_key_option(CLI::App* command, OrderOptions& options)
{
    command->add_option("--officer-directory", options.officer_directory,
                        "Keys of the officer; default: DIR/officer");
}

}

// After add_officer_command, whose group it joins.
void add_order_commands(CLI::App& root, Context& context)
{
    const auto options = std::make_shared<OrderOptions>();
    auto* officer = root.get_subcommand("officer");
    auto* write = add_command(officer, context, options, "order",
                              "Write an order to a role and sign it; the role's state may want two officers",
                              write_order);
    add_key_option(write, *options);
    write->add_option("action", options->action, "What is ordered: revoke, …")->required();
    write->add_option("--role", options->roles, "Whom: sam, ca, ocsp; may be repeated")
        ->allow_extra_args(false);
    write->add_option("--text", options->texts, "A value of the order, NAME=TEXT; may be repeated")
        ->allow_extra_args(false);
    write->add_option("--file", options->files, "A value of the order, NAME=PATH; may be repeated")
        ->allow_extra_args(false);
    write->add_option("--certificate", options->certificate, "The certificate that it is about, PEM or DER");
    write->add_option("--revocation-reason", options->revocation_reason,
                      "keyCompromise, superseded, … (RFC 5280 5.3.1)");
    write->add_option("--reason", options->reason, "Why, for people and the record");
    write->add_option("--hours", options->hours, "How long the order is good for")
        ->check(CLI::Range(1, 30 * 24))
        ->capture_default_str();
    write->add_option("--root", options->root,
                      "Root certificate of the installation; default: DIR/pki/root.pem");
    write->add_option("-o,--output", options->file, "The order file to write")->required();

    auto* sign =
        add_command(officer, context, options, "sign-order", "Show an order and sign it too", sign_order);
    add_key_option(sign, *options);
    sign->add_option("file", options->file, "The order file")->required();
    sign->add_flag("--yes", options->yes, "Do not ask");

    auto* group =
        root.add_subcommand("order", "Orders of officers, on their way to the roles")->require_subcommand(1);
    add_command(group, context, options, "show", "Show what an order file says, without checking it",
                show_order)
        ->add_option("file", options->file, "The order file")
        ->required();
    auto* carry =
        add_command(group, context, options, "carry-out",
                    "Hand an order to the roles' sockets; each carries it out once", carry_out_file);
    carry->add_option("file", options->file, "The order file")->required();
    carry->add_option("-o,--output", options->output,
                      "Directory for what comes of it: certificates, keys that want one");
    add_command(group, context, options, "next-ocsp-key",
                "Have the responder make its next key, for an order certify-ocsp", next_ocsp_key)
        ->add_option("-o,--output", options->file, "File for its public part, DER")
        ->required();
    add_command(group, context, options, "next-tsu-key",
                "Have the time-stamping unit make its next key, for an order certify-tsu", next_tsu_key)
        ->add_option("-o,--output", options->file, "File for its public part, DER")
        ->required();
}

}
