#include "store/identities.h"

#include "store/columns.h"

namespace qss::store {

namespace {

Identity read_identity(Columns& c)
{
    return {c.id<KeyId>(), c.id<UserId>(), c.id<PackId>(), c.name<IdentityStatus>(),
            c.blob(),      c.blob(),       c.blob(),       c.blob(),
            c.blob(),      c.blob(),       c.time(),       c.time()};
}

}

Status IdentityTable::add(const Identity& identity)
{
    TRY(m_database.prepare("INSERT INTO identity VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(identity.key_id.bytes())
            .bind(identity.user_id.bytes())
            .bind(identity.pack_id.bytes())
            .bind(name_of(identity.status))
            .bind(identity.spki)
            .bind(identity.key_attestation)
            .bind(identity.registration_statement)
            .bind(identity.certificate)
            .bind(identity.certificate_sha256)
            .bind(identity.serial)
            .bind(to_unix_ms(identity.not_after))
            .bind(to_unix_ms(identity.created_at))
            .run());
    return {};
}

Result<std::optional<Identity>> IdentityTable::of_user(const UserId& user, const PackId& pack)
{
    auto query = m_database.prepare(
        "SELECT * FROM identity WHERE user_id = ? AND pack_id = ? AND status <> 'revoked'");
    query.bind(user.bytes()).bind(pack.bytes());
    return first(query, read_identity);
}

Result<std::optional<Identity>> IdentityTable::by_key(const KeyId& key)
{
    auto query = m_database.prepare("SELECT * FROM identity WHERE key_id = ?");
    query.bind(key.bytes());
    return first(query, read_identity);
}

Result<std::optional<Identity>> IdentityTable::by_serial(ByteView serial)
{
    auto query = m_database.prepare("SELECT * FROM identity WHERE serial = ? AND length(serial) > 0");
    query.bind(serial);
    return first(query, read_identity);
}

Result<std::vector<Identity>> IdentityTable::all_of(const UserId& user)
{
    auto query = m_database.prepare("SELECT * FROM identity WHERE user_id = ? AND status <> 'revoked'");
    query.bind(user.bytes());
    return all(query, read_identity);
}

Result<std::vector<Identity>> IdentityTable::revoking()
{
    auto query = m_database.prepare("SELECT * FROM identity WHERE status = 'revoking'");
    return all(query, read_identity);
}

Status IdentityTable::set_attestation(const KeyId& key, ByteView attestation, ByteView statement)
{
    TRY(m_database
            .prepare("UPDATE identity SET key_attestation = ?, registration_statement = ? "
                     "WHERE key_id = ? AND status = 'attested'")
            .bind(attestation)
            .bind(statement)
            .bind(key.bytes())
            .run());
    return {};
}

Result<bool> IdentityTable::set_certificate(const Identity& issued)
{
    TRY_ASSIGN(changed,
               m_database
                   .prepare("UPDATE identity SET status = 'issued', certificate = ?, certificate_sha256 = ?, "
                            "serial = ?, not_after = ? WHERE key_id = ? AND status = 'attested'")
                   .bind(issued.certificate)
                   .bind(issued.certificate_sha256)
                   .bind(issued.serial)
                   .bind(to_unix_ms(issued.not_after))
                   .bind(issued.key_id.bytes())
                   .run());
    return changed == 1;
}

Result<bool> IdentityTable::move(const KeyId& key, IdentityStatus from, IdentityStatus to)
{
    TRY_ASSIGN(changed, m_database.prepare("UPDATE identity SET status = ? WHERE key_id = ? AND status = ?")
                            .bind(name_of(to))
                            .bind(key.bytes())
                            .bind(name_of(from))
                            .run());
    return changed == 1;
}

Status IdentityTable::begin_revocation(const UserId& user)
{
    TRY(m_database
            .prepare("UPDATE identity SET status = 'revoking' WHERE user_id = ? AND status <> 'revoked'")
            .bind(user.bytes())
            .run());
    return {};
}

Status IdentityTable::begin_revocation(const KeyId& key)
{
    TRY(m_database.prepare("UPDATE identity SET status = 'revoking' WHERE key_id = ? AND status <> 'revoked'")
            .bind(key.bytes())
            .run());
    return {};
}

}
