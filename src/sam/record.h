// The SAM's own record (docs/invariants.md 4; KEY-5): rows sealed by the key store, in a SQLite file that
// this process alone opens. A row that was altered is refused, with an alarm. A row that was put back,
// swapped or deleted changes the multiset hash of all rows, which the sealed head of the record fixes with
// each commit: checked when the record is opened. Events are numbered and chained, one entry of the chain
// for each group of commits (docs/protocol-sam.md 3). Safe from any thread; a transaction's closure runs
// on the writer's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "keystore/key_store.h"
#include "sam/row.h"
#include "sqlite/writer.h"

namespace qss::sam {

struct Head {
    std::uint64_t next_event = 1;
    Bytes chain_hash = Bytes(32); // of the last event group
    std::uint64_t rows = 0;
};

// The chain's hash after the `count` events of one group, encoded, that follow `head`.
Bytes chain(const Head& head, std::uint64_t count, ByteView entries);

// What one closure changes; kept only if its savepoint and its group are.
struct Changes {
    MultisetSum sum;
    std::int64_t rows = 0;
    std::vector<Bytes> events;
    bool wrote = false;
};

class Transaction {
public:
    Transaction(sqlite::Database& database, keystore::KeyStore& key_store, TimePoint now, Changes& changes)
        : m_database(database), m_key_store(key_store), m_now(now), m_changes(changes)
    {
    }

    [[nodiscard]] TimePoint now() const { return m_now; }

    // Each row's seal is verified: `tampered`, and an alarm, when it does not hold.
    Result<std::optional<Row>> find(Kind kind, ByteView id);
    Result<std::optional<Row>> find_by_lookup(Kind kind, ByteView lookup);
    Result<std::vector<Row>> owned_by(Kind kind, ByteView owner);
    // Up to `limit`, the earliest due first.
    Result<std::vector<Row>> due_before(Kind kind, std::int64_t state, TimePoint time, std::int64_t limit);
    Result<std::int64_t> count(Kind kind, ByteView owner, std::int64_t state);
    Result<std::int64_t> count_due_after(Kind kind, std::int64_t state, TimePoint time);
    // Those whose contents hold `part` somewhere: reads all of the kind, which officers' orders alone may
    // cost.
    Result<std::vector<Row>> containing(Kind kind, ByteView part);

    // already_exists when id or lookup are taken.
    Status insert(Row row);
    // `row` as it was read, with new values; `conflict` when it has changed since.
    Status update(Row row);
    // Out of the live rows into the archive, where it stays, sealed (a session's id is never used again).
    Status archive(Row row);
    Result<std::optional<Row>> find_archived(ByteView id);

    // Whether the events recorded since `from` chain its hash to that of `to`, each hash computed anew:
    // only a head is sealed, stored hashes are anybody's. Sees what is committed.
    Result<bool> chain_leads(const Head& from, const Head& to);

    // Enters the SAM's own chain with this commit.
    void event(std::string_view what, ByteView subject, ByteView detail = {});

private:
    Result<Row> read(sqlite::Statement& statement, std::string_view label);
    Result<std::optional<Row>> read_one(sqlite::Statement& statement, std::string_view label);
    Result<std::vector<Row>> read_all(sqlite::Statement& statement);
    void count_in(const Row& row);
    void count_out(const Row& row);

    sqlite::Database& m_database;
    keystore::KeyStore& m_key_store;
    const TimePoint m_now;
    Changes& m_changes;
};

class Record {
public:
    // Opens `directory`/record.db or makes it. Reads every live row.
    static Result<std::unique_ptr<Record>> open(const std::string& directory, keystore::KeyStore& key_store,
                                                const Clock& clock);
    ~Record();
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;

    // How the record was found at open: `tampered` with what is wrong.
    [[nodiscard]] const Status& integrity() const { return m_integrity; }
    [[nodiscard]] Head head() const; // of the last commit
    [[nodiscard]] sqlite::Writer::Counts counts() const;

    // `closure` is Result<T>(Transaction&) or Status(Transaction&). Returns when what it did is durable;
    // an error undoes what it did. It must not block.
    template <class F>
    auto transact(F closure) -> std::invoke_result_t<F, Transaction&>
    {
        using Outcome = std::invoke_result_t<F, Transaction&>;
        Outcome outcome = fail(ErrorCode::internal, "transaction did not run");
        const auto status = run([&](Transaction& transaction) -> Status {
            outcome = closure(transaction);
            if (!outcome)
                return fail(outcome.error());
            return {};
        });
        if (!status)
            return fail(status.error());
        return outcome;
    }

private:
    class Impl;
    Record(std::unique_ptr<Impl> impl, Status integrity);
    Status run(const std::function<Status(Transaction&)>& closure);

    std::unique_ptr<Impl> m_impl;
    const Status m_integrity;
};

}
