// `keystore.sealed`: the key-encryption key under a passphrase. Written so that after a crash there is
// either no file or a whole one (temporary file, fsync, rename, fsync of the directory). Not
// thread-safe: used once, at start.
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace qss::keystore {

inline constexpr std::size_t kek_size = 32; // bytes

// not_found when there is no file; verification_failed for a wrong passphrase or an altered file.
Result<Secret> read_sealed_kek(const std::string& directory, const Secret& passphrase);
// already_exists when there is one: a key-encryption key is never replaced.
Status write_sealed_kek(const std::string& directory, const Secret& passphrase, const Secret& kek,
                        Random& random);

}
