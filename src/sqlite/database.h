// RAII over sqlite3, for the roles' records and for `store`. A Database is one connection and belongs to
// one thread at a time. Prepared statements are cached by their text. WAL, synchronous=FULL: a commit
// that returned is on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace qss::sqlite {

enum class Access {
    read_only,
    read_write,
    exclusive, // a role's record: no other process may open it meanwhile
};

// A cached prepared statement, reset when the Row/Statement goes out of scope.
// Usage: auto s = db.prepare("SELECT a FROM t WHERE id = ?"); s.bind(id.bytes()); while (TRY s.step())
// s.text(0)
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    Statement(const Statement&) = delete;
    ~Statement();

    // Binds the next parameter, in order of the question marks.
    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view value);
    Statement& bind(ByteView value);
    Statement& bind(const Bytes& value) { return bind(ByteView(value)); }
    Statement& bind(const std::string& value) { return bind(std::string_view(value)); }
    Statement& bind(const char* value) { return bind(std::string_view(value)); }
    Statement& bind_null();
    template <class T>
    Statement& bind(const std::optional<T>& value)
    {
        return value ? bind(*value) : bind_null();
    }

    // True: a row is there. False: done. `already_exists` for a broken UNIQUE or PRIMARY KEY,
    // `conflict` for another constraint, `io` for the rest.
    Result<bool> step();
    // For statements that return no rows; gives the number of rows changed.
    Result<std::int64_t> run();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] Bytes blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    friend class Database;
    Statement(sqlite3* database, sqlite3_stmt* statement, Error error);
    void note_bind(int code);
    sqlite3* m_database;
    sqlite3_stmt* m_statement; // owned by the Database's cache; null when preparing failed
    int m_next = 1;
    Error m_error;             // of prepare or bind; reported by step
    bool m_failed = false;
};

class Database {
public:
    static Result<Database> open(const std::string& path, Access access);
    Database(Database&&) noexcept;
    Database& operator=(Database&&) = delete;
    ~Database();

    Status execute(std::string_view sql); // several statements, no parameters
    Statement prepare(std::string_view sql);

    // Between these, all queries see the database as it was at one moment. No Statement may live across
    // the end.
    Status begin_reading();
    void end_reading();

    // Numbered, forward only: `migrations[i]` takes schema version i to i + 1, each in a transaction.
    // `unsupported` when the file is newer than the program.
    Status migrate(std::span<const std::string_view> migrations);

    // `tampered` unless tables, indexes, triggers and views are exactly what the migrations up to the
    // file's version make: a trigger that somebody planted would change what a statement does.
    Status check_schema(std::span<const std::string_view> migrations);

private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const;
    };
    explicit Database(sqlite3* handle) : m_handle(handle) {}
    std::unique_ptr<sqlite3, Close> m_handle;
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> m_statements;
};

}
