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

namespace {

Revocation read_revocation(Columns& c)
{
    const auto key = c.id<KeyId>();
    RevocationRequest request{static_cast<std::uint32_t>(c.integer()), c.text(), c.time()};
    return {key, std::move(request), c.blob(), c.integer(), c.blob(), c.time()};
}

}

Status IdentityTable::begin_revocation(const UserId& user, const RevocationRequest& request)
{
    TRY_ASSIGN(identities, all_of(user));
    for (const auto& identity : identities)
        TRY(begin_revocation(identity.key_id, request));
    return {};
}

Status IdentityTable::begin_revocation(const KeyId& key, const RevocationRequest& request)
{
    TRY(m_database.prepare("UPDATE identity SET status = 'revoking' WHERE key_id = ? AND status <> 'revoked'")
            .bind(key.bytes())
            .run());
    TRY(m_database
            .prepare("INSERT INTO revocation(key_id, reason, requested_by, requested_at) VALUES(?, ?, ?, ?)"
                     " ON CONFLICT(key_id) DO NOTHING")
            .bind(key.bytes())
            .bind(std::int64_t{request.reason})
            .bind(request.by)
            .bind(to_unix_ms(request.at))
            .run());
    return {};
}

Result<std::optional<Revocation>> IdentityTable::revocation(const KeyId& key)
{
    auto query = m_database.prepare("SELECT * FROM revocation WHERE key_id = ?");
    query.bind(key.bytes());
    return first(query, read_revocation);
}

Result<std::optional<Revocation>> IdentityTable::last_revocation(const UserId& user)
{
    auto query = m_database.prepare("SELECT r.* FROM revocation r JOIN identity i ON i.key_id = r.key_id"
                                    " WHERE i.user_id = ? AND i.status = 'revoking'"
                                    " ORDER BY r.requested_at DESC LIMIT 1");
    query.bind(user.bytes());
    return first(query, read_revocation);
}

Status IdentityTable::set_receipts(const Revocation& revocation)
{
    TRY(m_database
            .prepare("UPDATE revocation SET sam_receipt = ?, crl_number = ?, crl_sha256 = ?, ended_at = ? "
                     "WHERE key_id = ?")
            .bind(revocation.sam_receipt)
            .bind(revocation.crl_number)
            .bind(revocation.crl_sha256)
            .bind(to_unix_ms(revocation.ended_at))
            .bind(revocation.key_id.bytes())
            .run());
    return {};
}

Result<std::vector<Identity>> IdentityTable::list(std::optional<IdentityStatus> status, std::int64_t limit)
{
    auto query = m_database.prepare("SELECT * FROM identity WHERE ? = '' OR status = ?"
                                    " ORDER BY created_at DESC LIMIT ?");
    const std::string name = status ? name_of(*status) : "";
    query.bind(name).bind(name).bind(limit);
    return all(query, read_identity);
}

}
