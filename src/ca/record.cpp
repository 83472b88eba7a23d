#include "ca/record.h"

#include <algorithm>

#include "base/canonical.h"
#include "base/limits.h"
#include "ca/events.h"
#include "crypto/digest.h"

namespace qss::ca {

namespace {

using namespace std::chrono_literals;

constexpr auto rate_window = 1h; // of revocations that qss-api asks for
constexpr std::string_view settings_label = "ca-settings";

constexpr std::string_view migrations[] = {R"(
CREATE TABLE settings(id INTEGER PRIMARY KEY CHECK(id = 1), value BLOB NOT NULL, seal BLOB NOT NULL) STRICT;
CREATE TABLE authority(
  name TEXT PRIMARY KEY, kind INTEGER NOT NULL, generation INTEGER NOT NULL, key_blob BLOB NOT NULL,
  spki BLOB NOT NULL, certificate BLOB NOT NULL, closed_ms INTEGER) STRICT;
CREATE TABLE crl(
  authority TEXT NOT NULL REFERENCES authority(name), shard INTEGER NOT NULL, number INTEGER NOT NULL DEFAULT 0,
  der BLOB, at_ms INTEGER NOT NULL DEFAULT 0, stale INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY(authority, shard)) STRICT;
CREATE TABLE nonce(
  value BLOB PRIMARY KEY, expires_ms INTEGER NOT NULL, attestation BLOB) STRICT;
CREATE TABLE certificate(
  serial BLOB PRIMARY KEY, authority TEXT NOT NULL, profile INTEGER NOT NULL, tbs BLOB NOT NULL,
  intended_ms INTEGER NOT NULL, not_after_ms INTEGER NOT NULL, certificate BLOB,
  revoked_ms INTEGER, reason INTEGER, counted INTEGER NOT NULL DEFAULT 0, shard INTEGER) STRICT;
CREATE INDEX certificate_counted ON certificate(revoked_ms) WHERE counted = 1;
CREATE INDEX certificate_revoked ON certificate(authority, shard, revoked_ms, serial) WHERE revoked_ms IS NOT NULL;
CREATE TABLE identity(
  attestation BLOB PRIMARY KEY, serial BLOB NOT NULL UNIQUE REFERENCES certificate(serial),
  signer BLOB NOT NULL) STRICT;
CREATE TABLE certified_key(spki_hash BLOB PRIMARY KEY, signer BLOB NOT NULL) STRICT;
CREATE TABLE signer(
  signer BLOB PRIMARY KEY, sequence INTEGER NOT NULL, statement BLOB NOT NULL, serial_number TEXT NOT NULL) STRICT;
CREATE TABLE carried_order(
  id BLOB PRIMARY KEY, hash BLOB NOT NULL, action TEXT NOT NULL, at_ms INTEGER NOT NULL, outcome BLOB) STRICT;
CREATE TABLE event(
  number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, subject BLOB NOT NULL,
  hash BLOB NOT NULL) STRICT;
)",
                                           R"(
ALTER TABLE certified_key ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
)"};

std::string select_certificate(std::string_view from)
{
    return "SELECT c.serial, c.profile, c.certificate, c.revoked_ms, c.reason, a.kind, a.generation FROM " +
           std::string(from) + " LEFT JOIN authority a ON a.name = c.authority";
}

Result<CertificateRow> read_certificate(const sqlite::Statement& query)
{
    CertificateRow row;
    row.serial = query.blob(0);
    row.profile = static_cast<pki::ProfileId>(query.integer(1));
    if (!query.is_null(2))
        row.certificate = query.blob(2);
    if (!query.is_null(3))
        row.revocation =
            pki::Revocation{from_unix_ms(query.integer(3)), static_cast<std::uint8_t>(query.integer(4))};
    row.authority = {static_cast<Authority>(query.integer(5)), static_cast<std::uint32_t>(query.integer(6))};
    return row;
}

// After the ceremony.
bool may_issue(Authority authority, pki::ProfileId profile)
{
    using enum pki::ProfileId;
    switch (authority) {
    case Authority::root: return profile == ocsp_responder;
    case Authority::issuing: return profile == ocsp_responder || profile == natural_person_esign;
    case Authority::access: return profile == client || profile == server;
    }
    return false;
}

// What an officers' order may have issued besides.
bool may_issue_ordered(Authority authority, pki::ProfileId profile)
{
    using enum pki::ProfileId;
    switch (authority) {
    case Authority::root:
        return profile == root || profile == root_cross || profile == issuing_ca || profile == sam_evidence ||
               profile == officer || profile == ocsp_responder;
    case Authority::issuing: return profile == ocsp_responder || profile == tsu;
    case Authority::access: return profile == access_ca;
    }
    return false;
}

// Exactly one row must have changed; otherwise the state was not what the caller believed.
Status one_row(Result<std::int64_t> changed, ErrorCode code, std::string_view what)
{
    TRY_ASSIGN(rows, std::move(changed));
    if (rows != 1)
        return fail(code, std::string(what));
    return {};
}

}

