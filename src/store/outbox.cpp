#include "store/outbox.h"

#include "store/columns.h"

namespace qss::store {

Status Outbox::add(const OutboxMessage& message, TimePoint due_at)
{
    TRY(m_database
            .prepare(
                "INSERT INTO outbox(kind, address, subject, body, attempts, due_at) VALUES(?, ?, ?, ?, 0, ?)")
            .bind(name_of(message.kind))
            .bind(message.address)
            .bind(message.subject)
            .bind(message.body)
            .bind(to_unix_ms(due_at))
            .run());
    return {};
}

Result<std::vector<OutboxMessage>> Outbox::due(TimePoint now, std::size_t limit)
{
    auto query = m_database.prepare("SELECT id, kind, address, subject, body, attempts FROM outbox "
                                    "WHERE due_at <= ? ORDER BY due_at, id LIMIT ?");
    query.bind(to_unix_ms(now)).bind(static_cast<std::int64_t>(limit));
    return all(query, [](Columns& c) {
        return OutboxMessage{c.integer(), c.name<MessageKind>(), c.text(), c.text(), c.text(), c.integer()};
    });
}

Status Outbox::remove(std::int64_t id)
{
    TRY(m_database.prepare("DELETE FROM outbox WHERE id = ?").bind(id).run());
    return {};
}

Status Outbox::retry(std::int64_t id, TimePoint due_at)
{
    TRY(m_database.prepare("UPDATE outbox SET attempts = attempts + 1, due_at = ? WHERE id = ?")
            .bind(to_unix_ms(due_at))
            .bind(id)
            .run());
    return {};
}

}
