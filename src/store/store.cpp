#include "store/store.h"

#include "store/schema.h"

namespace qss::store {

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options)
{
    TRY_ASSIGN(writing, sqlite::Database::open(options.path, sqlite::Access::read_write));
    // A code that was sent, a user who was removed: what is deleted is overwritten, not left in a free page.
    TRY(writing.execute("PRAGMA secure_delete=ON"));
    TRY(writing.migrate(migrations()));
    std::vector<sqlite::Database> reading;
    for (std::size_t i = 0; i < options.readers; ++i) {
        TRY_ASSIGN(reader, sqlite::Database::open(options.path, sqlite::Access::read_only));
        reading.push_back(std::move(reader));
    }
    return std::unique_ptr<Store>(new Store(std::move(writing), std::move(reading), options.write_queue));
}

Store::Store(sqlite::Database writing, std::vector<sqlite::Database> reading, std::size_t write_queue)
    : m_writer(std::move(writing), {}, write_queue), m_readers(std::move(reading))
{
    QSS_ASSERT(!m_readers.empty());
    for (auto& reader : m_readers)
        m_free.push_back(&reader);
}

Status Store::probe()
{
    return write([](sqlite::Database& database) -> Status {
        std::int64_t version = 0;
        {
            auto query = database.prepare("PRAGMA user_version");
            TRY(query.step());
            version = query.integer(0);
        }
        return database.execute("PRAGMA user_version=" + std::to_string(version));
    });
}

sqlite::Database* Store::borrow()
{
    std::unique_lock lock(m_mutex);
    m_freed.wait(lock, [this] { return !m_free.empty(); });
    auto* const database = m_free.back();
    m_free.pop_back();
    return database;
}

void Store::give_back(sqlite::Database* database)
{
    {
        const std::lock_guard lock(m_mutex);
        m_free.push_back(database);
    }
    m_freed.notify_one();
}

}