Result<sqlite::Database> open_record(const std::string& path)
{
    TRY_ASSIGN(database, sqlite::Database::open(path, sqlite::Access::exclusive));
    TRY(database.execute("PRAGMA secure_delete=ON")); // a root's key that went offline is not left in a page
    TRY(database.migrate(migrations));
    return database;
}

Status check_record(sqlite::Database& database)
{
    TRY(database.check_schema(migrations));
    return check_events(database);
}

Result<std::optional<Settings>> Transaction::settings(keystore::KeyStore& keys)
{
    auto query = m_database.prepare("SELECT value, seal FROM settings");
    TRY_ASSIGN(found, query.step());
    if (!found)
        return std::optional<Settings>();
    const auto value = query.blob(0);
    if (!equal_constant_time(keys.seal(settings_label, value), query.blob(1)))
        return fail(ErrorCode::tampered, "settings' seal does not hold");
    TRY_ASSIGN(settings, Settings::decode(value));
    return std::optional<Settings>(std::move(settings));
}

Status Transaction::store_settings(const Settings& settings, keystore::KeyStore& keys)
{
    const auto value = settings.encode();
    TRY(m_database.prepare("INSERT INTO settings VALUES(1, ?, ?)")
            .bind(value)
            .bind(keys.seal(settings_label, value))
            .run());
    return {};
}

Status Transaction::store_authority(const AuthorityRow& row, std::uint32_t lists)
{
    TRY(m_database
            .prepare("INSERT INTO authority(name, kind, generation, key_blob, spki, certificate)"
                     " VALUES(?, ?, ?, ?, ?, ?)")
            .bind(row.id.name())
            .bind(static_cast<std::int64_t>(row.id.kind))
            .bind(std::int64_t{row.id.generation})
            .bind(row.key.blob)
            .bind(row.key.spki)
            .bind(row.certificate)
            .run());
    return add_lists(row.id, lists);
}

Result<std::vector<AuthorityRow>> Transaction::authorities()
{
    auto query = m_database.prepare("SELECT kind, generation, key_blob, spki, certificate FROM authority"
                                    " ORDER BY kind, generation");
    std::vector<AuthorityRow> rows;
    for (;;) {
        TRY_ASSIGN(found, query.step());
        if (!found)
            return rows;
        const AuthorityId id{static_cast<Authority>(query.integer(0)),
                             static_cast<std::uint32_t>(query.integer(1))};
        rows.push_back({id, {query.blob(2), query.blob(3)}, query.blob(4)});
    }
}

Result<IssuanceOrder> Transaction::ceremony_order(Draft draft, TimePoint now)
{
    auto query = m_database.prepare("SELECT 1 FROM settings");
    TRY_ASSIGN(initialised, query.step());
    if (initialised)
        return fail(ErrorCode::conflict, "the ceremony is over");
    return insert_intent(std::move(draft), now);
}

Result<CarriedOrder> Transaction::carry(const statements::VerifiedOrder& order, TimePoint now)
{
    const auto& id = order.order().id;
    auto insert = m_database.prepare("INSERT INTO carried_order(id, hash, action, at_ms) VALUES(?, ?, ?, ?)"
                                     " ON CONFLICT DO NOTHING");
    TRY(one_row(
        insert.bind(id.bytes()).bind(order.hash()).bind(order.order().action).bind(to_unix_ms(now)).run(),
        ErrorCode::already_exists, "the order was carried out before"));
    TRY(append_event("order", order.hash(), now));
    return CarriedOrder(id);
}

Status Transaction::finish(const CarriedOrder& carried, ByteView outcome)
{
    auto update = m_database.prepare("UPDATE carried_order SET outcome = ? WHERE id = ?");
    return one_row(update.bind(outcome).bind(carried.m_id.bytes()).run(), ErrorCode::internal, "order");
}

