// Makes a data directory so that it is whole or absent: everything is built in DIR.partial, which is
// renamed at the end. What an aborted attempt left is removed by the next one; what we did not make is
// never touched. One thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/process.h"

namespace qss::cli {

class DataDirectory {
public:
    // already_exists unless `target` is absent or an empty directory.
    static Status check_free(const std::filesystem::path& target);
    // conflict when another attempt is under way.
    static Result<DataDirectory> begin(const std::filesystem::path& target, mode_t mode);

    DataDirectory(DataDirectory&& other) noexcept;
    DataDirectory& operator=(DataDirectory&&) = delete;
    DataDirectory(const DataDirectory&) = delete;
    ~DataDirectory();

    [[nodiscard]] const std::filesystem::path& partial() const { return m_partial; }
    Status publish(); // the rename, durable

private:
    DataDirectory(std::filesystem::path target, std::filesystem::path partial, int lock)
        : m_target(std::move(target)), m_partial(std::move(partial)), m_lock(lock)
    {
    }
    std::filesystem::path m_target;
    std::filesystem::path m_partial;
    int m_lock; // on the marker file
};

Status make_directory(const std::filesystem::path& path, mode_t mode);
// Gives a tree to the user that will use it; nullopt: it stays ours.
Status give_tree(const std::filesystem::path& path, const std::optional<Identity>& identity);

}
