#include "config/config.h"

#include <array>

namespace qss::config {

namespace {

struct RoleName {
    OperatorRole role;
    std::string_view name;
};
constexpr std::array role_names{
    RoleName{OperatorRole::operator_, "operator"},
    RoleName{OperatorRole::registration_officer, "registration_officer"},
    RoleName{OperatorRole::auditor, "auditor"},
    RoleName{OperatorRole::security_officer, "security_officer"},
};

}

std::string_view to_string(OperatorRole role)
{
    for (const auto& entry : role_names)
        if (entry.role == role)
            return entry.name;
    return "";
}

Result<OperatorRole> operator_role_from_string(std::string_view name)
{
    for (const auto& entry : role_names)
        if (entry.name == name)
            return entry.role;
    return fail(ErrorCode::invalid_argument, "no such role: " + std::string(name));
}

Paths::Paths(std::filesystem::path directory_)
    : directory(std::move(directory_)), config_file(directory / "qss.toml"),
      database(directory / "api" / "main.db"), token_key(directory / "api" / "secrets" / "token.key"),
      otp_key(directory / "api" / "secrets" / "otp.key"),
      tls_rsa_certificate(directory / "api" / "tls" / "server-rsa.pem"),
      tls_rsa_key(directory / "api" / "tls" / "server-rsa.key"),
      tls_p256_certificate(directory / "api" / "tls" / "server-p256.pem"),
      tls_p256_key(directory / "api" / "tls" / "server-p256.key"),
      access_ca(directory / "api" / "access-ca.pem"), pki_root(directory / "pki" / "root.pem"),
      pki_issuing(directory / "pki" / "issuing.pem"), pki_access_ca(directory / "pki" / "access-ca.pem"),
      run(directory / "run"), sam_socket(run / "sam.sock"), ca_socket(run / "ca.sock"),
      ocsp_socket(run / "ocsp.sock"), tsa_socket(run / "tsa.sock"), ports_file(run / "ports.json"),
      pids_file(run / "pids.json"), outbox(directory / "outbox"), officer(directory / "officer"),
      operator_(directory / "operator")
{
}

}