Result<Bytes> Transaction::order_outcome(const OrderId& id)
{
    auto query = m_database.prepare("SELECT outcome FROM carried_order WHERE id = ? AND outcome IS NOT NULL");
    TRY_ASSIGN(found, query.bind(id.bytes()).step());
    if (!found)
        return fail(ErrorCode::not_found, "no order of this id was carried out");
    return query.blob(0);
}

Result<IssuanceOrder> Transaction::ordered(Draft draft, const CarriedOrder&, TimePoint now)
{
    if (!may_issue_ordered(draft.authority().kind, draft.profile()))
        return fail(ErrorCode::forbidden, "this authority does not issue that");
    return insert_intent(std::move(draft), now);
}

Status Transaction::replace_settings(const Settings& settings, keystore::KeyStore& keys, const CarriedOrder&)
{
    const auto value = settings.encode();
    return one_row(m_database.prepare("UPDATE settings SET value = ?, seal = ?")
                       .bind(value)
                       .bind(keys.seal(settings_label, value))
                       .run(),
                   ErrorCode::internal, "settings");
}

Status Transaction::replace_certificate(const AuthorityId& id, const pki::Certificate& certificate,
                                        const CarriedOrder&)
{
    auto update = m_database.prepare("UPDATE authority SET certificate = ? WHERE name = ? AND spki = ?");
    update.bind(certificate.der()).bind(id.name()).bind(certificate.public_key().spki());
    return one_row(update.run(), ErrorCode::conflict, "authority");
}

Result<Bytes> Transaction::key_blob(const AuthorityId& id)
{
    auto query = m_database.prepare("SELECT key_blob FROM authority WHERE name = ?");
    TRY(query.bind(id.name()).step());
    return query.blob(0);
}

Status Transaction::forget_outcomes(std::string_view action, const CarriedOrder&)
{
    TRY(m_database.prepare("UPDATE carried_order SET outcome = NULL WHERE action = ?").bind(action).run());
    return {};
}

Status Transaction::put_key(const AuthorityId& id, ByteView blob, const CarriedOrder&)
{
    auto update = m_database.prepare("UPDATE authority SET key_blob = ? WHERE name = ?");
    return one_row(update.bind(blob).bind(id.name()).run(), ErrorCode::internal, "authority");
}

Result<std::vector<Bytes>> Transaction::cross_certificates()
{
    auto query = m_database.prepare("SELECT certificate FROM certificate WHERE profile = ?"
                                    " AND certificate IS NOT NULL ORDER BY rowid");
    query.bind(static_cast<std::int64_t>(pki::ProfileId::root_cross));
    std::vector<Bytes> all;
    for (;;) {
        TRY_ASSIGN(found, query.step());
        if (!found)
            return all;
        all.push_back(query.blob(0));
    }
}

Status Transaction::store_nonce(ByteView nonce, TimePoint now)
{
    TRY(m_database.prepare("DELETE FROM nonce WHERE expires_ms < ? AND attestation IS NULL")
            .bind(to_unix_ms(now))
            .run());
    auto count = m_database.prepare("SELECT count(*) FROM nonce WHERE attestation IS NULL");
    TRY(count.step());
    if (count.integer(0) >= limits::ca_nonces_live)
        return fail(ErrorCode::unavailable, "too many nonces wait for their attestation");
    TRY(m_database.prepare("INSERT INTO nonce(value, expires_ms) VALUES(?, ?)")
            .bind(nonce)
            .bind(to_unix_ms(now) + limits::ca_nonce_life_ms)
            .run());
    return {};
}

Status Transaction::consume_nonce(ByteView nonce, ByteView attestation_hash, TimePoint now)
{
    auto update = m_database.prepare(
        "UPDATE nonce SET attestation = ? WHERE value = ? AND attestation IS NULL AND expires_ms > ?");
    return one_row(update.bind(attestation_hash).bind(nonce).bind(to_unix_ms(now)).run(),
                   ErrorCode::verification_failed, "nonce is not ours, used, or expired");
}

Result<IssuanceOrder> Transaction::insert_intent(Draft draft, TimePoint now)
{
    TRY_ASSIGN(closed, is_closed(draft.authority()));
    if (closed)
        return fail(ErrorCode::gone, "the " + draft.authority().name() + " CA has made its last list");
    TRY(m_database
            .prepare("INSERT INTO certificate(serial, authority, profile, tbs, intended_ms, not_after_ms)"
                     " VALUES(?, ?, ?, ?, ?, ?)")
            .bind(draft.serial())
            .bind(draft.authority().name())
            .bind(static_cast<std::int64_t>(draft.profile()))
            .bind(draft.tbs())
            .bind(to_unix_ms(now))
            .bind(to_unix_ms(draft.not_after()))
            .run());
    TRY(append_event("issuance_intended", crypto::sha256(draft.tbs()), now));
    return IssuanceOrder(draft.authority(), draft.serial(), draft.tbs());
}

