// The responder's own record: its key, its authorities with their certificates, and the newest of each of
// their CRLs, whose number never goes down. SQLite, opened by this role alone; a Transaction lives inside one
// closure of the writer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keystore/key_store.h"
#include "pki/crl.h"
#include "sqlite/writer.h"

namespace qss::ocsp {

Result<sqlite::Database> open_record(const std::string& path);

struct KeyRow {
    keystore::GeneratedKey key;
    bool sandbox = false;
};

enum class KeySlot : std::int64_t { current = 1, next = 2 };

struct CrlRow {
    std::string distribution_point; // empty: it covers all certificates
    Bytes crl;
    std::uint64_t number = 0;
};

struct AuthorityRow {
    Bytes issuer; // DER certificates
    Bytes responder;
    std::vector<CrlRow> crls;
};

class Transaction {
public:
    explicit Transaction(sqlite::Database& database) : m_database(database) {}

    // `tampered` when its seal does not hold.
    Result<std::optional<KeyRow>> key(KeySlot slot, keystore::KeyStore& keys);
    Status store_key(KeySlot slot, const KeyRow& row, keystore::KeyStore& keys); // already_exists
    Status next_key_becomes_current();
    Result<std::vector<AuthorityRow>> authorities(keystore::KeyStore& keys); // `tampered`, as above
    // Certificates of an authority replace its earlier ones; its CRLs stay as they are.
    Status store_authority(const AuthorityRow& row, keystore::KeyStore& keys);
    // `conflict` for a number below the highest seen for that distribution point.
    Status store_crl(const pki::Certificate& issuer, const pki::Crl& crl);

private:
    Result<std::vector<CrlRow>> crls(ByteView issuer_id);
    sqlite::Database& m_database;
};

}
