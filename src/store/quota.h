// Signature quota of a pack without a counter row that every request updates
// (docs/decisions/006-database.md): each approval adds a row in its own transaction, so the count is exact
// after any crash; when many rows have come together, one approval folds them into the pack's sum. A view
// of the writing connection.
#pragma once

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

class SignatureQuota {
public:
    static constexpr std::int64_t fold_at_rows = 256;

    explicit SignatureQuota(sqlite::Database& database) : m_database(database) {}

    Result<std::int64_t> used(const PackId& pack);
    // quota_reached when fewer than `units` are left. The writer is the only one, so nobody comes between.
    Status spend(const PackId& pack, std::int64_t quota, std::int64_t units);
    // Units of a session that the SAM refused for good.
    Status give_back(const PackId& pack, std::int64_t units);

private:
    struct Sum {
        std::int64_t units = 0;
        std::int64_t rows = 0;
    };
    Result<Sum> unfolded(const PackId& pack);
    Result<std::int64_t> folded(const PackId& pack);
    Status fold(const PackId& pack, std::int64_t units);

    sqlite::Database& m_database;
};

}
