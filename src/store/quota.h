// Quotas of a pack, of signatures and of time-stamps, without a counter row that every request updates
// (docs/decisions/006-database.md): each approval adds a row in its own transaction, so the count is exact
// after any crash; when many rows have come together, one approval folds them into the pack's sum. A view
// of the writing connection.
#pragma once

#include <string_view>

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

enum class Counted { signatures, timestamps };

class Quota {
public:
    static constexpr std::int64_t fold_at_rows = 256;

    Quota(sqlite::Database& database, Counted counted);

    Result<std::int64_t> used(const PackId& pack);
    // quota_reached when fewer than `units` are left. The writer is the only one, so nobody comes between.
    Status spend(const PackId& pack, std::int64_t quota, std::int64_t units);
    // Units of what was not given after all.
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
    const std::string_view m_kind; // as the tables have it
};

}
