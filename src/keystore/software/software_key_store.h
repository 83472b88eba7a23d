// Keys in software (the embedded default, sandboxes): each wrapped with AES-256-GCM under a
// key that derives from a key-encryption key, which itself lies sealed under a passphrase (scrypt) in
// the file `keystore.sealed`. A blob opens only with the SubjectPublicKeyInfo that it was wrapped for.
// Recently used keys stay warm in a bounded LRU. Safe from any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/secret.h"
#include "keystore/key_store.h"

namespace qss::keystore {

struct SoftwareOptions {
    std::size_t warm_keys = 1024; // decrypted keys kept in memory; about 5 KiB each
};

class SoftwareKeyStore final : public KeyStore {
public:
    // Opens `directory`/keystore.sealed, or makes it durably when it is absent. `random` must outlive
    // the store. verification_failed for a wrong passphrase or an altered file.
    static Result<std::unique_ptr<SoftwareKeyStore>> open_or_create(const std::string& directory,
                                                                    const Secret& passphrase, Random& random,
                                                                    SoftwareOptions options = {});
    ~SoftwareKeyStore() override;

    [[nodiscard]] std::string_view kind() const override { return "software"; }
    Result<GeneratedKey> generate(crypto::KeyType type, const std::stop_token& give_up = {}) override;
    // tampered when the blob is not this store's, was altered, or holds another key than `spki`.
    Result<std::shared_ptr<const crypto::Signer>> load(ByteView blob, ByteView spki) override;
    void destroy(ByteView blob) override;
    Bytes seal(std::string_view label, ByteView record) override;

    [[nodiscard]] std::size_t warm_count() const;

private:
    class Impl;
    explicit SoftwareKeyStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

}
