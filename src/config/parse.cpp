#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <arpa/inet.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "config/config.h"
#include "config/reader.h"

namespace qss::config {

namespace {

constexpr std::int64_t file_max_size = 1024 * 1024;
constexpr std::int64_t hour_ms = 3'600'000;

bool is_address(const std::string& text)
{
    in6_addr unused{};
    return ::inet_pton(AF_INET, text.c_str(), &unused) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), &unused) == 1;
}

bool is_host_name(std::string_view text)
{
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), is_allowed);
}

// scheme://host[:port], as a browser reports it (RFC 6454 6.2); http for this machine alone.
bool is_origin(std::string_view text)
{
    const bool secure = text.starts_with("https://");
    if (!secure && text != "http://localhost" && !text.starts_with("http://localhost:"))
        return false;
    const auto authority = text.substr(secure ? 8 : 7);
    const auto colon = authority.find(':');
    const auto port = colon == std::string_view::npos ? "1" : authority.substr(colon + 1);
    return is_host_name(authority.substr(0, colon)) && !port.empty() && port.size() <= 5 &&
           std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status read_listener(TableReader& parent, std::string_view name, Listener& out)
{
    const auto* table = parent.table(name);
    if (table == nullptr)
        return {};
    TableReader reader(*table, "listeners." + std::string(name));
    reader.text("address", out.address);
    reader.require(is_address(out.address), "address", "must be a numeric address");
    reader.integer("port", out.port, 0, 65'535);
    return reader.finish();
}

Status read_listeners(TableReader& top, Config& config)
{
    const auto* table = top.table("listeners");
    if (table == nullptr)
        return {};
    TableReader reader(*table, "listeners");
    TRY(read_listener(reader, "mtls", config.mtls));
    TRY(read_listener(reader, "tls", config.tls));
    TRY(read_listener(reader, "health", config.health));
    TRY(read_listener(reader, "public", config.public_));
    reader.require(config.health.address == "127.0.0.1" || config.health.address == "::1", "health",
                   "must be on the loopback");
    return reader.finish();
}

Status read_sessions(const toml::table& table, Sessions& out)
{
    TableReader reader(table, "sessions");
    reader.integer("lifetime_ms", out.lifetime_ms, 100, limits::session_max_ms);
    reader.integer("attach_grace_ms", out.attach_grace_ms, 0, limits::session_max_ms);
    reader.integer("result_grace_ms", out.result_grace_ms, 0, limits::session_max_ms);
    reader.integer("waiting_calls", out.waiting_calls, 1, 1'000'000);
    return reader.finish();
}

Status read_tokens(const toml::table& table, Tokens& out)
{
    TableReader reader(table, "tokens");
    reader.integer("lifetime_s", out.lifetime_s, 10, 24 * 3600);
    reader.integer("device_token_lifetime_s", out.device_token_lifetime_s, 10, 24 * 3600);
    return reader.finish();
}

Status read_rates(const toml::table& table, Rates& out)
{
    TableReader reader(table, "rates");
    reader.integer("logins_per_minute", out.logins_per_minute, 1, 60'000); // as service/tenancy.cpp has it
    reader.integer("requests_per_minute", out.requests_per_minute, 1, 100'000'000);
    reader.integer("device_requests_per_minute", out.device_requests_per_minute, 1, 1'000'000);
    return reader.finish();
}

Status read_identities(const toml::table& table, Identities& out)
{
    TableReader reader(table, "identities");
    reader.text("default_key_type", out.default_key_type);
    constexpr std::string_view types[] = {"RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384"};
    reader.require(std::find(std::begin(types), std::end(types), out.default_key_type) != std::end(types),
                   "default_key_type", "must be RSA-2048, RSA-3072, RSA-4096, P-256 or P-384");
    reader.integer("lifetime_days", out.lifetime_days, 1, 1095);
    return reader.finish();
}

Status read_registration(const toml::table& table, Registration& out)
{
    TableReader reader(table, "registration");
    reader.integer("invitation_life_s", out.invitation_life_s, 60, 90 * 86'400);
    reader.integer("code_life_s", out.code_life_s, 30, limits::otp_life_ms / 1000);
    return reader.finish();
}

Status read_timestamping(const toml::table& table, Timestamping& out)
{
    TableReader reader(table, "timestamping");
    reader.boolean("public", out.public_);
    reader.integer("per_minute", out.per_minute, 1, 100'000'000);
    return reader.finish();
}

Status read_processing(const toml::table& table, Processing& out)
{
    TableReader reader(table, "processing");
    reader.integer("io_threads", out.io_threads, 1, 256);
    reader.integer("workers", out.workers, 1, 256);
    reader.integer("queue", out.queue, 1, 1'000'000);
    reader.integer("connections", out.connections, 1, 1'000'000);
    reader.integer("role_timeout_ms", out.role_timeout_ms, 100, hour_ms);
    reader.integer("drain_ms", out.drain_ms, 0, hour_ms);
    return reader.finish();
}

Status read_users(const toml::table& table, Users& out)
{
    TableReader reader(table, "users");
    reader.text("api", out.api);
    reader.text("sam", out.sam);
    reader.text("ca", out.ca);
    reader.text("ocsp", out.ocsp);
    reader.text("tsa", out.tsa);
    reader.text("group", out.group);
    return reader.finish();
}

Result<Operator> read_operator(const toml::table& table)
{
    TableReader reader(table, "operator");
    Operator out;
    std::string role, fingerprint;
    reader.text("name", out.name);
    reader.require(!out.name.empty(), "name", "is missing");
    reader.text("role", role);
    const auto parsed_role = operator_role_from_string(role);
    reader.require(parsed_role.has_value(), "role",
                   "must be operator, registration_officer, auditor or security_officer");
    reader.text("certificate_sha256", fingerprint);
    const auto bytes = hex_decode(fingerprint);
    reader.require(bytes && bytes->size() == 32, "certificate_sha256", "must be 64 hexadecimal digits");
    TRY(reader.finish());
    out.role = *parsed_role;
    out.certificate_sha256 = *bytes;
    return out;
}

Status read_operators(TableReader& top, std::vector<Operator>& out)
{
    std::set<std::string> seen; // as text: g++ 12 warns wrongly of comparing vectors of bytes
    for (const auto* table : top.tables("operator")) {
        TRY_ASSIGN(entry, read_operator(*table));
        top.require(seen.insert(hex_encode(entry.certificate_sha256)).second, "operator",
                    "names one certificate twice");
        out.push_back(std::move(entry));
    }
    return {};
}

Status read_service(TableReader& top, Config& config)
{
    const auto* table = top.table("service");
    if (table == nullptr)
        return fail(ErrorCode::invalid_argument, "qss.toml: [service] is missing");
    TableReader reader(*table, "service");
    reader.boolean("sandbox", config.sandbox);
    reader.text("organisation", config.organisation);
    reader.text("public_url", config.public_url);
    reader.text("rp_id", config.rp_id);
    reader.text("rp_name", config.rp_name);
    reader.texts("origins", config.origins);
    reader.text("consent_version", config.consent_version);
    reader.require(!config.organisation.empty(), "organisation", "is missing");
    reader.require(is_host_name(config.public_url), "public_url", "must be a host name in lower case");
    reader.require(is_host_name(config.rp_id), "rp_id", "must be a host name in lower case");
    reader.require(!config.rp_name.empty(), "rp_name", "is missing");
    reader.require(!config.consent_version.empty(), "consent_version", "is missing");
    reader.require(!config.origins.empty() &&
                       std::all_of(config.origins.begin(), config.origins.end(), is_origin),
                   "origins", "must be origins such as https://app.example.com");
    return reader.finish();
}

Status read_documents(TableReader& top, Config& config)
{
    const auto* table = top.table("documents");
    if (table == nullptr)
        return {};
    TableReader reader(*table, "documents");
    const auto file = [&](std::string_view key, std::filesystem::path& out) {
        std::string text;
        reader.text(key, text);
        if (!text.empty())
            out = config.paths.directory / text;
    };
    file("pds_en", config.documents.pds_en);
    file("cps", config.documents.cps);
    return reader.finish();
}

template <class Section>
Status read_section(TableReader& top, std::string_view key, Section& out,
                    Status (*read)(const toml::table&, Section&))
{
    const auto* table = top.table(key);
    return table == nullptr ? Status{} : read(*table, out);
}

}

Result<Config> parse(std::string_view text, const std::filesystem::path& directory)
{
    toml::table table;
    try {
        table = toml::parse(text);
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::malformed, "qss.toml line " + std::to_string(error.source().begin.line) +
                                              ": " + std::string(error.description()));
    }
    Config config(directory);
    TableReader top(table, "");
    TRY(read_service(top, config));
    TRY(read_listeners(top, config));
    TRY(read_section(top, "sessions", config.sessions, read_sessions));
    TRY(read_section(top, "tokens", config.tokens, read_tokens));
    TRY(read_section(top, "rates", config.rates, read_rates));
    TRY(read_section(top, "identities", config.identities, read_identities));
    TRY(read_section(top, "registration", config.registration, read_registration));
    TRY(read_section(top, "timestamping", config.timestamping, read_timestamping));
    TRY(read_section(top, "processing", config.processing, read_processing));
    TRY(read_section(top, "users", config.users, read_users));
    TRY(read_documents(top, config));
    TRY(read_operators(top, config.operators));
    TRY(top.finish());
    return config;
}

Result<Config> load(const std::filesystem::path& config_file)
{
    std::error_code code;
    const auto size = std::filesystem::file_size(config_file, code);
    if (code)
        return fail(ErrorCode::not_found, "no configuration: " + config_file.string());
    if (size > file_max_size)
        return fail(ErrorCode::too_large, "configuration above 1 MiB: " + config_file.string());
    std::ifstream file(config_file, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
        return fail(ErrorCode::io, "cannot read " + config_file.string());
    const auto absolute = std::filesystem::absolute(config_file, code);
    return parse(text.str(), absolute.parent_path());
}

}