Result<IssuanceOrder> Transaction::store_intent(Draft draft, TimePoint now)
{
    if (!may_issue(draft.authority().kind, draft.profile()))
        return fail(ErrorCode::forbidden, "this authority does not issue that after its ceremony");
    return insert_intent(std::move(draft), now);
}

Status Transaction::store_identity(ByteView attestation_hash, const SignerId& signer, ByteView serial)
{
    TRY(m_database.prepare("INSERT INTO identity VALUES(?, ?, ?)")
            .bind(attestation_hash)
            .bind(serial)
            .bind(signer.bytes())
            .run());
    return {};
}

Result<std::optional<CertificateRow>> Transaction::identity(ByteView attestation_hash)
{
    auto query =
        m_database.prepare(select_certificate("identity i JOIN certificate c ON c.serial = i.serial") +
                           " WHERE i.attestation = ?");
    TRY_ASSIGN(found, query.bind(attestation_hash).step());
    if (!found)
        return std::optional<CertificateRow>();
    TRY_ASSIGN(row, read_certificate(query));
    return std::optional<CertificateRow>(std::move(row));
}

Result<IssuanceOrder> Transaction::reopen_intent(ByteView serial)
{
    auto query = m_database.prepare("SELECT c.tbs, a.generation FROM certificate c"
                                    " JOIN authority a ON a.name = c.authority"
                                    " WHERE c.serial = ? AND a.kind = ? AND c.certificate IS NULL"
                                    " AND c.revoked_ms IS NULL AND a.closed_ms IS NULL");
    TRY_ASSIGN(found, query.bind(serial).bind(static_cast<std::int64_t>(Authority::issuing)).step());
    if (!found)
        return fail(ErrorCode::conflict, "no intent waits for its signature");
    const AuthorityId id{Authority::issuing, static_cast<std::uint32_t>(query.integer(1))};
    return IssuanceOrder(id, to_bytes(serial), query.blob(0));
}

Status Transaction::store_certificate(const pki::Certificate& certificate, TimePoint now)
{
    auto update =
        m_database.prepare("UPDATE certificate SET certificate = ? WHERE serial = ? AND certificate IS NULL");
    TRY(one_row(update.bind(certificate.der()).bind(certificate.serial()).run(), ErrorCode::conflict,
                "certificate was stored already"));
    return append_event("issued", certificate.sha256(), now);
}

Result<std::optional<CertificateRow>> Transaction::certificate(ByteView serial)
{
    auto query = m_database.prepare(select_certificate("certificate c") + " WHERE c.serial = ?");
    TRY_ASSIGN(found, query.bind(serial).step());
    if (!found)
        return std::optional<CertificateRow>();
    TRY_ASSIGN(row, read_certificate(query));
    return std::optional<CertificateRow>(std::move(row));
}

Result<std::vector<Bytes>> Transaction::service_certificates()
{
    auto query = m_database.prepare("SELECT certificate FROM certificate WHERE authority NOT IN"
                                    " (SELECT name FROM authority WHERE kind = ?)"
                                    " AND certificate IS NOT NULL"
                                    " AND serial NOT IN (SELECT serial FROM identity)"
                                    " ORDER BY intended_ms DESC LIMIT 500");
    query.bind(static_cast<std::int64_t>(Authority::access));
    std::vector<Bytes> certificates;
    for (;;) {
        TRY_ASSIGN(found, query.step());
        if (!found)
            return certificates;
        certificates.push_back(query.blob(0));
    }
}

Status Transaction::claim_key(ByteView spki, const SignerId& signer)
{
    const auto hash = crypto::sha256(spki);
    TRY(m_database.prepare("INSERT INTO certified_key(spki_hash, signer) VALUES(?, ?) ON CONFLICT DO NOTHING")
            .bind(hash)
            .bind(signer.bytes())
            .run());
    auto query = m_database.prepare("SELECT signer, retired FROM certified_key WHERE spki_hash = ?");
    TRY(query.bind(hash).step());
    if (!equal_public(query.blob(0), signer.bytes()))
        return fail(ErrorCode::forbidden, "the key was certified for another signer");
    if (query.integer(1) != 0)
        return fail(ErrorCode::gone, "a certificate of this key was revoked");
    return {};
}

