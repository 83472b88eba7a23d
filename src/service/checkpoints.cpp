#include "service/checkpoints.h"

#include "base/log.h"
#include "store/sam_checkpoint.h"

namespace qss::service {

Status Checkpoints::exchange()
{
    TRY_ASSIGN(kept, m_store.read([](sqlite::Database& db) { return store::SamCheckpoint(db).latest(); }));
    const auto next = m_sam.exchange_checkpoint(kept);
    if (!next) {
        const auto code = next.error().code;
        const bool convicted = code == ErrorCode::tampered || code == ErrorCode::verification_failed;
        if (convicted && !m_alarmed)
            log::alarm("the SAM's record is not the one that made the last checkpoint",
                       {{"detail", next.error().detail}});
        m_alarmed = m_alarmed || convicted;
        return fail(next.error());
    }
    m_alarmed = false;
    return m_store.write([&](sqlite::Database& db) { return store::SamCheckpoint(db).keep(*next); });
}

}
