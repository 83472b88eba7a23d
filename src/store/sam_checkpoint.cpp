#include "store/sam_checkpoint.h"

namespace qss::store {

Result<Bytes> SamCheckpoint::latest()
{
    auto query = m_database.prepare("SELECT checkpoint FROM sam_checkpoint WHERE id = 1");
    TRY_ASSIGN(there, query.step());
    return there ? query.blob(0) : Bytes();
}

Status SamCheckpoint::keep(ByteView checkpoint)
{
    TRY(m_database
            .prepare("INSERT INTO sam_checkpoint(id, checkpoint) VALUES(1, ?) "
                     "ON CONFLICT(id) DO UPDATE SET checkpoint = excluded.checkpoint")
            .bind(checkpoint)
            .run());
    return {};
}

}
