// `qss sign`: hashes files here, asks for their signatures, writes detached CAdES-B-B signatures and the
// evidence of the approval. A document never leaves; only the hash of its signed attributes does.
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/service_access.h"
#include "client/cades.h"
#include "client/files.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

struct SignOptions {
    std::vector<std::string> files;
    std::string credential = "cred.toml";
    std::string email;
    std::string output;
    std::vector<std::string> labels;
    bool overwrite = false;
};

struct Signer {
    pki::Certificate certificate;
    std::vector<pki::Certificate> chain; // without the root
    crypto::SignatureAlgorithm algorithm;
};

// A root does not belong into a signature: who verifies has it, or must not take it from here.
bool is_self_issued(const pki::Certificate& certificate)
{
    return X509_NAME_cmp(X509_get_issuer_name(certificate.handle()),
                         X509_get_subject_name(certificate.handle())) == 0;
}

Result<Signer> get_signer(client::QssApi& api, const std::string& email)
{
    TRY_ASSIGN(identity, api.identity(email));
    TRY_ASSIGN(certificate, pki::Certificate::from_pem(identity.certificate_pem));
    TRY_ASSIGN(trust_chain, api.trust_chain());
    const auto algorithm = crypto::default_signature_algorithm(certificate.public_key().type());
    Signer signer{std::move(certificate), {}, algorithm};
    for (const auto& pem : trust_chain.certificates_pem) {
        TRY_ASSIGN(link, pki::Certificate::from_pem(pem));
        if (!is_self_issued(link))
            signer.chain.push_back(std::move(link));
    }
    return signer;
}

struct Outputs {
    std::string signature;
    std::string evidence;
};

Outputs outputs_of(const SignOptions& options, const std::string& file)
{
    return {options.output.empty() ? file + ".p7s" : options.output, file + ".evidence"};
}

Status check_options(const SignOptions& options)
{
    if (options.files.size() > limits::digests_per_session)
        return fail(ErrorCode::invalid_argument, "at most 100 files are signed with one approval");
    if (!options.output.empty() && options.files.size() != 1)
        return fail(ErrorCode::invalid_argument, "--output goes with one file");
    if (!options.labels.empty() && options.labels.size() != options.files.size())
        return fail(ErrorCode::invalid_argument, "one --label for each file, or none");
    for (const auto& file : options.files)
        for (const auto& output : {outputs_of(options, file).signature, outputs_of(options, file).evidence})
            if (std::error_code ignored; !options.overwrite && fs::exists(output, ignored))
                return fail(ErrorCode::already_exists, output + " exists already; --overwrite replaces it");
    return {};
}

Result<std::vector<client::CadesAttributes>> hash_files(const SignOptions& options, const Signer& signer,
                                                        TimePoint now)
{
    std::vector<client::CadesAttributes> attributes;
    for (const auto& file : options.files) {
        TRY_ASSIGN(digest, client::digest_file(file, crypto::hash_of(signer.algorithm)));
        TRY_ASSIGN(made, client::make_cades_attributes(digest, signer.certificate, now));
        attributes.push_back(std::move(made));
    }
    return attributes;
}

std::vector<std::string> labels_of(const SignOptions& options)
{
    if (!options.labels.empty())
        return options.labels;
    std::vector<std::string> labels;
    for (const auto& file : options.files)
        labels.push_back(fs::path(file).filename().string());
    return labels;
}

Status sign_files(const Context& context, const SignOptions& options)
{
    TRY(check_options(options));
    TRY_ASSIGN(api, qss_api(options.credential, context.random));
    TRY_ASSIGN(signer, get_signer(api, options.email));
    TRY_ASSIGN(attributes, hash_files(options, signer, context.clock.now()));
    client::SignRequest request{options.email, {}, labels_of(options), ""};
    for (const auto& each : attributes)
        request.digests.push_back(each.to_be_signed(crypto::hash_of(signer.algorithm)));
    context.progress("waiting for " + printable(options.email) + " to approve on the phone");
    TRY_ASSIGN(answer, api.sign(request));

    client::json::array results;
    std::string text;
    for (std::size_t i = 0; i < options.files.size(); ++i) {
        const auto outputs = outputs_of(options, options.files[i]);
        TRY_ASSIGN(signature, client::make_cades(attributes[i], signer.certificate, signer.chain,
                                                 signer.algorithm, answer.signatures[i]));
        TRY(client::write_file(outputs.signature, signature, client::FileAccess::everybody));
        results.push_back(
            {{"file", options.files[i]}, {"signature", outputs.signature}, {"evidence", outputs.evidence}});
        text += "signed: " + options.files[i] + " -> " + outputs.signature + ", " + outputs.evidence + "\n";
    }
    // The signatures are on the disk already: if this fails, they are not lost.
    TRY_ASSIGN(evidence, api.evidence(answer.session_id));
    for (const auto& file : options.files)
        TRY(client::write_file(outputs_of(options, file).evidence, evidence, client::FileAccess::everybody));
    context.result(client::json::object{{"session_id", answer.session_id}, {"files", results}},
                   text + "next: openssl cms -verify -binary -inform DER -in " +
                       outputs_of(options, options.files[0]).signature + " -content " + options.files[0] +
                       " -CAfile root.pem -purpose any -out /dev/null");
    return {};
}

}

void add_sign_command(CLI::App& root, Context& context)
{
    const auto options = std::make_shared<SignOptions>();
    auto* command =
        root.add_subcommand("sign", "Sign files: detached CAdES-B-B, approved on the employee's phone");
    command->add_option("files", options->files, "1 to 100 files; one approval for all")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_option("--credential", options->credential, "Credential file of the application")
        ->capture_default_str();
    command->add_option("--user", options->email, "E-mail address of the employee who signs")->required();
    command->add_option("-o,--output", options->output, "Signature file; default: FILE.p7s");
    command
        ->add_option("--label", options->labels,
                     "Shown on the phone, one for each file; default: the file's name")
        ->allow_extra_args(false);
    command->add_flag("--overwrite", options->overwrite, "Replace signature and evidence files that exist");
    command->callback([&context, options] {
        context.action = [&context, options] { return sign_files(context, *options); };
    });
}

}
