#include "keystore/software/sealed_file.h"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/canonical.h"
#include "base/descriptor.h"
#include "crypto/aead.h"

namespace qss::keystore {

namespace {

constexpr std::string_view file_name = "/keystore.sealed";
constexpr std::string_view file_tag = "QSS-KEYSTORE-v1";
constexpr std::size_t salt_size = 16;
constexpr std::size_t file_size_max = 1024;

Error io_error(const std::string& what)
{
    return {ErrorCode::io, what + ": " + std::strerror(errno)};
}

Result<Bytes> read_file(const std::string& path)
{
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0 && errno == ENOENT)
        return fail(ErrorCode::not_found, path);
    if (file.get() < 0)
        return fail(io_error(path));
    Bytes contents(file_size_max + 1);
    std::size_t size = 0;
    while (size < contents.size()) {
        const auto got = ::read(file.get(), contents.data() + size, contents.size() - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            wipe(contents.data(), contents.size());
            return fail(io_error(path));
        }
        if (got == 0)
            break;
        size += static_cast<std::size_t>(got);
    }
    if (size > file_size_max)
        return fail(ErrorCode::too_large, path);
    contents.resize(size);
    return contents;
}

Status write_all(int fd, ByteView bytes, const std::string& path)
{
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(io_error(path));
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    if (::fsync(fd) != 0)
        return fail(io_error(path));
    return {};
}

// The name is on the disk only once the directory is.
Status sync_directory(const std::string& directory)
{
    const Descriptor handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (handle.get() < 0 || ::fsync(handle.get()) != 0)
        return fail(io_error(directory));
    return {};
}

Status write_new_file(const std::string& directory, ByteView contents)
{
    const auto path = directory + std::string(file_name);
    const auto temporary = path + ".new";
    (void)::unlink(temporary.c_str()); // of an attempt that a crash ended
    {
        const Descriptor file(
            ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (file.get() < 0)
            return fail(io_error(temporary));
        TRY(write_all(file.get(), contents, temporary));
    }
    // link(2), unlike rename(2), never replaces a key store that is there.
    if (::link(temporary.c_str(), path.c_str()) != 0) {
        const auto error = errno == EEXIST ? Error{ErrorCode::already_exists, path} : io_error(path);
        (void)::unlink(temporary.c_str());
        return fail(error);
    }
    if (::unlink(temporary.c_str()) != 0)
        return fail(io_error(temporary));
    return sync_directory(directory);
}

Bytes associated_data(ByteView salt)
{
    return CanonicalWriter(file_tag).bytes(salt).take();
}

}

Result<Secret> read_sealed_kek(const std::string& directory, const Secret& passphrase)
{
    TRY_ASSIGN(contents, read_file(directory + std::string(file_name)));
    TRY_ASSIGN(reader, CanonicalReader::open(contents, file_tag));
    TRY_ASSIGN(salt, reader.bytes_exactly(salt_size));
    TRY_ASSIGN(sealed, reader.bytes(file_size_max));
    TRY(reader.finish());
    const auto key = crypto::scrypt_key(passphrase, salt);
    TRY_ASSIGN(kek, crypto::aead_open(key, sealed, associated_data(salt)));
    if (kek.size() != kek_size)
        return fail(ErrorCode::malformed, "keystore.sealed holds no key-encryption key");
    return kek;
}

Status write_sealed_kek(const std::string& directory, const Secret& passphrase, const Secret& kek,
                        Random& random)
{
    const auto salt = random.bytes(salt_size);
    const auto key = crypto::scrypt_key(passphrase, salt);
    const auto sealed = crypto::aead_seal(key, kek.reveal(), associated_data(salt), random);
    const auto contents = CanonicalWriter(file_tag).bytes(salt).bytes(sealed).take();
    return write_new_file(directory, contents);
}

}
