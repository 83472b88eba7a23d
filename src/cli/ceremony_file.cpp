#include "cli/ceremony_file.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "cli/pem_file.h"
#include "client/files.h"
#include "config/reader.h"
#include "crypto/digest.h"
#include "pki/certificate.h"
#include "pki/csr.h"
#include "pki/profile.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;
using config::TableReader;

constexpr std::size_t file_size = 256 * 1024;
constexpr std::string_view file_name = "ceremony file";

TableReader reader_of(const toml::table& table, std::string where)
{
    return TableReader(table, std::move(where), std::string(file_name));
}

Status read_service(TableReader& top, CeremonyOptions& options)
{
    const auto* table = top.table("service");
    top.require(table != nullptr, "service", "is missing");
    if (table == nullptr)
        return top.finish();
    auto reader = reader_of(*table, "service");
    const auto needed = [&](std::string_view key, std::string& out) {
        out.clear();
        reader.text(key, out);
        reader.require(!out.empty(), key, "is missing");
    };
    reader.require(table->contains("sandbox"), "sandbox", "is missing");
    reader.boolean("sandbox", options.sandbox);
    needed("country", options.country);
    needed("organisation", options.organisation);
    needed("organisation_identifier", options.organisation_identifier);
    needed("public_url", options.public_url);
    needed("rp_id", options.rp_id);
    needed("rp_name", options.rp_name);
    options.origins.clear();
    reader.texts("origins", options.origins);
    reader.require(!options.origins.empty(), "origins", "is missing");
    reader.text("policy_oid", options.policy_oid);
    reader.require(options.sandbox || !options.policy_oid.empty(), "policy_oid",
                   "is missing: a provider has its own");
    reader.integer("revocations_per_hour", options.revocations_per_hour, 1, 1'000'000);
    reader.texts("there", options.witnesses);
    return reader.finish();
}

// Where a key lives. Keys of the PKCS#11 kind are not there yet.
void read_key_store(TableReader& reader)
{
    std::string store = "software";
    reader.text("key_store", store);
    reader.require(store != "pkcs11", "key_store", "pkcs11 is not built yet: software is all there is");
    reader.require(store == "software" || store == "pkcs11", "key_store", "must be software");
}

struct KeyPlan { // of one table
    std::string_view table;
    std::string_view profile;
    std::string* name = nullptr;
    std::string* key_type = nullptr;
};

Status read_key(TableReader& top, const KeyPlan& plan, CeremonyOptions& options)
{
    const auto* table = top.table(plan.table);
    if (table == nullptr)
        return {};
    auto reader = reader_of(*table, std::string(plan.table));
    read_key_store(reader);
    const auto* profile = pki::find_profile(plan.profile);
    QSS_ASSERT(profile != nullptr);
    std::uint32_t days = 0;
    reader.integer("lifetime_days", days, 1, profile->max_validity.count());
    if (days != 0)
        options.lifetimes_days[std::string(plan.profile)] = days;
    if (plan.name != nullptr)
        reader.text("name", *plan.name);
    if (plan.key_type != nullptr) {
        reader.text("key_type", *plan.key_type);
        constexpr std::string_view types[] = {"RSA-3072", "RSA-4096", "P-256", "P-384"};
        reader.require(plan.key_type->empty() ||
                           std::find(std::begin(types), std::end(types), *plan.key_type) != std::end(types),
                       "key_type", "must be RSA-3072, RSA-4096, P-256 or P-384");
    }
    if (plan.table == "root")
        reader.integer("arl_days", options.arl_days, 1, 365);
    if (plan.table == "issuing_ca")
        reader.integer("crl_shards", options.crl_shards, 1, limits::crl_shards);
    if (plan.table == "time_stamping_unit")
        reader.text("policy", options.tsa_policy_oid); // the role checks it
    return reader.finish();
}

Status read_keys(TableReader& top, CeremonyOptions& options)
{
    const KeyPlan plans[] = {
        {"root", "root", &options.root_name, &options.root_key_type},
        {"issuing_ca", "issuing_ca", &options.issuing_name, &options.ca_key_type},
        {"access_ca", "access_ca", &options.access_name, nullptr},
        {"responder", "ocsp_responder", nullptr, nullptr},
        {"sam_evidence", "sam_evidence", nullptr, nullptr},
        {"time_stamping_unit", "tsu", nullptr, &options.tsa_key_type},
    };
    for (const auto& plan : plans)
        TRY(read_key(top, plan, options));
    return {};
}

// A PEM file that a table names; empty: it names none.
Result<Bytes> read_named(TableReader& reader, std::string_view key, const fs::path& directory)
{
    std::string name;
    reader.text(key, name);
    if (name.empty())
        return Bytes();
    return read_pem_file(directory / name);
}

