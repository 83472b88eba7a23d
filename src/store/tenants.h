// Enterprises, packs, credentials and their client certificates. A repository is a view of one
// connection: make it inside Store::read or Store::write.
#pragma once

#include <optional>
#include <vector>

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

[[nodiscard]] ProviderId default_provider();

class Tenants {
public:
    explicit Tenants(sqlite::Database& database) : m_database(database) {}

    Status add(const Enterprise& enterprise);
    Result<std::optional<Enterprise>> enterprise(const EnterpriseId& id);
    Result<std::vector<Enterprise>> enterprises();

    Status add(const Pack& pack);
    Result<std::optional<Pack>> pack(const PackId& id);
    Result<std::vector<Pack>> packs(const std::optional<EnterpriseId>& enterprise);

    Status add(const Credential& credential);
    Status add(const ClientCertificate& certificate);
    Result<std::vector<Credential>> credentials(const std::optional<PackId>& pack);
    Result<bool> set_standing(const CredentialId& credential, Standing standing); // false: no such one

    // With the client certificate of that hash, if it is linked to the credential.
    Result<std::optional<CredentialContext>> context(std::string_view api_key, ByteView certificate_sha256);
    Result<std::optional<CredentialContext>> context(const CredentialId& id, ByteView certificate_sha256);

private:
    sqlite::Database& m_database;
};

}
