#include "cli/data_directory.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace qss::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view marker = ".qss-init";

tl::unexpected<Error> failed(const fs::path& path)
{
    return fail(ErrorCode::io, path.string() + ": " + std::strerror(errno));
}

// An attempt holds a lock on its marker; a marker without one is of an attempt that was cut short.
Status remove_leftover(const fs::path& partial)
{
    std::error_code code;
    if (fs::symlink_status(partial, code).type() == fs::file_type::not_found)
        return {};
    const auto marker_file = partial / marker;
    const int fd = ::open(marker_file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail(ErrorCode::already_exists,
                    partial.string() + " is in the way, and not of `qss init`: remove it");
    const bool free = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (free)
        fs::remove_all(partial, code);
    ::close(fd);
    if (!free)
        return fail(ErrorCode::conflict, "another `qss init` is under way in " + partial.string());
    if (code)
        return fail(ErrorCode::io, partial.string() + " can not be removed: " + code.message());
    return {};
}

}

Status make_directory(const fs::path& path, mode_t mode)
{
    if (::mkdir(path.c_str(), 0700) != 0)
        return failed(path);
    if (::chmod(path.c_str(), mode) != 0) // whatever the umask
        return failed(path);
    return {};
}

Status give_tree(const fs::path& path, const std::optional<Identity>& identity)
{
    if (!identity)
        return {};
    if (::lchown(path.c_str(), identity->uid, identity->gid) != 0)
        return failed(path);
    std::error_code code;
    for (const auto& entry : fs::recursive_directory_iterator(path, code))
        if (::lchown(entry.path().c_str(), identity->uid, identity->gid) != 0)
            return failed(entry.path());
    if (code)
        return fail(ErrorCode::io, path.string() + ": " + code.message());
    return {};
}

Status DataDirectory::check_free(const fs::path& target)
{
    std::error_code code;
    const auto status = fs::symlink_status(target, code);
    if (status.type() == fs::file_type::not_found)
        return {};
    if (status.type() == fs::file_type::directory && fs::is_empty(target, code) && !code)
        return {};
    return fail(ErrorCode::already_exists, target.string() + " exists; `qss init` does not overwrite");
}

Result<DataDirectory> DataDirectory::begin(const fs::path& target, mode_t mode)
{
    TRY(check_free(target));
    auto partial = target;
    partial += ".partial";
    TRY(remove_leftover(partial));
    TRY(make_directory(partial, mode));
    const auto marker_file = partial / marker;
    const int fd = ::open(marker_file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(marker_file);
    DataDirectory directory(target, std::move(partial), fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorCode::conflict, "another `qss init` is under way");
    return directory;
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : m_target(std::move(other.m_target)), m_partial(std::move(other.m_partial)),
      m_lock(std::exchange(other.m_lock, -1))
{
}

DataDirectory::~DataDirectory()
{
    if (m_lock >= 0)
        ::close(m_lock);
}

Status DataDirectory::publish()
{
    TRY(check_free(m_target));
    std::error_code code;
    fs::remove(m_partial / marker, code);
    if (::rename(m_partial.c_str(), m_target.c_str()) != 0) // onto nothing, or an empty directory
        return failed(m_target);
    const auto parent = m_target.has_parent_path() ? m_target.parent_path() : fs::path(".");
    const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    if (fd >= 0)
        ::close(fd);
    if (!synced)
        return failed(parent);
    return {};
}

}
