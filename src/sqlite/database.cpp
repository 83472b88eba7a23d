#include "sqlite/database.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <sqlite3.h>

namespace qss::sqlite {

namespace {

Error error_of(sqlite3* database, int code)
{
    const int extended = sqlite3_extended_errcode(database);
    auto kind = ErrorCode::io;
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY)
        kind = ErrorCode::already_exists;
    else if (code == SQLITE_CONSTRAINT)
        kind = ErrorCode::conflict;
    else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        kind = ErrorCode::unavailable;
    return {kind, std::string("sqlite: ") + sqlite3_errmsg(database)};
}

}

Statement::Statement(sqlite3* database, sqlite3_stmt* statement, Error error)
    : m_database(database), m_statement(statement), m_error(std::move(error)), m_failed(statement == nullptr)
{
}

Statement::Statement(Statement&& other) noexcept
    : m_database(other.m_database), m_statement(std::exchange(other.m_statement, nullptr)),
      m_next(other.m_next), m_error(std::move(other.m_error)), m_failed(other.m_failed)
{
}

Statement::~Statement()
{
    if (m_statement != nullptr) {
        sqlite3_reset(m_statement);
        sqlite3_clear_bindings(m_statement);
    }
}

void Statement::note_bind(int code)
{
    ++m_next;
    if (code != SQLITE_OK && !m_failed) {
        m_failed = true;
        m_error = error_of(m_database, code);
    }
}

Statement& Statement::bind(std::int64_t value)
{
    if (!m_failed)
        note_bind(sqlite3_bind_int64(m_statement, m_next, value));
    return *this;
}

Statement& Statement::bind(std::string_view value)
{
    if (!m_failed)
        note_bind(sqlite3_bind_text64(m_statement, m_next, value.data() != nullptr ? value.data() : "",
                                      value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(ByteView value)
{
    if (!m_failed)
        note_bind(value.empty() ? sqlite3_bind_zeroblob(m_statement, m_next, 0)
                                : sqlite3_bind_blob64(m_statement, m_next, value.data(), value.size(),
                                                      SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bind_null()
{
    if (!m_failed)
        note_bind(sqlite3_bind_null(m_statement, m_next));
    return *this;
}

Result<bool> Statement::step()
{
    if (m_failed)
        return fail(m_error);
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return fail(error_of(m_database, code));
}

Result<std::int64_t> Statement::run()
{
    TRY(step());
    return sqlite3_changes64(m_database);
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement, column);
}

std::string Statement::text(int column) const
{
    const auto* data = sqlite3_column_text(m_statement, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column));
    return data != nullptr ? std::string(reinterpret_cast<const char*>(data), size) : std::string();
}

Bytes Statement::blob(int column) const
{
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(m_statement, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column));
    return data != nullptr ? Bytes(data, data + size) : Bytes();
}

bool Statement::is_null(int column) const
{
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* handle) const
{
    sqlite3_close_v2(handle);
}

void Database::Finalize::operator()(sqlite3_stmt* handle) const
{
    sqlite3_finalize(handle);
}

Database::Database(Database&&) noexcept = default;

Database::~Database()
{
    m_statements.clear(); // before the connection
}

namespace {

using SchemaEntries = std::vector<std::array<std::string, 4>>;

// All of them, those called sqlite_… too: whoever writes the file chooses the names.
Result<SchemaEntries> read_schema(Database& database)
{
    SchemaEntries entries;
    auto query = database.prepare("SELECT type, name, tbl_name, COALESCE(sql, '') FROM sqlite_schema "
                                  "ORDER BY type, name, tbl_name, sql");
    for (;;) {
        TRY_ASSIGN(there, query.step());
        if (!there)
            return entries;
        entries.push_back({query.text(0), query.text(1), query.text(2), query.text(3)});
    }
}

Result<std::size_t> version_of(Database& database)
{
    auto query = database.prepare("PRAGMA user_version");
    TRY(query.step());
    return static_cast<std::size_t>(query.integer(0));
}

}

Result<Database> Database::open(const std::string& path, Access access)
{
    const int flags =
        (access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    Database database(handle);
    if (code != SQLITE_OK)
        return fail(ErrorCode::io, "cannot open " + path + ": " + sqlite3_errstr(code));
    sqlite3_busy_timeout(handle, 10'000);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (access == Access::exclusive)
        TRY(database.execute("PRAGMA locking_mode=EXCLUSIVE"));
    if (access != Access::read_only)
        TRY(database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
    TRY(database.execute("PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON"));
    return database;
}

Status Database::execute(std::string_view sql)
{
    const std::string text(sql);
    const int code = sqlite3_exec(m_handle.get(), text.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return fail(error_of(m_handle.get(), code & 0xFF));
    return {};
}

Statement Database::prepare(std::string_view sql)
{
    auto found = m_statements.find(std::string(sql));
    if (found == m_statements.end()) {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(m_handle.get(), sql.data(), static_cast<int>(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK)
            return {m_handle.get(), nullptr, error_of(m_handle.get(), code & 0xFF)};
        found = m_statements.emplace(std::string(sql), statement).first;
    }
    // One use at a time: a second prepare of the same text while the first is being read is our mistake.
    QSS_ASSERT(sqlite3_stmt_busy(found->second.get()) == 0);
    return {m_handle.get(), found->second.get(), {}};
}

Status Database::begin_reading()
{
    TRY(prepare("BEGIN").run());
    return {};
}

void Database::end_reading()
{
    if (sqlite3_get_autocommit(m_handle.get()) == 0) // an I/O error may have ended it already
        (void)prepare("ROLLBACK").run();             // nothing was written
}

Status Database::migrate(std::span<const std::string_view> migrations)
{
    TRY_ASSIGN(found_version, version_of(*this));
    auto version = found_version;
    if (version > migrations.size())
        return fail(ErrorCode::unsupported, "the database is newer than this program: schema version " +
                                                std::to_string(version) + "; install the newer program");
    for (; version < migrations.size(); ++version) {
        TRY(execute("BEGIN IMMEDIATE"));
        auto done = execute(migrations[version]);
        if (done)
            done = execute("PRAGMA user_version=" + std::to_string(version + 1));
        if (done)
            done = execute("COMMIT");
        if (!done) {
            (void)execute("ROLLBACK");
            return done;
        }
    }
    return {};
}

Status Database::check_schema(std::span<const std::string_view> migrations)
{
    TRY_ASSIGN(version, version_of(*this));
    TRY_ASSIGN(expected, open(":memory:", Access::read_write));
    TRY(expected.migrate(migrations.first(std::min(version, migrations.size()))));
    TRY_ASSIGN(ours, read_schema(expected));
    TRY_ASSIGN(found, read_schema(*this));
    if (version <= migrations.size() && found != ours)
        return fail(ErrorCode::tampered, "the database has tables, indexes or triggers that are not ours");
    return {};
}

}
