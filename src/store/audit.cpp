#include "store/audit.h"

namespace qss::store {

Status Audit::append(const AuditEntry& entry)
{
    TRY(m_database.prepare("INSERT INTO audit(at, actor, action, object, detail) VALUES(?, ?, ?, ?, ?)")
            .bind(to_unix_ms(entry.at))
            .bind(entry.actor)
            .bind(entry.action)
            .bind(entry.object)
            .bind(entry.detail)
            .run());
    return {};
}

}
