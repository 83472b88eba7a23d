#include "client/files.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "crypto/openssl.h"

namespace qss::client {

namespace {

Error failed(const std::string& path)
{
    const int code = errno;
    const auto kind = code == ENOENT   ? ErrorCode::not_found
                      : code == EEXIST ? ErrorCode::already_exists
                                       : ErrorCode::io;
    return {kind, path + ": " + std::strerror(code)};
}

mode_t mode_of(FileAccess access)
{
    return access == FileAccess::owner_only ? 0600 : 0644;
}

// Not there before; synced.
Status create_file(const std::string& path, ByteView content, FileAccess access)
{
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_of(access)));
    if (file.get() < 0)
        return fail(failed(path));
    while (!content.empty()) {
        const auto count = ::write(file.get(), content.data(), content.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return fail(failed(path));
        content = content.subspan(static_cast<std::size_t>(count));
    }
    if (::fsync(file.get()) != 0)
        return fail(failed(path));
    return {};
}

}

Result<std::string> read_text_file(const std::string& path, std::size_t max_size)
{
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(failed(path));
    std::string text(max_size + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad())
        return fail(ErrorCode::io, path + ": cannot be read");
    if (text.size() > max_size)
        return fail(ErrorCode::too_large, path + ": more than " + std::to_string(max_size) + " bytes");
    return text;
}

Result<crypto::Digest> digest_file(const std::string& path, crypto::HashAlgorithm algorithm)
{
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(failed(path));
    const std::unique_ptr<EVP_MD, crypto::Deleter<EVP_MD_free>> md(
        EVP_MD_fetch(nullptr, std::string(crypto::to_string(algorithm)).c_str(), nullptr));
    const crypto::EvpMdCtxPtr context(EVP_MD_CTX_new());
    if (!md || !context || EVP_DigestInit_ex(context.get(), md.get(), nullptr) != 1)
        return fail(ErrorCode::internal, crypto::openssl_errors());
    std::array<char, 64 * 1024> piece{};
    while (in.read(piece.data(), piece.size()), in.gcount() > 0)
        EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(in.gcount()));
    if (in.bad())
        return fail(ErrorCode::io, path + ": cannot be read");
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &size);
    return crypto::Digest::from_bytes(algorithm, {digest.data(), size});
}

Status write_new_file(const std::string& path, ByteView content, FileAccess access)
{
    auto status = create_file(path, content, access);
    if (!status && status.error().code != ErrorCode::already_exists)
        ::unlink(path.c_str());
    return status;
}

Status write_file(const std::string& path, ByteView content, FileAccess access)
{
    const auto beside = path + ".new";
    ::unlink(beside.c_str()); // of a write that was cut short
    TRY(create_file(beside, content, access));
    if (::rename(beside.c_str(), path.c_str()) != 0) {
        auto error = failed(path);
        ::unlink(beside.c_str());
        return fail(std::move(error));
    }
    return {};
}

Status make_private_directory(const std::string& path)
{
    if (::mkdir(path.c_str(), 0700) == 0)
        return {};
    if (errno != EEXIST)
        return fail(failed(path));
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0)
        return fail(failed(path));
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 077) != 0)
        return fail(ErrorCode::forbidden,
                    path + " must be a directory of yours, closed to others: chmod 700 " + path);
    return {};
}

}
