// The unit's own record: what it is, its keys with their certificates, every token that it gave and what
// became of its clock (EN 319 421 7.12). SQLite, opened by this role alone; a Transaction lives inside one
// closure of the writer. What decides about signing is sealed by the key store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "keystore/key_store.h"
#include "sqlite/writer.h"
#include "tsa/trusted_clock.h"

namespace qss::tsa {

Result<sqlite::Database> open_record(const std::string& path);
Status check_record(sqlite::Database& database); // `tampered`: a trigger or table that is not ours

struct SettingsRow { // fixed by INITIALISE
    bool sandbox = false;
    crypto::KeyType key_type = crypto::KeyType::rsa3072;
    std::string policy; // OID
    Milliseconds accuracy{500};
};

struct KeyRow {
    std::int64_t number = 1;
    keystore::GeneratedKey key;
    Bytes certificate; // DER; empty: not certified yet
    Bytes issuer;      // DER
    Bytes root;        // DER: pinned by the first
    std::optional<TimePoint> revoked_at; // by a CRL of the issuer: for good
};

struct TokenRow {
    ByteView serial;
    const crypto::Digest& digest;
    std::string_view policy;
    TokenTime when;
};

class Transaction {
public:
    explicit Transaction(sqlite::Database& database) : m_database(database) {}

    // `tampered` when a seal does not hold.
    Result<std::optional<SettingsRow>> settings(keystore::KeyStore& keys);
    Status store_settings(const SettingsRow& row, keystore::KeyStore& keys); // already_exists
    Result<std::optional<KeyRow>> key_in_use(keystore::KeyStore& keys); // the newest that has a certificate
    Result<std::optional<KeyRow>> key_to_follow(keystore::KeyStore& keys); // newer still, without one
    Status store_key(const KeyRow& row, keystore::KeyStore& keys); // in place of that number's

    Status store_token(const TokenRow& row); // already_exists: the serial number is taken
    Result<TimePoint> last_token_time(); // 1970 when there is none
    Status append_event(TimePoint at, std::string_view kind, std::string_view detail);

private:
    Result<std::optional<KeyRow>> key(std::string_view query, keystore::KeyStore& keys);
    sqlite::Database& m_database;
};

}
