#include "tsa/record.h"

#include "base/canonical.h"

namespace qss::tsa {

namespace {

// Serial numbers begin with the time (pki/timestamp_token.h): the table grows at its end alone.
constexpr std::string_view migrations[] = {R"(
CREATE TABLE settings(
  id INTEGER PRIMARY KEY CHECK(id = 1), sandbox INTEGER NOT NULL, key_type TEXT NOT NULL,
  policy TEXT NOT NULL, accuracy_ms INTEGER NOT NULL, seal BLOB NOT NULL) STRICT;
CREATE TABLE unit_key(
  number INTEGER PRIMARY KEY, blob BLOB NOT NULL, spki BLOB NOT NULL, certificate BLOB NOT NULL,
  issuer BLOB NOT NULL, root BLOB NOT NULL, revoked_ms INTEGER, seal BLOB NOT NULL) STRICT;
CREATE TABLE token(
  serial BLOB PRIMARY KEY, time_ms INTEGER NOT NULL, algorithm TEXT NOT NULL, imprint BLOB NOT NULL,
  policy TEXT NOT NULL, offset_us INTEGER NOT NULL, uncertainty_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE event(
  number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
  detail TEXT NOT NULL) STRICT;
)"};

constexpr std::string_view key_columns = "number, blob, spki, certificate, issuer, root, revoked_ms, seal";

Bytes seal_settings(const SettingsRow& row, keystore::KeyStore& keys)
{
    CanonicalWriter writer("QSS-TSA-SETTINGS-v1");
    writer.u64(row.sandbox ? 1 : 0).text(crypto::to_string(row.key_type)).text(row.policy);
    writer.u64(static_cast<std::uint64_t>(row.accuracy.count()));
    return keys.seal("tsa-settings", writer.encoded());
}

std::optional<std::int64_t> revoked_ms(const KeyRow& row)
{
    return row.revoked_at ? std::optional(to_unix_ms(*row.revoked_at)) : std::nullopt;
}

Bytes seal_key(const KeyRow& row, keystore::KeyStore& keys)
{
    CanonicalWriter writer("QSS-TSA-KEY-v1");
    writer.u64(static_cast<std::uint64_t>(row.number)).bytes(row.key.blob).bytes(row.key.spki);
    writer.bytes(row.certificate).bytes(row.issuer).bytes(row.root);
    writer.text(row.revoked_at ? std::to_string(to_unix_ms(*row.revoked_at)) : "");
    return keys.seal("tsa-key", writer.encoded());
}

}

Result<sqlite::Database> open_record(const std::string& path)
{
    TRY_ASSIGN(database, sqlite::Database::open(path, sqlite::Access::exclusive));
    TRY(database.migrate(migrations));
    return database;
}

Status check_record(sqlite::Database& database)
{
    return database.check_schema(migrations);
}

Result<std::optional<SettingsRow>> Transaction::settings(keystore::KeyStore& keys)
{
    auto query = m_database.prepare("SELECT sandbox, key_type, policy, accuracy_ms, seal FROM settings");
    TRY_ASSIGN(found, query.step());
    if (!found)
        return std::optional<SettingsRow>();
    const auto type = crypto::key_type_from_string(query.text(1));
    if (!type)
        return fail(ErrorCode::tampered, "settings have no such key type");
    SettingsRow row{query.integer(0) == 1, *type, query.text(2), Milliseconds(query.integer(3))};
    if (!equal_constant_time(seal_settings(row, keys), query.blob(4)))
        return fail(ErrorCode::tampered, "settings' seal does not hold");
    return std::optional(std::move(row));
}

Status Transaction::store_settings(const SettingsRow& row, keystore::KeyStore& keys)
{
    TRY(m_database.prepare("INSERT INTO settings VALUES(1, ?, ?, ?, ?, ?)")
            .bind(std::int64_t{row.sandbox ? 1 : 0})
            .bind(crypto::to_string(row.key_type))
            .bind(row.policy)
            .bind(std::int64_t{row.accuracy.count()})
            .bind(seal_settings(row, keys))
            .run());
    return {};
}

Result<std::optional<KeyRow>> Transaction::key(std::string_view query_text, keystore::KeyStore& keys)
{
    auto query = m_database.prepare(query_text);
    TRY_ASSIGN(found, query.step());
    if (!found)
        return std::optional<KeyRow>();
    KeyRow row{query.integer(0), {query.blob(1), query.blob(2)}, query.blob(3), query.blob(4), query.blob(5),
               std::nullopt};
    if (!query.is_null(6))
        row.revoked_at = from_unix_ms(query.integer(6));
    if (!equal_constant_time(seal_key(row, keys), query.blob(7)))
        return fail(ErrorCode::tampered, "key's seal does not hold");
    return std::optional(std::move(row));
}

Result<std::optional<KeyRow>> Transaction::key_in_use(keystore::KeyStore& keys)
{
    static const auto text = "SELECT " + std::string(key_columns) +
                             " FROM unit_key WHERE length(certificate) > 0 ORDER BY number DESC LIMIT 1";
    return key(text, keys);
}

Result<std::optional<KeyRow>> Transaction::key_to_follow(keystore::KeyStore& keys)
{
    static const auto text = "SELECT " + std::string(key_columns) +
                             " FROM unit_key WHERE number = (SELECT max(number) FROM unit_key)"
                             " AND length(certificate) = 0";
    return key(text, keys);
}

Status Transaction::store_key(const KeyRow& row, keystore::KeyStore& keys)
{
    TRY(m_database.prepare("INSERT OR REPLACE INTO unit_key VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(row.number)
            .bind(row.key.blob)
            .bind(row.key.spki)
            .bind(row.certificate)
            .bind(row.issuer)
            .bind(row.root)
            .bind(revoked_ms(row))
            .bind(seal_key(row, keys))
            .run());
    return {};
}

Status Transaction::store_token(const TokenRow& row)
{
    TRY(m_database.prepare("INSERT INTO token VALUES(?, ?, ?, ?, ?, ?, ?)")
            .bind(row.serial)
            .bind(to_unix_ms(row.when.time))
            .bind(crypto::to_string(row.digest.algorithm()))
            .bind(row.digest.bytes())
            .bind(row.policy)
            .bind(std::int64_t{row.when.clock.offset.count()})
            .bind(std::int64_t{row.when.clock.uncertainty.count()})
            .run());
    return {};
}

Result<TimePoint> Transaction::last_token_time()
{
    auto query = m_database.prepare("SELECT time_ms FROM token ORDER BY serial DESC LIMIT 1");
    TRY_ASSIGN(found, query.step());
    return from_unix_ms(found ? query.integer(0) : 0);
}

Status Transaction::append_event(TimePoint at, std::string_view kind, std::string_view detail)
{
    TRY(m_database.prepare("INSERT INTO event(at_ms, kind, detail) VALUES(?, ?, ?)")
            .bind(to_unix_ms(at))
            .bind(kind)
            .bind(detail)
            .run());
    return {};
}

}
