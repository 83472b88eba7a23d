// qss.toml, parsed into a struct that is valid if it exists: an unknown key, a wrong type or a value out
// of range is an error that names key and line. Relative paths are relative to the file's directory.
// Immutable after loading; safe from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::config {

struct Listener {
    std::string address;                    // numeric
    std::uint16_t port = 0;                 // 0: any; see Paths::ports_file
};

// What an operator's client certificate may do on the management API.
enum class OperatorRole { operator_, registration_officer, auditor, security_officer };

std::string_view to_string(OperatorRole role);
Result<OperatorRole> operator_role_from_string(std::string_view name);

struct Operator {
    std::string name;
    OperatorRole role = OperatorRole::auditor;
    Bytes certificate_sha256;               // 32 bytes, of the DER
};

// The users that the supervisor, started as root, gives the processes: a name or a number.
struct Users {
    std::string api, sam, ca, ocsp, tsa;    // empty: the supervisor's own
    std::string group;                      // owns run/ and its sockets; empty: each one's own
};

// Where things are in the data directory. Fixed, so that there is nothing to configure wrongly.
struct Paths {
    explicit Paths(std::filesystem::path directory_);
    std::filesystem::path directory;
    std::filesystem::path config_file;      // qss.toml
    std::filesystem::path database;         // api/main.db
    std::filesystem::path token_key;        // api/secrets/token.key: 32 bytes, base64url
    std::filesystem::path otp_key;          // api/secrets/otp.key: 32 bytes, base64url
    std::filesystem::path tls_rsa_certificate, tls_rsa_key;   // api/tls/server-rsa.pem, server-rsa.key
    std::filesystem::path tls_p256_certificate, tls_p256_key; // api/tls/server-p256.pem, server-p256.key
    std::filesystem::path access_ca;        // api/access-ca.pem: issuer of client certificates
    std::filesystem::path pki_root, pki_issuing, pki_access_ca; // pki/*.pem
    std::filesystem::path run;              // sockets, ports.json, pids.json
    std::filesystem::path sam_socket, ca_socket, ocsp_socket, tsa_socket;
    std::filesystem::path ports_file;       // run/ports.json {"mtls":…,"tls":…,"health":…,"public":…}
    std::filesystem::path pids_file;        // run/pids.json {"qss-api":…}
    std::filesystem::path outbox;           // sandbox: e-mail and SMS as files
    std::filesystem::path officer, operator_; // the software officer's and the CLI's own
};

struct Sessions {
    std::int64_t lifetime_ms = 120'000;     // until the signer has to approve
    std::int64_t attach_grace_ms = 60'000;  // a dropped client may come back for its session
    std::int64_t result_grace_ms = 60'000;  // and for an answer that was not delivered
    std::uint32_t waiting_calls = 10'000;   // sign calls that wait at once; more: 503
};

struct Tokens {
    std::int64_t lifetime_s = 1'800;
    std::int64_t device_token_lifetime_s = 600;
};

struct Rates {
    std::uint32_t logins_per_minute = 60;           // per credential and certificate, in new packs
    std::uint32_t requests_per_minute = 6'000;      // per pack
    std::uint32_t device_requests_per_minute = 240; // per device, once it has logged in
};

struct Identities {
    std::string default_key_type = "RSA-3072";
    std::uint32_t lifetime_days = 365;
};

struct Registration {
    std::int64_t invitation_life_s = 7 * 86'400;
    std::int64_t code_life_s = 600;
};

// RFC 3161 at /tsa, for anyone; GET /timestamp of the QSS API has its quotas.
struct Timestamping {
    bool public_ = true;
    std::uint32_t per_minute = 600;         // of all who ask at /tsa, together; more: 429
};

struct Processing {
    unsigned io_threads = 2;
    unsigned workers = 8;                   // of the business; each may wait for the SAM
    std::uint32_t queue = 1'024;            // requests waiting for a worker; more: 503
    std::uint32_t connections = 20'000;     // per listener
    std::int64_t role_timeout_ms = 30'000;  // one call to a role, at most
    std::int64_t drain_ms = 10'000;         // for requests under way when told to stop
};

// What the public reads beside certificates: .pdf, .html, or anything else as plain text.
struct Documents {
    std::filesystem::path pds_en;           // PKI disclosure statement (EN 319 411-1 annex A), in English
    std::filesystem::path cps;              // certification practice statement
};

struct Config {
    explicit Config(std::filesystem::path directory)
        : paths(std::move(directory)),
          documents{paths.directory / "pki" / "pds-en.txt", paths.directory / "pki" / "cps.txt"}
    {
    }

    bool sandbox = false;
    std::string organisation;               // the trust service provider
    std::string public_url;                 // host of the URLs in certificates
    std::string rp_id;                      // WebAuthn relying party
    std::string rp_name;
    std::vector<std::string> origins;       // of the mobile authenticator
    std::string consent_version;
    Listener mtls{"127.0.0.1", 8443};       // QSS and management API
    Listener tls{"127.0.0.1", 8444};        // authenticator API
    Listener health{"127.0.0.1", 9090};     // loopback only
    Listener public_{"127.0.0.1", 8080};    // OCSP, CRLs, certificates, by HTTP
    Sessions sessions;
    Tokens tokens;
    Rates rates;
    Identities identities;
    Registration registration;
    Timestamping timestamping;
    Processing processing;
    Users users;
    std::vector<Operator> operators;
    Paths paths;
    Documents documents;
};

Result<Config> parse(std::string_view toml, const std::filesystem::path& directory);
Result<Config> load(const std::filesystem::path& config_file);

// The commented file that `qss init` writes. parse(render(config)) gives the same struct.
std::string render(const Config& config);

}