Status read_officers(TableReader& top, CeremonyOptions& options, const fs::path& directory)
{
    const auto tables = top.tables("officer");
    if (!tables.empty() || !options.sandbox)
        options.officers.clear();
    std::set<Bytes> keys;
    for (const auto* table : tables) {
        auto reader = reader_of(*table, "officer");
        CeremonyOfficer officer;
        reader.text("name", officer.name);
        reader.require(!officer.name.empty(), "name", "is missing");
        TRY_ASSIGN(spki, read_named(reader, "public_key", directory));
        TRY_ASSIGN(request, read_named(reader, "certificate_request", directory));
        reader.require(!spki.empty(), "public_key", "is missing");
        TRY(reader.finish());
        TRY_ASSIGN(key, crypto::PublicKey::from_spki(spki));
        reader.require(key.type() == crypto::KeyType::p256, "public_key", "must be a P-256 key");
        reader.require(keys.insert(key.spki()).second, "public_key", "is another officer's");
        TRY(reader.finish());
        if (!request.empty())
            TRY(pki::Csr::from_der(request));
        officer.spki = std::move(spki);
        officer.certificate_request = std::move(request);
        options.officers.push_back(std::move(officer));
    }
    top.require(options.sandbox || options.officers.size() >= 2, "officer",
                "must be two at least: nobody orders alone");
    top.require(options.officers.size() <= 16, "officer", "must be 16 at most");
    return {};
}

Status read_operators(TableReader& top, CeremonyOptions& options, const fs::path& directory)
{
    for (const auto* table : top.tables("operator")) {
        auto reader = reader_of(*table, "operator");
        CeremonyOperator one;
        std::string role;
        reader.text("name", one.name);
        reader.require(!one.name.empty(), "name", "is missing");
        reader.text("role", role);
        const auto parsed = config::operator_role_from_string(role);
        reader.require(parsed.has_value(), "role",
                       "must be operator, registration_officer, auditor or security_officer");
        TRY_ASSIGN(request, read_named(reader, "certificate_request", directory));
        reader.require(!request.empty(), "certificate_request", "is missing");
        TRY(reader.finish());
        TRY(pki::Csr::from_der(request));
        one.role = *parsed;
        one.certificate_request = std::move(request);
        options.operators.push_back(std::move(one));
    }
    return {};
}

Status read_sam(TableReader& top, CeremonyOptions& options, const fs::path& directory)
{
    const auto* table = top.table("sam");
    std::vector<std::string> roots;
    if (table != nullptr) {
        auto reader = reader_of(*table, "sam");
        read_key_store(reader);
        reader.integer("rsa_3072_pool", options.rsa_3072_pool, 1, 256);
        reader.integer("rsa_4096_pool", options.rsa_4096_pool, 1, 256);
        reader.texts("attestation_roots", roots);
        TRY(reader.finish());
    }
    for (const auto& name : roots) {
        TRY_ASSIGN(der, read_pem_file(directory / name));
        TRY(pki::Certificate::from_der(der));
        options.attestation_roots.push_back(std::move(der));
    }
    top.require(options.sandbox || !roots.empty(), "sam",
                "needs attestation_roots: whose phones are believed");
    return {};
}

Status read_users(TableReader& top, config::Users& users)
{
    const auto* table = top.table("users");
    if (table == nullptr)
        return {};
    auto reader = reader_of(*table, "users");
    reader.text("api", users.api);
    reader.text("sam", users.sam);
    reader.text("ca", users.ca);
    reader.text("ocsp", users.ocsp);
    reader.text("tsa", users.tsa);
    reader.text("group", users.group);
    return reader.finish();
}

Status read_ports(TableReader& top, CeremonyOptions& options)
{
    const auto* table = top.table("ports");
    if (table == nullptr)
        return {};
    auto reader = reader_of(*table, "ports");
    reader.integer("mtls", options.mtls.port, 0, 65'535);
    reader.integer("tls", options.tls.port, 0, 65'535);
    reader.integer("health", options.health.port, 0, 65'535);
    reader.integer("public", options.public_.port, 0, 65'535);
    return reader.finish();
}

}

Result<CeremonyPlan> parse_ceremony_file(std::string_view text, const fs::path& directory)
{
    toml::table table;
    try {
        table = toml::parse(text);
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::malformed, std::string(file_name) + " line " +
                                              std::to_string(error.source().begin.line) + ": " +
                                              std::string(error.description()));
    }
    CeremonyPlan plan;
    auto& options = plan.options;
    auto top = reader_of(table, "");
    TRY(read_service(top, options));
    TRY(read_keys(top, options));
    TRY(read_officers(top, options, directory));
    TRY(read_operators(top, options, directory));
    TRY(read_sam(top, options, directory));
    TRY(read_users(top, plan.users));
    TRY(read_ports(top, options));
    TRY(top.finish());
    options.file_sha256 = crypto::sha256(as_bytes(text));
    return plan;
}

Result<CeremonyPlan> load_ceremony_file(const fs::path& file)
{
    TRY_ASSIGN(text, client::read_text_file(file.string(), file_size));
    return parse_ceremony_file(text, file.has_parent_path() ? file.parent_path() : fs::path("."));
}

}
