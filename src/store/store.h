// The main database: one single writer with group commit, and a pool of read-only connections. SQL is
// kept portable to PostgreSQL where that is cheap (docs/decisions/006-database.md). Safe from any thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "sqlite/database.h"
#include "sqlite/writer.h"

namespace qss::store {

struct StoreOptions {
    std::string path;
    std::size_t readers = 4;
    std::size_t write_queue = 10'000;
};

class Store {
public:
    // Creates and migrates the file as needed.
    static Result<std::unique_ptr<Store>> open(const StoreOptions& options);

    // `query`: Result<T>(sqlite::Database&) on a read-only connection; waits for a free one. All that it
    // asks is of one moment: what belongs together is read together (and costs one look at the file).
    template <class F>
    auto read(F query) -> std::invoke_result_t<F, sqlite::Database&>
    {
        const Lease lease(*this);
        TRY(lease.begun());
        return query(lease.database());
    }

    // `change`: Result<T>(sqlite::Database&) in one durable transaction; may be run once only, rolled
    // back alone when it fails. Returns after the commit is on the disk.
    template <class F>
    auto write(F change) -> std::invoke_result_t<F, sqlite::Database&>
    {
        if constexpr (std::is_same_v<std::invoke_result_t<F, sqlite::Database&>, Status>)
            return m_writer.write(std::move(change));
        else
            return m_writer.write_returning(std::move(change));
    }

    // For what nobody waits for, and whose loss only repeats work.
    void write_later(sqlite::Writer::Closure change, sqlite::Writer::Done done)
    {
        m_writer.write_async(std::move(change), std::move(done));
    }

    // Whether something can be made durable now: a page is written and synced, with what it held before.
    Status probe();

    [[nodiscard]] sqlite::Writer::Counts counts() const { return m_writer.counts(); }

private:
    class Lease {
    public:
        explicit Lease(Store& store)
            : m_store(store), m_database(store.borrow()), m_begun(m_database->begin_reading())
        {
        }
        ~Lease()
        {
            m_database->end_reading();
            m_store.give_back(m_database);
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        [[nodiscard]] const Status& begun() const { return m_begun; }
        [[nodiscard]] sqlite::Database& database() const { return *m_database; }

    private:
        Store& m_store;
        sqlite::Database* const m_database;
        const Status m_begun;
    };

    Store(sqlite::Database writing, std::vector<sqlite::Database> reading, std::size_t write_queue);
    sqlite::Database* borrow();
    void give_back(sqlite::Database* database);

    sqlite::Writer m_writer;
    std::vector<sqlite::Database> m_readers;
    std::mutex m_mutex;                      // guards m_free
    std::vector<sqlite::Database*> m_free;
    std::condition_variable m_freed;
};

}
