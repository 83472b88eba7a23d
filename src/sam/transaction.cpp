#include "base/canonical.h"
#include "base/encoding.h"
#include "base/log.h"
#include "sam/record.h"
#include "sam/record_labels.h"

namespace qss::sam {

namespace {

constexpr std::string_view columns = "kind, id, owner, lookup, state, due, version, contents, seal";

std::string select(std::string_view where)
{
    return "SELECT " + std::string(columns) + " FROM live_row WHERE " + std::string(where);
}

Row row_from(const sqlite::Statement& statement)
{
    Row row;
    row.kind = static_cast<Kind>(statement.integer(0));
    row.id = statement.blob(1);
    row.owner = statement.blob(2);
    if (!statement.is_null(3))
        row.lookup = statement.blob(3);
    row.state = statement.integer(4);
    row.due_unix_ms = statement.integer(5);
    row.version = statement.integer(6);
    row.contents = statement.blob(7);
    row.seal = statement.blob(8);
    return row;
}

}

Result<Row> Transaction::read(sqlite::Statement& statement, std::string_view label)
{
    auto row = row_from(statement);
    if (!equal_constant_time(m_key_store.seal(label, row.sealed_encoding()), row.seal)) {
        log::alarm("a row of the record was altered",
                   {{"kind", std::to_string(static_cast<int>(row.kind))}, {"id", hex_encode(row.id)}});
        return fail(ErrorCode::tampered, "a row of the record was altered: " + hex_encode(row.id));
    }
    return row;
}

Result<std::optional<Row>> Transaction::read_one(sqlite::Statement& statement, std::string_view label)
{
    TRY_ASSIGN(there, statement.step());
    if (!there)
        return std::optional<Row>();
    TRY_ASSIGN(row, read(statement, label));
    return std::optional<Row>(std::move(row));
}

Result<std::vector<Row>> Transaction::read_all(sqlite::Statement& statement)
{
    std::vector<Row> rows;
    for (;;) {
        TRY_ASSIGN(there, statement.step());
        if (!there)
            return rows;
        TRY_ASSIGN(row, read(statement, live_row_label));
        rows.push_back(std::move(row));
    }
}

Result<std::optional<Row>> Transaction::find(Kind kind, ByteView id)
{
    static const auto sql = select("kind = ? AND id = ?");
    auto statement = m_database.prepare(sql);
    statement.bind(static_cast<std::int64_t>(kind)).bind(id);
    return read_one(statement, live_row_label);
}

Result<std::optional<Row>> Transaction::find_by_lookup(Kind kind, ByteView lookup)
{
    static const auto sql = select("kind = ? AND lookup = ?");
    auto statement = m_database.prepare(sql);
    statement.bind(static_cast<std::int64_t>(kind)).bind(lookup);
    return read_one(statement, live_row_label);
}

Result<std::vector<Row>> Transaction::owned_by(Kind kind, ByteView owner)
{
    static const auto sql = select("kind = ? AND owner = ? ORDER BY number");
    auto statement = m_database.prepare(sql);
    statement.bind(static_cast<std::int64_t>(kind)).bind(owner);
    return read_all(statement);
}

Result<std::vector<Row>> Transaction::due_before(Kind kind, std::int64_t state, TimePoint time,
                                                 std::int64_t limit)
{
    static const auto sql = select("kind = ? AND state = ? AND due < ? ORDER BY due LIMIT ?");
    auto statement = m_database.prepare(sql);
    statement.bind(static_cast<std::int64_t>(kind)).bind(state).bind(to_unix_ms(time)).bind(limit);
    return read_all(statement);
}

Result<std::int64_t> Transaction::count(Kind kind, ByteView owner, std::int64_t state)
{
    auto statement =
        m_database.prepare("SELECT count(*) FROM live_row WHERE kind = ? AND owner = ? AND state = ?");
    statement.bind(static_cast<std::int64_t>(kind)).bind(owner).bind(state);
    TRY(statement.step());
    return statement.integer(0);
}

Result<std::int64_t> Transaction::count_due_after(Kind kind, std::int64_t state, TimePoint time)
{
    auto statement =
        m_database.prepare("SELECT count(*) FROM live_row WHERE kind = ? AND state = ? AND due > ?");
    statement.bind(static_cast<std::int64_t>(kind)).bind(state).bind(to_unix_ms(time));
    TRY(statement.step());
    return statement.integer(0);
}

Result<std::vector<Row>> Transaction::containing(Kind kind, ByteView part)
{
    static const auto sql = select("kind = ? AND instr(contents, ?) > 0");
    auto statement = m_database.prepare(sql);
    statement.bind(static_cast<std::int64_t>(kind)).bind(part);
    return read_all(statement);
}

void Transaction::count_in(const Row& row)
{
    m_changes.sum.add(m_key_store.seal(element_label, row.seal));
    m_changes.rows += 1;
    m_changes.wrote = true;
}

void Transaction::count_out(const Row& row)
{
    m_changes.sum.subtract(m_key_store.seal(element_label, row.seal));
    m_changes.rows -= 1;
    m_changes.wrote = true;
}

Status Transaction::insert(Row row)
{
    QSS_ASSERT(row.version == 0 && row.seal.empty());
    row.version = 1;
    row.seal = m_key_store.seal(live_row_label, row.sealed_encoding());
    auto statement =
        m_database.prepare("INSERT INTO live_row(kind, id, owner, lookup, state, due, version, contents, "
                           "seal) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    statement.bind(static_cast<std::int64_t>(row.kind)).bind(row.id).bind(row.owner).bind(row.lookup);
    statement.bind(row.state).bind(row.due_unix_ms).bind(row.version).bind(row.contents).bind(row.seal);
    TRY(statement.run());
    count_in(row);
    return {};
}

Status Transaction::update(Row row)
{
    QSS_ASSERT(row.version > 0);
    const auto old_seal = row.seal;
    Row old;
    old.seal = old_seal;
    row.version += 1;
    row.seal = m_key_store.seal(live_row_label, row.sealed_encoding());
    auto statement =
        m_database.prepare("UPDATE live_row SET owner = ?, lookup = ?, state = ?, due = ?, version = ?, "
                           "contents = ?, seal = ? WHERE kind = ? AND id = ? AND seal = ?");
    statement.bind(row.owner).bind(row.lookup).bind(row.state).bind(row.due_unix_ms).bind(row.version);
    statement.bind(row.contents).bind(row.seal);
    statement.bind(static_cast<std::int64_t>(row.kind)).bind(row.id).bind(old_seal);
    TRY_ASSIGN(changed, statement.run());
    if (changed != 1)
        return fail(ErrorCode::conflict, "the row has changed meanwhile");
    count_out(old);
    count_in(row);
    return {};
}

Status Transaction::archive(Row row)
{
    QSS_ASSERT(row.version > 0);
    auto removal = m_database.prepare("DELETE FROM live_row WHERE kind = ? AND id = ? AND seal = ?");
    removal.bind(static_cast<std::int64_t>(row.kind)).bind(row.id).bind(row.seal);
    TRY_ASSIGN(changed, removal.run());
    if (changed != 1)
        return fail(ErrorCode::conflict, "the row has changed meanwhile");
    count_out(row);
    row.version += 1;
    row.seal = m_key_store.seal(archive_label, row.sealed_encoding());
    auto statement =
        m_database.prepare("INSERT INTO archive(kind, id, owner, lookup, state, due, version, contents, "
                           "seal) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    statement.bind(static_cast<std::int64_t>(row.kind)).bind(row.id).bind(row.owner).bind(row.lookup);
    statement.bind(row.state).bind(row.due_unix_ms).bind(row.version).bind(row.contents).bind(row.seal);
    TRY(statement.run());
    return {};
}

Result<std::optional<Row>> Transaction::find_archived(ByteView id)
{
    static const auto sql = "SELECT " + std::string(columns) + " FROM archive WHERE id = ?";
    auto statement = m_database.prepare(sql);
    statement.bind(id);
    return read_one(statement, archive_label);
}

Result<bool> Transaction::chain_leads(const Head& from, const Head& to)
{
    Head at = from;
    auto statement =
        m_database.prepare("SELECT first, count, entries FROM event_group WHERE first >= ? ORDER BY first");
    statement.bind(static_cast<std::int64_t>(from.next_event));
    for (;;) {
        TRY_ASSIGN(there, statement.step());
        if (!there)
            return at.next_event == to.next_event && equal_public(at.chain_hash, to.chain_hash);
        const auto count = statement.integer(1);
        if (statement.integer(0) != static_cast<std::int64_t>(at.next_event) || count <= 0)
            return false;
        at.chain_hash = chain(at, static_cast<std::uint64_t>(count), statement.blob(2));
        at.next_event += static_cast<std::uint64_t>(count);
    }
}

void Transaction::event(std::string_view what, ByteView subject, ByteView detail)
{
    CanonicalWriter out("QSS-SAM-EVENT-v1");
    out.u64(static_cast<std::uint64_t>(to_unix_ms(m_now))).text(what).bytes(subject).bytes(detail);
    m_changes.events.push_back(out.take());
    m_changes.wrote = true;
}

}
