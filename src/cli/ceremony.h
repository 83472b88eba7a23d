// The ceremony of `qss init` and `qss ceremony`: a list of steps that make a data directory. Each key is made
// inside its role; this only carries public parts between them, and makes a sandbox's keys of TLS and of
// its operator. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "cli/layout.h"
#include "cli/transcript.h"
#include "config/config.h"
#include "crypto/keys.h"
#include "pki/certificate.h"
#include "proto/ca.pb.h"
#include "wire/channel.h"

namespace qss::cli {

struct CeremonyOfficer {
    std::string name;
    Bytes spki; // P-256, DER; empty: a sandbox's, made by the ceremony
    Bytes certificate_request; // PKCS#10, DER, of the TLS key
};

struct CeremonyOperator {
    std::string name;
    config::OperatorRole role = config::OperatorRole::auditor;
    Bytes certificate_request;
};

// What a ceremony makes: of `qss init` with these defaults and its flags, of `qss ceremony` from a file.
struct CeremonyOptions {
    bool sandbox = true;
    std::string country = "LV";
    std::string organisation = "Sandbox Trust Services SIA";
    std::string organisation_identifier = "NTRLV-40003000000";
    std::string public_url = "pki.qss-sandbox.com";
    std::string rp_id = "localhost";
    std::string rp_name = "QSS sandbox";
    std::vector<std::string> origins = {"https://localhost:8445"};
    std::string policy_oid; // the provider's; empty in a sandbox: the test one
    std::string ca_key_type = "P-256";
    std::string tsa_key_type = "RSA-3072";
    std::string tsa_policy_oid; // empty: the unit's default
    std::string root_key_type; // empty: as the issuing CA's
    std::string root_name, issuing_name, access_name; // common names; empty: the CA's defaults
    std::map<std::string, std::uint32_t> lifetimes_days; // by profile; others: the profile's own
    std::uint32_t arl_days = 0; // 0: the CA's default
    std::vector<CeremonyOfficer> officers = {{"Sandbox officer", {}, {}}};
    std::vector<CeremonyOperator> operators; // empty: a sandbox's, made by the ceremony
    std::vector<Bytes> attestation_roots; // DER
    std::vector<std::string> witnesses; // who is there
    Bytes file_sha256; // of the reviewed file; empty: `qss init`
    std::uint32_t crl_shards = 1; // lists of the issuing CA
    std::vector<std::string> more_server_names; // besides localhost and 127.0.0.1
    config::Listener mtls = config::Config("").mtls, tls = config::Config("").tls,
                     health = config::Config("").health, public_ = config::Config("").public_;
    std::uint32_t rsa_3072_pool = 0; // 0: the SAM's own default
    std::uint32_t rsa_4096_pool = 0;
    std::uint32_t revocations_per_hour = 0; // without officers; 0: the roles' own default
};

class Ceremony {
public:
    struct Step {
        std::string title;
        std::function<Status()> run;
    };

    // `layout.paths`: the directory to fill, which exists.
    Ceremony(Layout layout, CeremonyOptions options, Random& random, const Clock& clock);
    ~Ceremony(); // ends the roles

    Status plan(); // makes config() alone
    [[nodiscard]] std::vector<Step> steps();
    // All steps, each into the transcript; `progress` gets a line for each.
    Status run(const std::function<void(std::string_view)>& progress);

    // What qss.toml says; whole after the last step.
    [[nodiscard]] const config::Config& config() const { return m_config; }
    static Result<config::Config> make_config(const Layout& layout, const CeremonyOptions& options);

private:
    Status make_directories();
    Status make_secrets();
    Status make_officer();
    Status issue_given_certificates();
    Status issue_given(const std::string& name, config::OperatorRole role, ByteView request,
                       const std::filesystem::path& file);
    void note_start();
    Status note_certificates();
    Status start_roles();
    Status initialise_sam();
    Status initialise_ocsp();
    Status initialise_tsa();
    Status initialise_ca();
    Status complete_sam();
    Status complete_ocsp();
    Status complete_tsa();
    Status issue_client_certificates();
    Status issue_server_certificates();
    Status write_public_certificates();
    Status write_transcript();
    Status stop_roles();
    Status write_config();
    Status make_database();

    Result<pki::Certificate> issue(proto::ca::AccessKind kind, ByteView csr, std::string_view common_name);
    Status issue_server(crypto::KeyType type, const std::filesystem::path& certificate_file,
                        const std::filesystem::path& key_file);
    Status run_to_end(Command command);
    Status call(RoleName role, int type, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply);

    struct Running {
        Process process;
        std::unique_ptr<wire::Channel> channel;
    };

    Layout m_layout;
    CeremonyOptions m_options;
    Random& m_random;
    Transcript m_transcript;
    config::Config m_config;
    std::string m_log_file;
    std::map<RoleName, Running> m_roles;
    std::string m_software_officer; // its name; empty: there is none
    std::string m_sam_evidence_spki, m_ocsp_spki, m_tsa_spki; // DER
    proto::ca::InitialiseReply m_certificates;
};

}
