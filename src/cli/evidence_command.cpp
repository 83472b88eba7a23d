// `qss evidence`: proves offline, from one file and the root, that this signer approved these digests.
#include <memory>

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "client/files.h"
#include "client/json.h"
#include "pki/certificate.h"
#include "sap/evidence.h"

namespace qss::cli {

namespace {

struct EvidenceOptions {
    std::string file;
    std::string root_file;
    std::string rp_id;
};

Result<Bytes> read_evidence(const std::string& file)
{
    TRY_ASSIGN(text, client::read_text_file(file, limits::evidence_size + limits::statement_size));
    return to_bytes(text);
}

// `display`: of the evidence, decoded.
client::json::object session_json(const sap::Evidence& evidence, const sap::DisplayRecord& display)
{
    const auto& input = evidence.input;
    client::json::array documents;
    for (std::size_t i = 0; i < input.digests.size(); ++i)
        documents.push_back({{"digest", hex_encode(input.digests[i].bytes())},
                             {"label", display.labels.empty() ? "" : display.labels[i]},
                             {"signature", hex_encode(evidence.signatures[i])}});
    return {{"session_id", input.session_id.text()},
            {"signer_id", input.signer_id.text()},
            {"key_id", input.key_id.text()},
            {"rp_id", input.rp_id},
            {"signature_algorithm", crypto::to_string(input.signature_algorithm)},
            {"certificate_sha256", hex_encode(input.certificate_sha256)},
            {"used_at", to_rfc3339(evidence.used_at)},
            {"expires_at", to_rfc3339(input.expires_at)},
            {"enterprise", display.enterprise},
            {"pack", display.pack},
            {"application", display.application},
            {"language", display.language},
            {"consent_version", display.consent_version},
            {"documents", documents}};
}

std::string session_text(const sap::Evidence& evidence, const sap::DisplayRecord& display)
{
    const auto& input = evidence.input;
    std::string out =
        "when:    " + to_rfc3339(evidence.used_at) +
        " (the signature activation module's clock)\nshown:   " + printable(display.application) + " of " +
        printable(display.enterprise) + " (" + printable(display.pack) +
        ")\nwhat:    " + std::to_string(input.digests.size()) + " digest(s), " +
        std::string(crypto::to_string(input.signature_algorithm));
    for (std::size_t i = 0; i < input.digests.size(); ++i)
        out += "\n         " + hex_encode(input.digests[i].bytes()) + "  " +
               (display.labels.empty() ? "" : printable(display.labels[i]));
    return out + "\nsession: " + input.session_id.text();
}

Status verify_evidence(const Context& context, const EvidenceOptions& options)
{
    TRY_ASSIGN(evidence, read_evidence(options.file));
    TRY_ASSIGN(pem, client::read_text_file(options.root_file, 64 * 1024));
    const auto root = pki::Certificate::from_pem(pem);
    if (!root)
        return fail(root.error().code, "--root " + options.root_file + ": " + root.error().detail);
    TRY_ASSIGN(facts, sap::check_evidence(evidence, root->der(), options.rp_id));
    auto object = session_json(facts.evidence, facts.display);
    object["verified"] = true;
    object["signer_name"] = facts.signer_name;
    object["signer_email"] = facts.signer_email;
    object["officer_name"] = facts.officer_name;
    context.result(
        object,
        "verified: this signer's authenticator, with the user verified, approved exactly this\nwho:     " +
            printable(facts.signer_name) + " <" + printable(facts.signer_email) + ">\n" +
            session_text(facts.evidence, facts.display) + "\nofficer: " + printable(facts.officer_name) +
            " vouched for who the signer is");
    return {};
}

Status show_evidence(const Context& context, const EvidenceOptions& options)
{
    TRY_ASSIGN(transport, read_evidence(options.file));
    TRY_ASSIGN(statement, statements::SignedStatement::decode(transport));
    TRY_ASSIGN(evidence, sap::Evidence::decode(statement.encoding));
    TRY_ASSIGN(display, sap::DisplayRecord::decode(evidence.display_record));
    auto object = session_json(evidence, display);
    object["verified"] = false;
    context.result(object,
                   "NOT verified, only shown; see: qss evidence verify\n" + session_text(evidence, display));
    return {};
}

}

void add_evidence_command(CLI::App& root, Context& context)
{
    auto* group = root.add_subcommand("evidence", "Who approved what: offline, trusting only the root")
                      ->require_subcommand(1);
    const auto options = std::make_shared<EvidenceOptions>();

    auto* verify = group->add_subcommand("verify", "Check everything; the error says what does not hold");
    verify->add_option("file", options->file, "Evidence file")->required();
    verify->add_option("--root", options->root_file, "Root certificate, PEM, that you got from elsewhere")
        ->required();
    verify->add_option("--rp-id", options->rp_id, "Relying party of the authenticators: approve.example.com")
        ->required();
    auto* show = group->add_subcommand("show", "Show what an evidence file says, without checking it");
    show->add_option("file", options->file, "Evidence file")->required();

    verify->callback([&context, options] {
        context.action = [&context, options] { return verify_evidence(context, *options); };
    });
    show->callback([&context, options] {
        context.action = [&context, options] { return show_evidence(context, *options); };
    });
}

}
