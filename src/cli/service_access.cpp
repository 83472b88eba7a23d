#include "cli/service_access.h"

#include "cli/credential_file.h"
#include "client/files.h"

namespace qss::cli {

std::uint16_t current_port(const config::Paths& paths, std::string_view name, std::uint16_t configured)
{
    const auto text = client::read_text_file(paths.ports_file.string(), 4096);
    if (!text)
        return configured;
    const auto ports = client::parse_object(*text);
    const auto port = ports ? client::integer_member(*ports, name) : Result<std::int64_t>(0);
    return port && *port > 0 && *port < 65'536 ? static_cast<std::uint16_t>(*port) : configured;
}

Error advise_if_absent(Error error, std::string_view advice)
{
    if (error.code == ErrorCode::not_found)
        error.detail += "; " + std::string(advice);
    return error;
}

Result<Addresses> find_addresses(const std::filesystem::path& directory)
{
    const config::Paths paths(directory);
    auto config = config::load(paths.config_file);
    if (!config)
        return fail(advise_if_absent(config.error(),
                                     "is " + directory.string() +
                                         " the data directory? `qss init` makes one, --directory names it"));
    const auto mtls = current_port(paths, "mtls", config->mtls.port);
    const auto tls = current_port(paths, "tls", config->tls.port);
    if (mtls == 0 || tls == 0)
        return fail(ErrorCode::unavailable,
                    "the service does not run; start it: qss serve --directory " + directory.string());
    return Addresses{"https://localhost:" + std::to_string(mtls), "https://localhost:" + std::to_string(tls)};
}

ClientFiles operator_files(const std::filesystem::path& directory)
{
    const auto own = config::Paths(directory).operator_;
    return {own / "certificate.pem", own / "key.pem"};
}

ClientFiles officer_client_files(const std::filesystem::path& officer_directory)
{
    return {officer_directory / "client-certificate.pem", officer_directory / "client-key.pem"};
}

Result<client::ManagementApi> management_api(const std::filesystem::path& directory, const ClientFiles& files,
                                             const std::string& url)
{
    client::HttpsOptions options;
    options.base_url = url;
    if (url.empty()) {
        TRY_ASSIGN(addresses, find_addresses(directory));
        options.base_url = addresses.mtls_url;
    }
    options.ca_file = config::Paths(directory).pki_access_ca.string();
    options.certificate_file = files.certificate.string();
    options.private_key_file = files.private_key.string();
    TRY_ASSIGN(https, client::HttpsClient::create(std::move(options)));
    return client::ManagementApi(std::move(https));
}

Result<client::QssApi> qss_api(const std::string& credential_file, Random& random)
{
    TRY_ASSIGN(credential, load_credential(credential_file));
    return client::QssApi::create(std::move(credential), random);
}

}
