// Takes values out of one TOML table, strictly: each key once, of its type, within its range; `finish`
// refuses what nobody asked for. Errors are collected, the first is reported, with key and line.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "base/result.h"

namespace qss::config {

class TableReader {
public:
    // `where`: the table's name for messages, "" at the top; `file`: the file's.
    TableReader(const toml::table& table, std::string where, std::string file = "qss.toml")
        : m_table(table), m_where(std::move(where)), m_file(std::move(file))
    {
    }

    // Absent: `out` keeps its default.
    void text(std::string_view key, std::string& out);
    void texts(std::string_view key, std::vector<std::string>& out);
    void boolean(std::string_view key, bool& out);
    template <class T>
    void integer(std::string_view key, T& out, std::int64_t min, std::int64_t max)
    {
        static_assert(std::numeric_limits<T>::is_integer);
        std::int64_t value = static_cast<std::int64_t>(out);
        if (read_integer(key, value, min, max))
            out = static_cast<T>(value);
    }
    // Null when absent.
    const toml::table* table(std::string_view key);
    std::vector<const toml::table*> tables(std::string_view key);

    // A rule beyond the type: invalid_argument with the key's line.
    void require(bool holds, std::string_view key, std::string_view what);

    // The first error of this table.
    [[nodiscard]] Status finish();

private:
    const toml::node* take(std::string_view key);
    bool read_integer(std::string_view key, std::int64_t& value, std::int64_t min, std::int64_t max);
    void note(std::string_view key, const toml::node* node, std::string_view what);

    const toml::table& m_table;
    std::string m_where;
    std::string m_file;
    std::set<std::string, std::less<>> m_known;
    Status m_status;
};

}
