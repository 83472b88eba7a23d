#include "ocsp/record.h"

#include "base/canonical.h"

namespace qss::ocsp {

namespace {

constexpr std::string_view migrations[] = {R"(
CREATE TABLE key(
  id INTEGER PRIMARY KEY CHECK(id IN (1, 2)), blob BLOB NOT NULL, spki BLOB NOT NULL, sandbox INTEGER NOT NULL,
  seal BLOB NOT NULL) STRICT;
CREATE TABLE authority(
  issuer_id BLOB PRIMARY KEY, issuer BLOB NOT NULL, responder BLOB NOT NULL, seal BLOB NOT NULL) STRICT;
CREATE TABLE crl(
  issuer_id BLOB NOT NULL REFERENCES authority(issuer_id), url TEXT NOT NULL, crl BLOB NOT NULL,
  number INTEGER NOT NULL, PRIMARY KEY(issuer_id, url)) STRICT;
)"};

Bytes seal_key(const KeyRow& row, keystore::KeyStore& keys)
{
    CanonicalWriter writer("QSS-OCSP-KEY-v1");
    writer.bytes(row.key.blob).bytes(row.key.spki).u64(row.sandbox ? 1 : 0);
    return keys.seal("ocsp-key", writer.encoded());
}

// An authority is its name and its key: a renewed certificate is of the same one.
Bytes authority_id(const pki::Certificate& issuer)
{
    CanonicalWriter writer("QSS-OCSP-ISSUER-v1");
    writer.bytes(issuer.subject_der()).bytes(issuer.public_key().spki());
    return crypto::sha256(writer.encoded());
}

Bytes seal_authority(const AuthorityRow& row, keystore::KeyStore& keys)
{
    CanonicalWriter writer("QSS-OCSP-AUTHORITY-v1");
    writer.bytes(row.issuer).bytes(row.responder);
    return keys.seal("ocsp-authority", writer.encoded());
}

}

Result<sqlite::Database> open_record(const std::string& path)
{
    TRY_ASSIGN(database, sqlite::Database::open(path, sqlite::Access::exclusive));
    TRY(database.migrate(migrations));
    return database;
}

Result<std::optional<KeyRow>> Transaction::key(KeySlot slot, keystore::KeyStore& keys)
{
    auto query = m_database.prepare("SELECT blob, spki, sandbox, seal FROM key WHERE id = ?");
    TRY_ASSIGN(found, query.bind(static_cast<std::int64_t>(slot)).step());
    if (!found)
        return std::optional<KeyRow>();
    KeyRow row{{query.blob(0), query.blob(1)}, query.integer(2) == 1};
    if (!equal_constant_time(seal_key(row, keys), query.blob(3)))
        return fail(ErrorCode::tampered, "key's seal does not hold");
    return std::optional<KeyRow>(std::move(row));
}

Status Transaction::next_key_becomes_current()
{
    TRY(m_database.execute("DELETE FROM key WHERE id = 1"));
    return m_database.execute("UPDATE key SET id = 1 WHERE id = 2");
}

Status Transaction::store_key(KeySlot slot, const KeyRow& row, keystore::KeyStore& keys)
{
    TRY(m_database.prepare("INSERT INTO key VALUES(?, ?, ?, ?, ?)")
            .bind(static_cast<std::int64_t>(slot))
            .bind(row.key.blob)
            .bind(row.key.spki)
            .bind(std::int64_t{row.sandbox ? 1 : 0})
            .bind(seal_key(row, keys))
            .run());
    return {};
}

Result<std::vector<AuthorityRow>> Transaction::authorities(keystore::KeyStore& keys)
{
    std::vector<AuthorityRow> rows;
    auto query =
        m_database.prepare("SELECT issuer, responder, seal, issuer_id FROM authority ORDER BY rowid");
    for (;;) {
        TRY_ASSIGN(found, query.step());
        if (!found)
            return rows;
        TRY_ASSIGN(seen, crls(query.blob(3)));
        AuthorityRow row{query.blob(0), query.blob(1), std::move(seen)};
        if (!equal_constant_time(seal_authority(row, keys), query.blob(2)))
            return fail(ErrorCode::tampered, "authority's seal does not hold");
        rows.push_back(std::move(row));
    }
}

Result<std::vector<CrlRow>> Transaction::crls(ByteView issuer_id)
{
    auto query = m_database.prepare("SELECT url, crl, number FROM crl WHERE issuer_id = ?");
    query.bind(issuer_id);
    std::vector<CrlRow> rows;
    for (;;) {
        TRY_ASSIGN(found, query.step());
        if (!found)
            return rows;
        rows.push_back({query.text(0), query.blob(1), static_cast<std::uint64_t>(query.integer(2))});
    }
}

Status Transaction::store_authority(const AuthorityRow& row, keystore::KeyStore& keys)
{
    TRY_ASSIGN(issuer, pki::Certificate::from_der(row.issuer));
    TRY(m_database
            .prepare("INSERT INTO authority(issuer_id, issuer, responder, seal) VALUES(?, ?, ?, ?)"
                     " ON CONFLICT(issuer_id) DO UPDATE SET issuer = excluded.issuer,"
                     " responder = excluded.responder, seal = excluded.seal")
            .bind(authority_id(issuer))
            .bind(row.issuer)
            .bind(row.responder)
            .bind(seal_authority(row, keys))
            .run());
    return {};
}

Status Transaction::store_crl(const pki::Certificate& issuer, const pki::Crl& crl)
{
    const auto number = static_cast<std::int64_t>(crl.number());
    auto insert = m_database.prepare("INSERT INTO crl(issuer_id, url, crl, number) VALUES(?, ?, ?, ?)"
                                     " ON CONFLICT(issuer_id, url) DO UPDATE SET crl = excluded.crl,"
                                     " number = excluded.number WHERE number <= excluded.number");
    insert.bind(authority_id(issuer)).bind(crl.distribution_point()).bind(crl.der()).bind(number);
    TRY_ASSIGN(rows, insert.run());
    if (rows != 1)
        return fail(ErrorCode::conflict, "a CRL with a higher number was seen");
    return {};
}

}
