// The certificates that the access CA issues in a ceremony: clients, and a sandbox's servers.
#include "cli/ceremony.h"
#include "cli/pem_file.h"
#include "cli/service_access.h"
#include "client/files.h"
#include "pki/csr.h"

namespace qss::cli {

namespace fs = std::filesystem;
using client::FileAccess;

namespace {

constexpr std::string_view server_name = "localhost";
constexpr std::string_view operator_name = "Sandbox operator";
constexpr std::uint32_t access_lifetime_days = 825;

}

Result<pki::Certificate> Ceremony::issue(proto::ca::AccessKind kind, ByteView csr,
                                         std::string_view common_name)
{
    proto::ca::IssueAccessRequest request;
    request.set_kind(kind);
    request.set_csr(csr.data(), csr.size());
    request.set_common_name(std::string(common_name));
    request.set_lifetime_days(access_lifetime_days);
    proto::ca::IssueAccessReply reply;
    TRY(call(RoleName::ca, proto::ca::ISSUE_ACCESS, request, reply));
    return pki::Certificate::from_der(as_bytes(reply.certificate()));
}

Status Ceremony::issue_client_certificates()
{
    TRY_ASSIGN(operator_key, crypto::PrivateKey::generate(crypto::KeyType::p256));
    TRY_ASSIGN(operator_csr, pki::make_csr(operator_name, operator_key));
    TRY_ASSIGN(operator_certificate, issue(proto::ca::CLIENT, operator_csr, operator_name));
    const auto own = operator_files(m_layout.paths.directory);
    TRY(client::write_new_file(own.private_key.string(), operator_key.to_pem().reveal(),
                               FileAccess::owner_only));
    TRY(client::write_new_file(own.certificate.string(), as_bytes(operator_certificate.pem()),
                               FileAccess::everybody));

    m_config.operators.push_back(
        {std::string(operator_name), config::OperatorRole::operator_, operator_certificate.sha256()});
    m_transcript.add_certificate(std::string(operator_name), operator_certificate);
    return {};
}

Status Ceremony::issue_given(const std::string& name, config::OperatorRole role, ByteView request,
                             const fs::path& file)
{
    if (request.empty())
        return {};
    TRY_ASSIGN(certificate, issue(proto::ca::CLIENT, request, name));
    TRY(write_certificate_file(file, certificate.der()));
    m_config.operators.push_back({name, role, certificate.sha256()});
    m_transcript.add_certificate("client " + name, certificate);
    return {};
}

// Clients whose keys are elsewhere; the certificates are for them to fetch.
Status Ceremony::issue_given_certificates()
{
    const auto clients = m_layout.paths.directory / "clients";
    std::size_t number = 0;
    const auto file = [&](const std::string& name) {
        return m_software_officer == name ? officer_client_files(m_layout.paths.officer).certificate
                                          : clients / ("client-" + std::to_string(++number) + ".pem");
    };
    for (const auto& officer : m_options.officers)
        TRY(issue_given(officer.name, config::OperatorRole::registration_officer, officer.certificate_request,
                        file(officer.name)));
    for (const auto& one : m_options.operators)
        TRY(issue_given(one.name, one.role, one.certificate_request, file(one.name)));
    return {};
}

Status Ceremony::issue_server(crypto::KeyType type, const fs::path& certificate_file,
                              const fs::path& key_file)
{
    TRY_ASSIGN(key, crypto::PrivateKey::generate(type));
    TRY_ASSIGN(csr, pki::make_csr(server_name, key));
    TRY_ASSIGN(certificate, issue(proto::ca::SERVER, csr, server_name));
    TRY(client::write_new_file(key_file.string(), key.to_pem().reveal(), FileAccess::owner_only));
    return client::write_new_file(certificate_file.string(), as_bytes(certificate.pem()),
                                  FileAccess::everybody);
}

Status Ceremony::issue_server_certificates()
{
    const auto& paths = m_layout.paths;
    TRY(issue_server(crypto::KeyType::rsa3072, paths.tls_rsa_certificate, paths.tls_rsa_key));
    return issue_server(crypto::KeyType::p256, paths.tls_p256_certificate, paths.tls_p256_key);
}

}
