// AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, and scrypt (RFC 7914) to turn a
// passphrase into a key. Pure but for the randomness given; safe from any thread.
#pragma once

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace qss::crypto {

inline constexpr std::size_t aead_key_size = 32;
inline constexpr std::size_t aead_nonce_size = 12;
inline constexpr std::size_t aead_tag_size = 16;

// nonce || ciphertext || tag. One key seals at most 2^32 messages (SP 800-38D 8.3).
Bytes aead_seal(const Secret& key, ByteView plaintext, ByteView associated_data, Random& random);
// verification_failed if anything was altered, the associated data included.
Result<Secret> aead_open(const Secret& key, ByteView sealed, ByteView associated_data);

// N = 2^15, r = 8, p = 1: 32 MiB, about 0.1 s. `salt`: 16 bytes or more.
Secret scrypt_key(const Secret& passphrase, ByteView salt);

}
