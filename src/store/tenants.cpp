#include "store/tenants.h"

#include "store/columns.h"

namespace qss::store {

namespace {

constexpr std::string_view enterprise_columns = "e.id, e.provider_id, e.name, e.country, e.created_at";
constexpr std::string_view pack_columns =
    "p.id, p.enterprise_id, p.name, p.kind, p.key_type, p.signature_quota, p.timestamp_quota, p.user_quota, "
    "p.session_lifetime_ms, p.logins_per_minute, p.valid_until, p.created_at";
constexpr std::string_view credential_columns =
    "c.id, c.pack_id, c.name, c.api_key, c.secret_salt, c.secret_mac, c.standing, c.created_at";

std::string select(std::string_view columns, std::string_view rest)
{
    return "SELECT " + std::string(columns) + " " + std::string(rest);
}

Enterprise read_enterprise(Columns& c)
{
    return {c.id<EnterpriseId>(), c.id<ProviderId>(), c.text(), c.text(), c.time()};
}

Pack read_pack(Columns& c)
{
    return {c.id<PackId>(),
            c.id<EnterpriseId>(),
            c.text(),
            c.name<PackKind>(),
            c.parsed(&crypto::key_type_from_string),
            c.integer(),
            c.integer(),
            c.integer(),
            Milliseconds(c.integer()),
            c.integer(),
            c.time(),
            c.time()};
}

Credential read_credential(Columns& c)
{
    return {c.id<CredentialId>(), c.id<PackId>(), c.text(), c.text(), c.blob(), c.blob(),
            c.name<Standing>(),   c.time()};
}

CredentialContext read_context(Columns& c)
{
    CredentialContext context{read_credential(c), read_pack(c), read_enterprise(c), std::nullopt};
    if (!c.next_is_null())
        context.certificate =
            ClientCertificate{c.blob(), context.credential.id, {c.time(), c.time()}, c.name<Standing>()};
    return context;
}

std::string context_query(std::string_view condition)
{
    return "SELECT " + std::string(credential_columns) + ", " + std::string(pack_columns) + ", " +
           std::string(enterprise_columns) +
           ", k.sha256, k.not_before, k.not_after, k.standing FROM credential c "
           "JOIN pack p ON p.id = c.pack_id JOIN enterprise e ON e.id = p.enterprise_id "
           "LEFT JOIN client_certificate k ON k.credential_id = c.id AND k.sha256 = ? WHERE " +
           std::string(condition);
}

}

ProviderId default_provider()
{
    detail::IdBytes bytes{};
    bytes.back() = 1;
    return ProviderId(bytes);
}

Status Tenants::add(const Enterprise& enterprise)
{
    TRY(m_database.prepare("INSERT INTO enterprise VALUES(?, ?, ?, ?, ?)")
            .bind(enterprise.id.bytes())
            .bind(enterprise.provider_id.bytes())
            .bind(enterprise.name)
            .bind(enterprise.country)
            .bind(to_unix_ms(enterprise.created_at))
            .run());
    return {};
}

Result<std::optional<Enterprise>> Tenants::enterprise(const EnterpriseId& id)
{
    auto query = m_database.prepare(select(enterprise_columns, "FROM enterprise e WHERE e.id = ?"));
    query.bind(id.bytes());
    return first(query, read_enterprise);
}

Result<std::vector<Enterprise>> Tenants::enterprises()
{
    auto query =
        m_database.prepare(select(enterprise_columns, "FROM enterprise e ORDER BY e.created_at, e.id"));
    return all(query, read_enterprise);
}

Status Tenants::add(const Pack& pack)
{
    TRY(m_database.prepare("INSERT INTO pack VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(pack.id.bytes())
            .bind(pack.enterprise_id.bytes())
            .bind(pack.name)
            .bind(name_of(pack.kind))
            .bind(crypto::to_string(pack.key_type))
            .bind(pack.signature_quota)
            .bind(pack.timestamp_quota)
            .bind(pack.user_quota)
            .bind(std::int64_t{pack.session_lifetime.count()})
            .bind(pack.logins_per_minute)
            .bind(to_unix_ms(pack.valid_until))
            .bind(to_unix_ms(pack.created_at))
            .run());
    return {};
}

Result<std::optional<Pack>> Tenants::pack(const PackId& id)
{
    auto query = m_database.prepare(select(pack_columns, "FROM pack p WHERE p.id = ?"));
    query.bind(id.bytes());
    return first(query, read_pack);
}

Result<std::vector<Pack>> Tenants::packs(const std::optional<EnterpriseId>& enterprise)
{
    if (!enterprise) {
        auto query = m_database.prepare(select(pack_columns, "FROM pack p ORDER BY p.created_at, p.id"));
        return all(query, read_pack);
    }
    auto query = m_database.prepare(
        select(pack_columns, "FROM pack p WHERE p.enterprise_id = ? ORDER BY p.created_at, p.id"));
    query.bind(enterprise->bytes());
    return all(query, read_pack);
}

Status Tenants::add(const Credential& credential)
{
    TRY(m_database.prepare("INSERT INTO credential VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(credential.id.bytes())
            .bind(credential.pack_id.bytes())
            .bind(credential.name)
            .bind(credential.api_key)
            .bind(credential.secret_salt)
            .bind(credential.secret_mac)
            .bind(name_of(credential.standing))
            .bind(to_unix_ms(credential.created_at))
            .run());
    return {};
}

Status Tenants::add(const ClientCertificate& certificate)
{
    TRY(m_database.prepare("INSERT INTO client_certificate VALUES(?, ?, ?, ?, ?)")
            .bind(certificate.sha256)
            .bind(certificate.credential_id.bytes())
            .bind(to_unix_ms(certificate.validity.not_before))
            .bind(to_unix_ms(certificate.validity.not_after))
            .bind(name_of(certificate.standing))
            .run());
    return {};
}

Result<std::vector<Credential>> Tenants::credentials(const std::optional<PackId>& pack)
{
    if (!pack) {
        auto query =
            m_database.prepare(select(credential_columns, "FROM credential c ORDER BY c.created_at, c.id"));
        return all(query, read_credential);
    }
    auto query = m_database.prepare(
        select(credential_columns, "FROM credential c WHERE c.pack_id = ? ORDER BY c.created_at, c.id"));
    query.bind(pack->bytes());
    return all(query, read_credential);
}

Result<bool> Tenants::set_standing(const CredentialId& credential, Standing standing)
{
    TRY_ASSIGN(changed, m_database.prepare("UPDATE credential SET standing = ? WHERE id = ?")
                            .bind(name_of(standing))
                            .bind(credential.bytes())
                            .run());
    return changed == 1;
}

Result<std::optional<CredentialContext>> Tenants::context(std::string_view api_key,
                                                          ByteView certificate_sha256)
{
    static const auto text = context_query("c.api_key = ?");
    auto query = m_database.prepare(text);
    query.bind(certificate_sha256).bind(api_key);
    return first(query, read_context);
}

Result<std::optional<CredentialContext>> Tenants::context(const CredentialId& id, ByteView certificate_sha256)
{
    static const auto text = context_query("c.id = ?");
    auto query = m_database.prepare(text);
    query.bind(certificate_sha256).bind(id.bytes());
    return first(query, read_context);
}

}