Status Transaction::check_never_certified(ByteView spki)
{
    auto query = m_database.prepare("SELECT 1 FROM certified_key WHERE spki_hash = ?");
    TRY_ASSIGN(found, query.bind(crypto::sha256(spki)).step());
    if (found)
        return fail(ErrorCode::unsupported, "a key of this type is certified once (TS 119 312)");
    return {};
}

Result<std::optional<SignerRow>> Transaction::signer(const SignerId& signer)
{
    auto query = m_database.prepare("SELECT sequence, statement, serial_number FROM signer WHERE signer = ?");
    TRY_ASSIGN(found, query.bind(signer.bytes()).step());
    if (!found)
        return std::optional<SignerRow>();
    return std::optional<SignerRow>(
        SignerRow{static_cast<std::uint64_t>(query.integer(0)), query.blob(1), query.text(2)});
}

Status Transaction::store_signer(const SignerId& signer, const SignerRow& row)
{
    TRY(m_database.prepare("INSERT OR REPLACE INTO signer VALUES(?, ?, ?, ?)")
            .bind(signer.bytes())
            .bind(static_cast<std::int64_t>(row.sequence))
            .bind(row.statement_hash)
            .bind(row.serial_number)
            .run());
    return {};
}

Result<bool> Transaction::counts(ByteView serial, const RevocationRequest& request, TimePoint now)
{
    auto valid = m_database.prepare("SELECT 1 FROM certificate WHERE serial = ? AND not_after_ms + 999 >= ?");
    TRY_ASSIGN(is_valid, valid.bind(serial).bind(to_unix_ms(now)).step());
    if (!request.per_hour || !is_valid)
        return false;
    auto recent = m_database.prepare("SELECT count(*) FROM certificate WHERE counted = 1 AND revoked_ms > ?");
    TRY(recent.bind(to_unix_ms(now - rate_window)).step());
    if (recent.integer(0) < static_cast<std::int64_t>(*request.per_hour))
        return true;
    return fail(ErrorCode::rate_limited, "more than " + std::to_string(*request.per_hour) +
                                             " revocations within an hour take officers");
}

Status Transaction::revoke(ByteView serial, const RevocationRequest& request, TimePoint now)
{
    TRY_ASSIGN(row, certificate(serial));
    if (row && row->revocation)
        return {};
    TRY(mark_revoked(serial, request, now));
    return retire_key(serial);
}

Status Transaction::mark_revoked(ByteView serial, const RevocationRequest& request, TimePoint now)
{
    TRY_ASSIGN(is_counted, counts(serial, request, now));
    auto update =
        m_database.prepare("UPDATE certificate SET revoked_ms = ?, reason = ?, counted = ? WHERE serial = ?");
    update.bind(to_unix_ms(now)).bind(std::int64_t{request.reason}).bind(std::int64_t{is_counted ? 1 : 0});
    TRY(one_row(update.bind(serial).run(), ErrorCode::not_found, "certificate"));
    TRY(put_on_list(serial));
    CanonicalWriter asked("QSS-CA-REVOCATION-v1");
    asked.bytes(serial).u64(request.reason).text(request.requested_by).time(request.requested_at);
    TRY(append_event("revocation_requested", asked.encoded(), now));
    return append_event("revoked", serial, now);
}

Status Transaction::retire_key(ByteView serial)
{
    TRY_ASSIGN(row, certificate(serial));
    if (!row || row->certificate.empty())
        return {};
    TRY_ASSIGN(revoked, pki::Certificate::from_der(row->certificate));
    TRY(m_database
            .prepare("INSERT INTO certified_key(spki_hash, signer, retired) VALUES(?, x'', 1)"
                     " ON CONFLICT(spki_hash) DO UPDATE SET retired = 1")
            .bind(crypto::sha256(revoked.public_key().spki()))
            .run());
    return {};
}

Result<bool> Transaction::is_retired(ByteView spki)
{
    auto query = m_database.prepare("SELECT 1 FROM certified_key WHERE spki_hash = ? AND retired = 1");
    return query.bind(crypto::sha256(spki)).step();
}

Status Transaction::append_event(std::string_view kind, ByteView subject, TimePoint now)
{
    return ca::append_event(m_database, kind, subject, now);
}

}
