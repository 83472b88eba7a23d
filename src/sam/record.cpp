#include "sam/record.h"

#include <mutex>

#include "base/canonical.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "sam/record_labels.h"

namespace qss::sam {

namespace {

// `number` keeps the order of making. Contents of deleted and shortened rows are overwritten (a wrapped
// key that was destroyed is not left in a free page).
constexpr std::string_view migrations[] = {R"(
CREATE TABLE live_row(
    number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id BLOB NOT NULL, owner BLOB NOT NULL, lookup BLOB,
    state INTEGER NOT NULL, due INTEGER NOT NULL, version INTEGER NOT NULL, contents BLOB NOT NULL,
    seal BLOB NOT NULL);
CREATE UNIQUE INDEX live_row_id ON live_row(kind, id);
CREATE UNIQUE INDEX live_row_lookup ON live_row(kind, lookup) WHERE lookup IS NOT NULL;
CREATE INDEX live_row_owner ON live_row(kind, owner, state);
CREATE INDEX live_row_due ON live_row(kind, state, due);
CREATE TABLE archive(
    id BLOB PRIMARY KEY, kind INTEGER NOT NULL, owner BLOB NOT NULL, lookup BLOB, state INTEGER NOT NULL,
    due INTEGER NOT NULL, version INTEGER NOT NULL, contents BLOB NOT NULL, seal BLOB NOT NULL);
CREATE TABLE event_group(
    first INTEGER PRIMARY KEY, count INTEGER NOT NULL, entries BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE head(id INTEGER PRIMARY KEY CHECK(id = 1), contents BLOB NOT NULL, seal BLOB NOT NULL);
)"};

Bytes encode_head(const Head& head)
{
    return CanonicalWriter("QSS-SAM-HEAD-v1")
        .u64(head.next_event)
        .bytes(head.chain_hash)
        .u64(head.rows)
        .take();
}

Result<Head> decode_head(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, "QSS-SAM-HEAD-v1"));
    TRY_ASSIGN(next_event, reader.u64());
    TRY_ASSIGN(chain_hash, reader.bytes_exactly(32));
    TRY_ASSIGN(rows, reader.u64());
    TRY(reader.finish());
    return Head{next_event, to_bytes(chain_hash), rows};
}

Bytes seal_head(keystore::KeyStore& key_store, ByteView encoded_head, const MultisetSum& sum)
{
    return key_store.seal(head_label,
                          CanonicalWriter("QSS-SAM-SUM-v1").bytes(encoded_head).bytes(sum.bytes()).take());
}

struct Found { // when the record is opened
    Head head;
    MultisetSum sum;
    Status integrity;
};

// Tables and indexes say the same: else a row could hide from one of them.
Status check_structure(sqlite::Database& database)
{
    auto query = database.prepare("PRAGMA integrity_check(1)");
    TRY(query.step());
    if (query.text(0) != "ok")
        return fail(ErrorCode::tampered, "the record's file is damaged: " + query.text(0));
    return {};
}

// Reads every live row: verifies its seal and adds it up.
Result<Head> sum_up(sqlite::Database& database, keystore::KeyStore& key_store, MultisetSum& sum)
{
    TRY(check_structure(database));
    Changes unused;
    Head counted;
    std::vector<std::pair<std::int64_t, Bytes>> ids;
    {
        auto query = database.prepare("SELECT kind, id FROM live_row");
        for (;;) {
            TRY_ASSIGN(there, query.step());
            if (!there)
                break;
            ids.emplace_back(query.integer(0), query.blob(1));
        }
    }
    Transaction transaction(database, key_store, from_unix_ms(0), unused);
    for (const auto& [kind, id] : ids) {
        TRY_ASSIGN(row, transaction.find(static_cast<Kind>(kind), id));
        if (!row)
            return fail(ErrorCode::tampered, "a row of the record can not be found by its id");
        sum.add(key_store.seal(element_label, row->seal));
        ++counted.rows;
    }
    return counted;
}

Status check_chain_end(sqlite::Database& database, const Head& head)
{
    auto query =
        database.prepare("SELECT first, count, entries, hash FROM event_group ORDER BY first DESC LIMIT 1");
    TRY_ASSIGN(there, query.step());
    const auto next =
        there ? static_cast<std::uint64_t>(query.integer(0) + query.integer(1)) : std::uint64_t{1};
    const auto hash = there ? query.blob(3) : Bytes(32);
    if (next != head.next_event || !equal_public(hash, head.chain_hash))
        return fail(ErrorCode::tampered, "the chain of events does not end where the record's head says");
    return {};
}

Result<Found> examine(sqlite::Database& database, keystore::KeyStore& key_store)
{
    Found found;
    auto counted = sum_up(database, key_store, found.sum);
    auto query = database.prepare("SELECT contents, seal FROM head");
    TRY_ASSIGN(there, query.step());
    if (!counted) {
        found.integrity = fail(ErrorCode::tampered, counted.error().detail);
    } else if (!there) {
        if (counted->rows != 0)
            found.integrity = fail(ErrorCode::tampered, "the record's head is missing");
    } else {
        const auto contents = query.blob(0);
        auto head = decode_head(contents);
        if (!head)
            found.integrity = fail(ErrorCode::tampered, "the record's head: " + head.error().detail);
        else if (!equal_constant_time(seal_head(key_store, contents, found.sum), query.blob(1)))
            found.integrity =
                fail(ErrorCode::tampered, "rows of the record were put back, exchanged or deleted");
        else
            found.head = std::move(*head);
    }
    if (found.integrity)
        found.integrity = check_chain_end(database, found.head);
    return found;
}

}

