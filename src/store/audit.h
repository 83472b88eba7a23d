// The audit log: rows are only ever appended, in the transaction of what they tell; if one cannot be
// written, neither can the act (AUD-3). A view of the writing connection.
#pragma once

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

class Audit {
public:
    explicit Audit(sqlite::Database& database) : m_database(database) {}

    Status append(const AuditEntry& entry);

private:
    sqlite::Database& m_database;
};

}
