// The ceremony of `qss init`: a list of steps that make a sandbox's data directory. Each key is made
// inside its role; this only carries public parts between them, and makes the keys of TLS and of the
// operator. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "cli/layout.h"
#include "config/config.h"
#include "crypto/keys.h"
#include "pki/certificate.h"
#include "proto/ca.pb.h"
#include "wire/channel.h"

namespace qss::cli {

struct CeremonyOptions {
    std::string country = "LV";
    std::string organisation = "Sandbox Trust Services SIA";
    std::string organisation_identifier = "NTRLV-40003000000";
    std::string public_url = "pki.qss-sandbox.com";
    std::string rp_id = "localhost";
    std::string rp_name = "QSS sandbox";
    std::vector<std::string> origins = {"https://localhost:8445"};
    std::string ca_key_type = "P-256";
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
    Ceremony(Layout layout, CeremonyOptions options, Random& random);
    ~Ceremony(); // ends the roles

    Status plan(); // makes config() alone
    [[nodiscard]] std::vector<Step> steps();

    // What qss.toml says; whole after the last step.
    [[nodiscard]] const config::Config& config() const { return m_config; }
    static Result<config::Config> make_config(const Layout& layout, const CeremonyOptions& options);

private:
    Status make_directories();
    Status make_secrets();
    Status make_officer();
    Status start_roles();
    Status initialise_sam();
    Status initialise_ocsp();
    Status initialise_ca();
    Status complete_sam();
    Status complete_ocsp();
    Status issue_client_certificates();
    Status issue_server_certificates();
    Status write_public_certificates();
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
    config::Config m_config;
    std::string m_log_file;
    std::map<RoleName, Running> m_roles;
    std::string m_officer_spki, m_sam_evidence_spki, m_ocsp_spki; // DER
    proto::ca::InitialiseReply m_certificates;
};

}