Bytes chain(const Head& head, std::uint64_t count, ByteView entries)
{
    CanonicalWriter out("QSS-SAM-CHAIN-v1");
    out.bytes(head.chain_hash).u64(head.next_event).u64(count).bytes(entries);
    return crypto::sha256(out.encoded());
}

class Record::Impl {
public:
    Impl(sqlite::Database database, keystore::KeyStore& store, const Clock& time, Found found)
        : key_store(store), clock(time), committed{std::move(found.head), found.sum}, group(committed),
          writer(
              std::move(database), [this](sqlite::Database& db) { return write_head(db); }, 10'000,
              [this](const Status& status) { end_group(status); })
    {
    }

    struct Ledger {
        Head head;
        MultisetSum sum;
    };

    Status run(const std::function<Status(Transaction&)>& closure)
    {
        return writer.write([this, &closure](sqlite::Database& database) -> Status {
            Changes changes;
            Transaction transaction(database, key_store, clock.now(), changes);
            TRY(closure(transaction)); // an error's changes are dropped with its savepoint
            group.sum.add(changes.sum);
            group.head.rows += static_cast<std::uint64_t>(changes.rows);
            std::move(changes.events.begin(), changes.events.end(), std::back_inserter(group_events));
            group_wrote = group_wrote || changes.wrote;
            return {};
        });
    }

    Status write_head(sqlite::Database& database)
    {
        if (!group_wrote)
            return {};
        if (!group_events.empty())
            TRY(write_events(database));
        const auto contents = encode_head(group.head);
        auto statement =
            database.prepare("INSERT INTO head(id, contents, seal) VALUES(1, ?, ?) ON CONFLICT(id) DO "
                             "UPDATE SET contents = excluded.contents, seal = excluded.seal");
        TRY(statement.bind(contents).bind(seal_head(key_store, contents, group.sum)).run());
        return {};
    }

    Status write_events(sqlite::Database& database)
    {
        CanonicalWriter entries("QSS-SAM-EVENTS-v1");
        for (const auto& event : group_events)
            entries.bytes(event);
        const auto count = group_events.size();
        const auto hash = chain(group.head, count, entries.encoded());
        auto statement =
            database.prepare("INSERT INTO event_group(first, count, entries, hash) VALUES(?, ?, ?, ?)");
        statement.bind(static_cast<std::int64_t>(group.head.next_event))
            .bind(static_cast<std::int64_t>(count));
        TRY(statement.bind(entries.encoded()).bind(hash).run());
        group.head.next_event += count;
        group.head.chain_hash = hash;
        return {};
    }

    void end_group(const Status& status)
    {
        if (status) {
            const std::lock_guard lock(mutex);
            committed = group;
        } else {
            log::alarm("the record could not be written", {{"detail", status.error().detail}});
            group = committed; // this thread alone writes `committed`
        }
        group_events.clear();
        group_wrote = false;
    }

    keystore::KeyStore& key_store;
    const Clock& clock;
    std::mutex mutex;                // guards `committed` between the writer's thread and readers
    Ledger committed;
    Ledger group;                    // the writer's thread alone, as the next two
    std::vector<Bytes> group_events;
    bool group_wrote = false;
    sqlite::Writer writer;           // last: its thread uses all of the above
};

Record::Record(std::unique_ptr<Impl> impl, Status integrity)
    : m_impl(std::move(impl)), m_integrity(std::move(integrity))
{
}

Record::~Record() = default;

Result<std::unique_ptr<Record>> Record::open(const std::string& directory, keystore::KeyStore& key_store,
                                             const Clock& clock)
{
    TRY_ASSIGN(database, sqlite::Database::open(directory + "/record.db", sqlite::Access::exclusive));
    TRY(database.execute("PRAGMA secure_delete=ON"));
    // Before anything is read or changed: a trigger could undo whatever this process writes.
    Found found;
    found.integrity = database.check_schema(migrations);
    if (found.integrity) {
        TRY(database.migrate(migrations));
        TRY_ASSIGN(examined, examine(database, key_store));
        found = std::move(examined);
    }
    auto integrity = found.integrity;
    if (!integrity)
        log::alarm("the record does not hold together", {{"detail", integrity.error().detail}});
    return std::unique_ptr<Record>(
        new Record(std::make_unique<Impl>(std::move(database), key_store, clock, std::move(found)),
                   std::move(integrity)));
}

Head Record::head() const
{
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->committed.head;
}

sqlite::Writer::Counts Record::counts() const
{
    return m_impl->writer.counts();
}

Status Record::run(const std::function<Status(Transaction&)>& closure)
{
    return m_impl->run(closure);
}

}
