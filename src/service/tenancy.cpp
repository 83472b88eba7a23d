#include "service/tenancy.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/certificate.h"
#include "pki/csr.h"
#include "service/logins.h"
#include "statements/registration.h"
#include "store/audit.h"
#include "store/tenants.h"

namespace qss::service {

namespace {

constexpr std::size_t shown_name_size = 64; // commonName's upper bound (RFC 5280 A.1)
constexpr std::int64_t quota_limit = 1'000'000'000'000;
constexpr std::chrono::days subscription_default{3652};
constexpr std::size_t salt_size = 16;
constexpr std::size_t api_key_size = 8;     // bytes; twice as many digits
constexpr std::size_t api_secret_size = 20;

Status check_role(const Operator& by, bool reading_only)
{
    if (by.role == OperatorRole::operator_ || (reading_only && by.role == OperatorRole::auditor))
        return {};
    return fail(ErrorCode::forbidden, "the role " + std::string(to_string(by.role)) + " does not permit it");
}

Status check_writer(const Operator& by)
{
    return check_role(by, false);
}

Status check_reader(const Operator& by)
{
    return check_role(by, true);
}

Status check_name(std::string_view name, std::string_view what, std::size_t max_size)
{
    if (name.empty())
        return fail(ErrorCode::invalid_argument, std::string(what) + " is empty");
    return check_shown_text(name, what, max_size);
}

Status check_pack(const NewPack& pack, TimePoint now)
{
    TRY(check_name(pack.name, "name", limits::name_size));
    TRY(crypto::check_may_issue(pack.key_type, now));
    for (const auto quota : {pack.signature_quota, pack.timestamp_quota, pack.user_quota})
        if (quota < 0 || quota > quota_limit)
            return fail(ErrorCode::invalid_argument, "quota out of range");
    if (pack.session_lifetime.count() < 0 || pack.session_lifetime.count() > limits::session_max_ms)
        return fail(ErrorCode::invalid_argument, "session_lifetime_ms: at most 30 minutes");
    if (pack.logins_per_minute < 1 || pack.logins_per_minute > 60'000)
        return fail(ErrorCode::invalid_argument, "logins per minute: 1 to 60000");
    return {};
}

}

Tenancy::Tenancy(store::Store& store, CaClient& ca, const Secret& secret_key, const Clock& clock,
                 Random& random)
    : m_store(store), m_ca(ca), m_secret_key(secret_key.clone()), m_clock(clock), m_random(random)
{
}

Result<store::Enterprise> Tenancy::create_enterprise(const Operator& by, std::string name,
                                                     std::string country)
{
    TRY(check_writer(by));
    TRY(statements::check_organisation(name));
    TRY(statements::check_country(country));
    const store::Enterprise enterprise{EnterpriseId::generate(m_random), store::default_provider(),
                                       std::move(name), std::move(country), m_clock.now()};
    const auto stored = m_store.write([&](sqlite::Database& db) -> Status {
        TRY(store::Tenants(db).add(enterprise));
        return store::Audit(db).append({enterprise.created_at, by.actor(), "enterprise.created",
                                        "enterprise:" + enterprise.id.text(), enterprise.name});
    });
    TRY(stored);
    return enterprise;
}

Result<std::vector<store::Enterprise>> Tenancy::enterprises(const Operator& by)
{
    TRY(check_reader(by));
    return m_store.read([](sqlite::Database& db) { return store::Tenants(db).enterprises(); });
}

Result<store::Pack> Tenancy::create_pack(const Operator& by, NewPack pack)
{
    TRY(check_writer(by));
    const auto now = m_clock.now();
    TRY(check_pack(pack, now));
    const store::Pack made{.id = PackId::generate(m_random),
                           .enterprise_id = pack.enterprise_id,
                           .name = std::move(pack.name),
                           .kind = store::PackKind::signing,
                           .key_type = pack.key_type,
                           .signature_quota = pack.signature_quota,
                           .timestamp_quota = pack.timestamp_quota,
                           .user_quota = pack.user_quota,
                           .session_lifetime = pack.session_lifetime,
                           .logins_per_minute = pack.logins_per_minute,
                           .valid_until = pack.valid_until.value_or(now + subscription_default),
                           .created_at = now};
    const auto stored = m_store.write([&](sqlite::Database& db) -> Status {
        store::Tenants tenants(db);
        TRY_ASSIGN(enterprise, tenants.enterprise(made.enterprise_id));
        if (!enterprise)
            return fail(ErrorCode::not_found, "no such enterprise");
        TRY(tenants.add(made));
        return store::Audit(db).append(
            {now, by.actor(), "pack.created", "pack:" + made.id.text(), made.name});
    });
    TRY(stored);
    return made;
}

Result<std::vector<store::Pack>> Tenancy::packs(const Operator& by,
                                                const std::optional<EnterpriseId>& enterprise)
{
    TRY(check_reader(by));
    return m_store.read([&](sqlite::Database& db) { return store::Tenants(db).packs(enterprise); });
}

Result<NewCredential> Tenancy::create_credential(const Operator& by, const PackId& pack_id, std::string name,
                                                 ByteView csr_der)
{
    TRY(check_writer(by));
    TRY(check_name(name, "name", shown_name_size));
    TRY(pki::Csr::from_der(csr_der));
    TRY_ASSIGN(pack, m_store.read([&](sqlite::Database& db) { return store::Tenants(db).pack(pack_id); }));
    if (!pack)
        return fail(ErrorCode::not_found, "no such pack");
    TRY_ASSIGN(certificate_der, m_ca.issue_access(AccessCertificateKind::client, csr_der, name));
    TRY_ASSIGN(certificate, pki::Certificate::from_der(certificate_der));
    TRY_ASSIGN(chain, m_ca.chain());

    const auto now = m_clock.now();
    auto secret = hex_encode(m_random.bytes(api_secret_size));
    auto salt = m_random.bytes(salt_size);
    auto mac = api_secret_mac(m_secret_key, salt, secret);
    store::Credential credential{CredentialId::generate(m_random),
                                 pack_id,
                                 std::move(name),
                                 hex_encode(m_random.bytes(api_key_size)),
                                 std::move(salt),
                                 std::move(mac),
                                 store::Standing::active,
                                 now};
    const store::ClientCertificate link{certificate.sha256(), credential.id, certificate.validity(),
                                        store::Standing::active};
    const auto stored = m_store.write([&](sqlite::Database& db) -> Status {
        store::Tenants tenants(db);
        TRY(tenants.add(credential));
        TRY(tenants.add(link));
        return store::Audit(db).append({now, by.actor(), "credential.created",
                                        "credential:" + credential.id.text(),
                                        "certificate " + hex_encode(link.sha256)});
    });
    TRY(stored);
    return NewCredential{std::move(credential), std::move(secret), std::move(certificate_der),
                         chain.access_ca};
}

Result<std::vector<store::Credential>> Tenancy::credentials(const Operator& by,
                                                            const std::optional<PackId>& pack)
{
    TRY(check_reader(by));
    return m_store.read([&](sqlite::Database& db) { return store::Tenants(db).credentials(pack); });
}

Status Tenancy::suspend_credential(const Operator& by, const CredentialId& credential)
{
    TRY(check_writer(by));
    return m_store.write([&](sqlite::Database& db) -> Status {
        TRY_ASSIGN(known, store::Tenants(db).set_standing(credential, store::Standing::suspended));
        if (!known)
            return fail(ErrorCode::not_found, "no such credential");
        return store::Audit(db).append(
            {m_clock.now(), by.actor(), "credential.suspended", "credential:" + credential.text(), ""});
    });
}

}
