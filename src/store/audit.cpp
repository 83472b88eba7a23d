#include "store/audit.h"

#include "store/columns.h"

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

Result<std::vector<AuditEntry>> Audit::of_object(std::string_view object)
{
    auto query = m_database.prepare(
        "SELECT at, actor, action, object, detail FROM audit WHERE object = ? ORDER BY id");
    query.bind(object);
    return all(query,
               [](Columns& c) { return AuditEntry{c.time(), c.text(), c.text(), c.text(), c.text()}; });
}

}
