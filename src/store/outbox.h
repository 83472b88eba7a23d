// Messages that must leave, written in the transaction that causes them, deleted once a sink has them.
// A view of one connection: make it inside Store::read or Store::write.
#pragma once

#include <vector>

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

class Outbox {
public:
    explicit Outbox(sqlite::Database& database) : m_database(database) {}

    Status add(const OutboxMessage& message, TimePoint due_at);
    Result<std::vector<OutboxMessage>> due(TimePoint now, std::size_t limit); // oldest first
    Status remove(std::int64_t id);
    Status retry(std::int64_t id, TimePoint due_at);

private:
    sqlite::Database& m_database;
};

}
