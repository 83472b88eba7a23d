// The responder's own record: its key, its authorities with their certificates, and the newest CRL of
// each, whose number never goes down. SQLite, opened by this role alone; a Transaction lives inside one
// closure of the writer.
#pragma once

#include <optional>
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

struct AuthorityRow {
    Bytes issuer;    // DER certificates
    Bytes responder;
    Bytes crl;       // empty: none seen
    std::uint64_t crl_number = 0;
};

class Transaction {
public:
    explicit Transaction(sqlite::Database& database) : m_database(database) {}

    Result<std::optional<KeyRow>> key(keystore::KeyStore& keys); // `tampered` when its seal does not hold
    Status store_key(const KeyRow& row, keystore::KeyStore& keys); // already_exists
    Result<std::vector<AuthorityRow>> authorities(keystore::KeyStore& keys); // `tampered`, as above
    // The authorities are set once; afterwards only the responder's certificates are replaced.
    Status store_authority(const AuthorityRow& row, keystore::KeyStore& keys);
    // `conflict` for a number below the highest seen.
    Status store_crl(const pki::Certificate& issuer, const pki::Crl& crl);

private:
    sqlite::Database& m_database;
};

}
