// Where private keys live. One small interface with an implementation for each kind of place
// (software/; pkcs11/ comes later). A generated key leaves only as a wrapped blob that the caller
// keeps in its own record and shows again to use the key (docs/invariants.md 3). Safe from any thread.
#pragma once

#include <memory>
#include <stop_token>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace qss::keystore {

struct GeneratedKey {
    Bytes blob;  // wrapped; opens only in this key store
    Bytes spki;  // DER
};

class KeyStore {
public:
    virtual ~KeyStore() = default;

    // "software" or "pkcs11"; part of attestations.
    [[nodiscard]] virtual std::string_view kind() const = 0;

    // `give_up` ends the making of a key that takes long: unavailable.
    virtual Result<GeneratedKey> generate(crypto::KeyType type, const std::stop_token& give_up = {}) = 0;

    // A handle that signs; checks that the blob is this store's and holds the key of `spki`. Unwrap
    // once for each session, not for each digest: recently used keys stay warm.
    virtual Result<std::shared_ptr<const crypto::Signer>> load(ByteView blob, ByteView spki) = 0;

    // Forgets the warm copy, and the key itself where the store holds it.
    virtual void destroy(ByteView blob) = 0;

    // A keyed seal (32 bytes) over a record's bytes; `label` separates uses. Only this store can make it.
    virtual Bytes seal(std::string_view label, ByteView record) = 0;
};

}
