// How the commands reach a service: addresses from its data directory, the operator's client certificate
// from DIR/operator, an application's from its credential file. One thread.
#pragma once

#include <filesystem>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "client/credential.h"
#include "client/management_api.h"
#include "client/qss_api.h"
#include "config/config.h"

namespace qss::cli {

struct Addresses { // "https://localhost:8443"; the ports that the service listens on now, if it runs
    std::string mtls_url;
    std::string tls_url;
};

// With port 0 in qss.toml only the running service knows its ports; `configured` while it does not run.
std::uint16_t current_port(const config::Paths& paths, std::string_view name, std::uint16_t configured);
Result<Addresses> find_addresses(const std::filesystem::path& directory);

// A client certificate in a directory of its own, with what it is checked against.
struct ClientFiles {
    std::filesystem::path certificate;
    std::filesystem::path private_key;
};
ClientFiles operator_files(const std::filesystem::path& directory);
// The officer's client certificate; the key that signs statements is another.
ClientFiles officer_client_files(const std::filesystem::path& officer_directory);

// `url` empty: the data directory's own service.
Result<client::ManagementApi> management_api(const std::filesystem::path& directory, const ClientFiles& files,
                                             const std::string& url);

Result<client::QssApi> qss_api(const std::string& credential_file, Random& random);

// The same error; one that says `not_found`, with what the user can do about it behind.
Error advise_if_absent(Error error, std::string_view advice);

}
