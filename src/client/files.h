// Files as the command line handles them: bounded reads, private writes that are whole or absent.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace qss::client {

Result<std::string> read_text_file(const std::string& path, std::size_t max_size = 1024 * 1024);

// Of a file of any size, read piece by piece.
Result<crypto::Digest> digest_file(const std::string& path, crypto::HashAlgorithm algorithm);

enum class FileAccess {
    owner_only, // 0600
    everybody,  // 0644
};
// Writes beside, syncs and renames: a reader sees the old file or the whole new one.
Status write_file(const std::string& path, ByteView content, FileAccess access);
// Fails with already_exists rather than replace what is there.
Status write_new_file(const std::string& path, ByteView content, FileAccess access);

// Makes the directory with mode 0700, or checks that it is ours and closed to others.
Status make_private_directory(const std::string& path);

}
