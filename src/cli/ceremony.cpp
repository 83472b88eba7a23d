#include "cli/ceremony.h"

#include <algorithm>
#include <csignal>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encoding.h"
#include "cli/data_directory.h"
#include "cli/documents.h"
#include "cli/pem_file.h"
#include "client/files.h"
#include "proto/ocsp.pb.h"
#include "proto/sam.pb.h"
#include "proto/tsa.pb.h"
#include "webauthn/client_data.h"

namespace qss::cli {

namespace fs = std::filesystem;
using client::FileAccess;

namespace {

constexpr RoleName all_roles[] = {RoleName::sam, RoleName::ca, RoleName::ocsp, RoleName::tsa};
constexpr std::string_view server_name = "localhost";
constexpr Milliseconds start_patience{20'000};
constexpr Milliseconds call_patience{60'000}; // keys may be made meanwhile
constexpr Milliseconds child_patience{60'000};
constexpr std::size_t secret_size = 32;

Status write_secret(const fs::path& path, Random& random)
{
    Secret secret(random.bytes(secret_size));
    auto text = base64url_encode(secret.reveal()) + "\n";
    const auto status = client::write_new_file(path.string(), as_bytes(text), FileAccess::owner_only);
    wipe(text.data(), text.size());
    return status;
}

std::string last_lines(const std::string& log_file)
{
    const auto text = client::read_text_file(log_file, 16 * 1024 * 1024).value_or("");
    const auto start = text.size() > 1500 ? text.find('\n', text.size() - 1500) + 1 : 0;
    return text.substr(start);
}

}

Ceremony::Ceremony(Layout layout, CeremonyOptions options, Random& random, const Clock& clock)
    : m_layout(std::move(layout)), m_options(std::move(options)), m_random(random), m_transcript(clock),
      m_config(m_layout.paths.directory), m_log_file((m_layout.paths.directory / "init.log").string())
{
}

Ceremony::~Ceremony()
{
    const auto status = stop_roles();
    (void)status; // a failure was reported by the step, and they are dead now
}

Result<config::Config> Ceremony::make_config(const Layout& layout, const CeremonyOptions& options)
{
    config::Config config(layout.paths.directory);
    config.sandbox = options.sandbox;
    config.organisation = options.organisation;
    config.public_url = options.public_url;
    config.rp_id = options.rp_id;
    config.rp_name = options.rp_name;
    config.origins = options.origins;
    config.consent_version = "1";
    config.mtls = options.mtls;
    config.tls = options.tls;
    config.health = options.health;
    config.public_ = options.public_;
    config.users = layout.users;
    TRY(config::parse(config::render(config), layout.paths.directory)); // the one place with the rules
    for (const auto& origin : options.origins)
        TRY(webauthn::check_origin(origin, options.rp_id)); // the SAM's rule, before anything is made
    return config;
}

std::vector<Ceremony::Step> Ceremony::steps()
{
    const auto step = [this](std::string title, Status (Ceremony::*act)()) {
        return Step{std::move(title), [this, act] { return (this->*act)(); }};
    };
    std::vector<Step> all{
        step("directories", &Ceremony::make_directories),
        step("passphrases of the roles, secrets of qss-api", &Ceremony::make_secrets),
    };
    const auto is_made_here = [](const CeremonyOfficer& officer) { return officer.spki.empty(); };
    if (std::any_of(m_options.officers.begin(), m_options.officers.end(), is_made_here))
        all.push_back(step("keys of the software officer, made by its own process", &Ceremony::make_officer));
    for (auto& one : {
             step("start qss-sam, qss-ca, qss-ocsp, qss-tsa", &Ceremony::start_roles),
             step("qss-sam makes its evidence key", &Ceremony::initialise_sam),
             step("qss-ocsp makes its responder key", &Ceremony::initialise_ocsp),
             step("qss-tsa makes its time-stamping key", &Ceremony::initialise_tsa),
             step("qss-ca makes root, issuing and access CA, and certifies those keys",
                  &Ceremony::initialise_ca),
             step("qss-sam takes its certificates", &Ceremony::complete_sam),
             step("qss-ocsp takes its certificates", &Ceremony::complete_ocsp),
             step("qss-tsa takes its certificate", &Ceremony::complete_tsa),
         })
        all.push_back(one);
    if (m_options.sandbox) {
        all.push_back(
            step("client certificates of operator and officer", &Ceremony::issue_client_certificates));
        all.push_back(step("server certificates, RSA-3072 and P-256", &Ceremony::issue_server_certificates));
    }
    all.push_back(
        step("client certificates for the requests in the file", &Ceremony::issue_given_certificates));
    for (auto& one : {
             step("public certificates and statements into pki/", &Ceremony::write_public_certificates),
             step("stop the roles", &Ceremony::stop_roles),
             step("qss.toml", &Ceremony::write_config),
             step("the main database", &Ceremony::make_database),
             step("the transcript", &Ceremony::write_transcript),
         })
        all.push_back(one);
    return all;
}

Status Ceremony::plan()
{
    TRY_ASSIGN(config, make_config(m_layout, m_options));
    m_config = std::move(config);
    return {};
}

Status Ceremony::run(const std::function<void(std::string_view)>& progress)
{
    note_start();
    const auto all = steps();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& title = all[i].title;
        progress("[" + std::to_string(i + 1) + "/" + std::to_string(all.size()) + "] " + title);
        m_transcript.add("step", {{"number", i + 1}, {"title", title}});
        if (const auto status = all[i].run(); !status)
            return fail(status.error().code, title + ": " + status.error().detail);
    }
    return {};
}

void Ceremony::note_start()
{
    boost::json::array witnesses(m_options.witnesses.begin(), m_options.witnesses.end());
    m_transcript.add("start", {{"transcript", "QSS-TRANSCRIPT-v1"},
                               {"software", "qss 0.1.0"},
                               {"file_sha256", hex_encode(m_options.file_sha256)},
                               {"sandbox", m_options.sandbox},
                               {"organisation", m_options.organisation},
                               {"there", std::move(witnesses)}});
}

Status Ceremony::make_directories()
{
    TRY(plan());
    const auto& paths = m_layout.paths;
    for (const auto role : all_roles)
        TRY(make_directory(directory_of(m_layout, role), 0700));
    const fs::path api = paths.directory / "api";
    for (const auto& path :
         {api, api / "secrets", api / "tls", paths.operator_, paths.outbox, paths.directory / "clients"})
        TRY(make_directory(path, 0700));
    TRY(make_directory(paths.pki_root.parent_path(), 0755));
    // A shared run/ is sticky: one process can not replace another's socket.
    const auto& group = m_layout.users.group;
    TRY(make_directory(paths.run, group.empty() ? 0700 : 03770));
    if (group.empty())
        return {};
    TRY_ASSIGN(gid, find_group(group));
    if (::chown(paths.run.c_str(), static_cast<uid_t>(-1), gid) != 0 ||
        ::chmod(paths.run.c_str(), 03770) != 0)
        return fail(ErrorCode::io, "run/ can not be given to group " + group);
    return {};
}

Status Ceremony::make_secrets()
{
    for (const auto role : all_roles) {
        const auto directory = directory_of(m_layout, role);
        TRY(write_secret(directory / "passphrase", m_random));
        TRY_ASSIGN(identity, identity_of(m_layout, user_of(m_layout, role)));
        TRY(give_tree(directory, identity));
    }
    TRY(write_secret(m_layout.paths.token_key, m_random));
    return write_secret(m_layout.paths.otp_key, m_random);
}

Status Ceremony::make_officer()
{
    const auto& directory = m_layout.paths.officer;
    for (auto& officer : m_options.officers) {
        if (!officer.spki.empty())
            continue;
        TRY(run_to_end({{m_layout.programs + "/qss", "officer", "init", "--officer-directory",
                         directory.string(), "--name", officer.name},
                        {},
                        {}}));
        TRY_ASSIGN(spki, read_pem_file(directory / "public-key.pem"));
        TRY_ASSIGN(request, read_pem_file(directory / "client.csr"));
        officer.spki = std::move(spki);
        officer.certificate_request = std::move(request);
        m_software_officer = officer.name;
    }
    return {};
}

Status Ceremony::start_roles()
{
    for (const auto role : all_roles) {
        TRY_ASSIGN(command, role_command(m_layout, role));
        command.log_file = m_log_file;
        TRY_ASSIGN(process, Process::start(command));
        auto channel = std::make_unique<wire::Channel>(socket_of(m_layout, role));
        m_roles.emplace(role, Running{std::move(process), std::move(channel)});
    }
    for (auto& [role, running] : m_roles) {
        constexpr Milliseconds slice{100};
        for (auto waited = Milliseconds(0); !running.channel->wait_until_reachable(slice); waited += slice) {
            const auto ended = running.process.wait(Milliseconds(0));
            if (ended || waited >= start_patience)
                return fail(ErrorCode::unavailable, program_name(role) + " does not start" +
                                                        (ended ? ": " + describe_exit(*ended) : "") + "\n" +
                                                        last_lines(m_log_file));
        }
    }
    return {};
}

Status Ceremony::call(RoleName role, int type, const google::protobuf::MessageLite& request,
                      google::protobuf::MessageLite& reply)
{
    const auto found = m_roles.find(role);
    QSS_ASSERT(found != m_roles.end());
    auto status =
        found->second.channel->call(static_cast<std::uint16_t>(type), request, reply, call_patience);
    if (!status)
        return fail(status.error().code,
                    program_name(role) + ": " + status.error().detail + "\n" + last_lines(m_log_file));
    return {};
}

Status Ceremony::initialise_sam()
{
    proto::sam::InitialiseRequest request;
    request.set_sandbox(m_options.sandbox);
    request.set_rp_id(m_options.rp_id);
    for (const auto& origin : m_options.origins)
        request.add_origins(origin);
    for (const auto& one : m_options.officers) {
        auto* officer = request.add_officers();
        officer->set_name(one.name);
        officer->set_spki(to_string(ByteView(one.spki)));
        m_transcript.add_key("officer " + one.name, one.spki);
    }
    for (const auto& root : m_options.attestation_roots)
        request.add_attestation_roots(to_string(ByteView(root)));
    request.set_rsa_3072_pool(m_options.rsa_3072_pool);
    request.set_rsa_4096_pool(m_options.rsa_4096_pool);
    request.set_revocations_per_hour(m_options.revocations_per_hour);
    proto::sam::InitialiseReply reply;
    TRY(call(RoleName::sam, proto::sam::INITIALISE, request, reply));
    m_sam_evidence_spki = reply.evidence_spki();
    m_transcript.add_key("sam-evidence", as_bytes(m_sam_evidence_spki));
    return {};
}

Status Ceremony::initialise_ocsp()
{
    proto::ocsp::InitialiseRequest request;
    request.set_sandbox(m_options.sandbox);
    proto::ocsp::InitialiseReply reply;
    TRY(call(RoleName::ocsp, proto::ocsp::INITIALISE, request, reply));
    m_ocsp_spki = reply.spki();
    m_transcript.add_key("ocsp", as_bytes(m_ocsp_spki));
    return {};
}

Status Ceremony::initialise_tsa()
{
    proto::tsa::InitialiseRequest request;
    request.set_sandbox(m_options.sandbox);
    request.set_key_type(m_options.tsa_key_type);
    request.set_policy_oid(m_options.tsa_policy_oid);
    proto::tsa::InitialiseReply reply;
    TRY(call(RoleName::tsa, proto::tsa::INITIALISE, request, reply));
    m_tsa_spki = reply.spki();
    m_transcript.add_key("tsa", as_bytes(m_tsa_spki));
    return {};
}

Status Ceremony::initialise_ca()
{
    proto::ca::InitialiseRequest request;
    request.set_sandbox(m_options.sandbox);
    request.set_country(m_options.country);
    request.set_organisation(m_options.organisation);
    request.set_organisation_identifier(m_options.organisation_identifier);
    request.set_public_url(m_options.public_url);
    request.set_key_type(m_options.ca_key_type);
    request.set_crl_shards(m_options.crl_shards);
    request.set_root_key_type(m_options.root_key_type);
    request.set_own_policy_oid(m_options.policy_oid);
    request.set_root_name(m_options.root_name);
    request.set_issuing_name(m_options.issuing_name);
    request.set_access_name(m_options.access_name);
    request.set_arl_days(m_options.arl_days);
    for (const auto& [profile, days] : m_options.lifetimes_days) {
        auto* lifetime = request.add_lifetimes();
        lifetime->set_profile(profile);
        lifetime->set_days(days);
    }
    for (const auto& one : m_options.officers) {
        auto* officer = request.add_officers();
        officer->set_name(one.name);
        officer->set_spki(to_string(ByteView(one.spki)));
    }
    request.set_sam_evidence_spki(m_sam_evidence_spki);
    request.set_ocsp_spki(m_ocsp_spki);
    request.set_revocations_per_hour(m_options.revocations_per_hour);
    request.set_tsa_spki(m_tsa_spki);
    if (m_options.sandbox) {
        request.add_server_names(std::string(server_name));
        request.add_server_names("127.0.0.1");
        for (const auto& name : m_options.more_server_names)
            request.add_server_names(name);
    }
    TRY(call(RoleName::ca, proto::ca::INITIALISE, request, m_certificates));
    return note_certificates();
}

// What the CA says it did: its certificates, and where its own chain of events ends.
Status Ceremony::note_certificates()
{
    const auto note = [this](const std::string& whose, const std::string& der) -> Status {
        TRY_ASSIGN(certificate, pki::Certificate::from_der(as_bytes(der)));
        m_transcript.add_certificate(whose, certificate);
        return {};
    };
    TRY(note("root", m_certificates.root_certificate()));
    TRY(note("issuing", m_certificates.issuing_certificate()));
    TRY(note("access", m_certificates.access_ca_certificate()));
    TRY(note("sam-evidence", m_certificates.sam_evidence_certificate()));
    TRY(note("ocsp-issuing", m_certificates.ocsp_issuing_certificate()));
    TRY(note("ocsp-root", m_certificates.ocsp_root_certificate()));
    TRY(note("tsu", m_certificates.tsu_certificate()));
    for (int i = 0; i < m_certificates.officer_certificates_size(); ++i)
        TRY(note("officer " + m_options.officers[static_cast<std::size_t>(i)].name,
                 m_certificates.officer_certificates(i)));
    m_transcript.add("ca-events", {{"count", m_certificates.events()},
                                   {"hash", hex_encode(as_bytes(m_certificates.events_hash()))}});
    return {};
}

Status Ceremony::complete_sam()
{
    proto::sam::CompleteRequest request;
    request.set_evidence_certificate(m_certificates.sam_evidence_certificate());
    request.set_issuing_ca_certificate(m_certificates.issuing_certificate());
    request.set_root_certificate(m_certificates.root_certificate());
    for (const auto& certificate : m_certificates.officer_certificates())
        request.add_officer_certificates(certificate);
    proto::sam::CompleteReply reply;
    return call(RoleName::sam, proto::sam::COMPLETE, request, reply);
}

Status Ceremony::complete_ocsp()
{
    proto::ocsp::CompleteRequest request;
    auto* issuing = request.add_authorities();
    issuing->set_issuer_certificate(m_certificates.issuing_certificate());
    issuing->set_responder_certificate(m_certificates.ocsp_issuing_certificate());
    auto* root = request.add_authorities();
    root->set_issuer_certificate(m_certificates.root_certificate());
    root->set_responder_certificate(m_certificates.ocsp_root_certificate());
    proto::ocsp::CompleteReply reply;
    return call(RoleName::ocsp, proto::ocsp::COMPLETE, request, reply);
}

Status Ceremony::complete_tsa()
{
    proto::tsa::CompleteRequest request;
    request.set_certificate(m_certificates.tsu_certificate());
    request.set_issuer_certificate(m_certificates.issuing_certificate());
    request.set_root_certificate(m_certificates.root_certificate());
    proto::tsa::CompleteReply reply;
    return call(RoleName::tsa, proto::tsa::COMPLETE, request, reply);
}

Status Ceremony::write_public_certificates()
{
    const auto& paths = m_layout.paths;
    const auto pki = paths.pki_root.parent_path();
    const std::pair<fs::path, std::string> files[] = {
        {paths.pki_root, m_certificates.root_certificate()},
        {paths.pki_issuing, m_certificates.issuing_certificate()},
        {paths.pki_access_ca, m_certificates.access_ca_certificate()},
        {paths.access_ca, m_certificates.access_ca_certificate()},
        {pki / "sam-evidence.pem", m_certificates.sam_evidence_certificate()},
        {pki / "ocsp-issuing.pem", m_certificates.ocsp_issuing_certificate()},
        {pki / "ocsp-root.pem", m_certificates.ocsp_root_certificate()},
        {pki / "tsu.pem", m_certificates.tsu_certificate()},
    };
    for (const auto& [path, der] : files)
        TRY(write_certificate_file(path, as_bytes(der)));
    const auto officers = m_certificates.officer_certificates_size();
    for (int i = 0; i < officers; ++i)
        TRY(write_certificate_file(
            pki / (officers == 1 ? "officer.pem" : "officer-" + std::to_string(i + 1) + ".pem"),
            as_bytes(m_certificates.officer_certificates(i))));
    if (!m_options.sandbox)
        return {};
    const std::pair<fs::path, std::string> texts[] = {
        {m_config.documents.pds_en,
         sandbox_disclosure_statement(m_options.organisation, m_options.public_url)},
        {m_config.documents.cps, sandbox_practice_statement(m_options.organisation, m_options.public_url)}};
    for (const auto& [path, text] : texts)
        TRY(client::write_new_file(path.string(), as_bytes(text), FileAccess::everybody));
    return {};
}

Status Ceremony::stop_roles()
{
    Status status;
    for (auto& [role, running] : m_roles) {
        running.channel.reset();
        running.process.signal(SIGTERM);
    }
    for (auto& [role, running] : m_roles) {
        const auto ended = running.process.wait(child_patience);
        if (!ended || !WIFEXITED(*ended) || WEXITSTATUS(*ended) != 0)
            status = fail(ErrorCode::internal, program_name(role) + " did not stop cleanly: " +
                                                   (ended ? describe_exit(*ended) : "too slow"));
    }
    m_roles.clear();
    return status;
}

Status Ceremony::write_config()
{
    TRY(client::write_new_file(m_layout.paths.config_file.string(), as_bytes(config::render(m_config)),
                               FileAccess::everybody));
    TRY_ASSIGN(api, identity_of(m_layout, m_layout.users.api));
    TRY(give_tree(m_layout.paths.outbox, api));
    return give_tree(m_layout.paths.directory / "api", api);
}

Status Ceremony::make_database()
{
    TRY_ASSIGN(command, api_command(m_layout));
    command.arguments.emplace_back("--migrate");
    return run_to_end(std::move(command));
}

// In a sandbox its officer signs it at once; elsewhere officers do, where their keys are.
Status Ceremony::write_transcript()
{
    m_transcript.add("end", {});
    const auto file = m_layout.paths.pki_root.parent_path() / "transcript.jsonl";
    TRY(client::write_new_file(file.string(), as_bytes(m_transcript.text()), FileAccess::everybody));
    if (m_software_officer.empty())
        return {};
    return run_to_end({{m_layout.programs + "/qss", "officer", "sign-transcript", file.string(),
                        "--officer-directory", m_layout.paths.officer.string()},
                       {},
                       {}});
}

Status Ceremony::run_to_end(Command command)
{
    command.log_file = m_log_file;
    TRY_ASSIGN(process, Process::start(command));
    const auto ended = process.wait(child_patience);
    if (ended && WIFEXITED(*ended) && WEXITSTATUS(*ended) == 0)
        return {};
    return fail(ErrorCode::internal, command.arguments.front() +
                                         " failed: " + (ended ? describe_exit(*ended) : "too slow") + "\n" +
                                         last_lines(m_log_file));
}

}
