// The latest checkpoint of the SAM's (docs/protocol-sam.md): what convicts a SAM whose record was put back.
// A view of one connection: make it inside Store::read or Store::write.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "sqlite/database.h"

namespace qss::store {

class SamCheckpoint {
public:
    explicit SamCheckpoint(sqlite::Database& database) : m_database(database) {}

    Result<Bytes> latest(); // empty: none yet
    Status keep(ByteView checkpoint);

private:
    sqlite::Database& m_database;
};

}
