// Signing identities of users in packs. A view of one connection: make it inside Store::read or
// Store::write.
#pragma once

#include <optional>
#include <vector>

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

class IdentityTable {
public:
    explicit IdentityTable(sqlite::Database& database) : m_database(database) {}

    // already_exists: the user has an identity in the pack that is not revoked, or the key has one.
    Status add(const Identity& identity);
    // The one that is not revoked.
    Result<std::optional<Identity>> of_user(const UserId& user, const PackId& pack);
    Result<std::optional<Identity>> by_key(const KeyId& key);
    Result<std::optional<Identity>> by_serial(ByteView serial); // of its certificate
    Result<std::vector<Identity>> all_of(const UserId& user); // not revoked
    Result<std::vector<Identity>> revoking();
    Status set_attestation(const KeyId& key, ByteView attestation, ByteView statement); // while attested
    // attested -> issued. False: it was not attested.
    Result<bool> set_certificate(const Identity& issued);
    // False: it was not in `from`.
    Result<bool> move(const KeyId& key, IdentityStatus from, IdentityStatus to);
    // All of a user's that are not revoked, to `revoking`.
    Status begin_revocation(const UserId& user, const RevocationRequest& request);
    Status begin_revocation(const KeyId& key, const RevocationRequest& request);
    Result<std::optional<Revocation>> revocation(const KeyId& key);
    Result<std::optional<Revocation>> last_revocation(const UserId& user); // under way
    Status set_receipts(const Revocation& revocation);
    // By status if it is given, the newest first, at most `limit`.
    Result<std::vector<Identity>> list(std::optional<IdentityStatus> status, std::int64_t limit);

private:
    sqlite::Database& m_database;
};

}
